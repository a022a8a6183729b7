//! The functions of our crates, as their source has them: whose they are, and what they call.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use syn::visit::Visit;

/// A function or method.
#[derive(Debug)]
pub(crate) struct Function {
    pub(crate) file: PathBuf,
    /// The type that it is a method of.
    pub(crate) owner: Option<String>,
    /// The trait that it is a method of.
    pub(crate) port: Option<String>,
    pub(crate) name: String,
    /// The names in the types of its parameters, by the parameter's name.
    pub(crate) parameters: BTreeMap<String, BTreeSet<String>>,
    /// The names in the type that it returns.
    pub(crate) returns: BTreeSet<String>,
    pub(crate) body: syn::Block,
}

/// All functions of some folders, and the fields of all types.
#[derive(Debug, Default)]
pub(crate) struct Source {
    pub(crate) functions: Vec<Function>,
    /// The names in the types of the fields, by type and field.
    pub(crate) fields: BTreeMap<(String, String), BTreeSet<String>>,
    /// The traits that a type implements, by the type: it has their default methods.
    pub(crate) implemented: BTreeMap<String, BTreeSet<String>>,
    /// Where what a file names by `use` comes from: the module or type before the name.
    pub(crate) imports: BTreeMap<(PathBuf, String), String>,
}

impl Source {
    /// Reads all Rust files of folders below the root. Tests in them are left out.
    pub(crate) fn read(root: &Path, folders: &[&str]) -> Self {
        let mut source = Source::default();
        for folder in folders {
            let mut files = Vec::new();
            collect(&root.join(folder), &mut files);
            assert!(!files.is_empty(), "{folder} has no source");
            for path in files {
                let text = std::fs::read_to_string(&path).unwrap();
                let parsed = syn::parse_file(&text).unwrap();
                let mut reader = Reader {
                    source: &mut source,
                    file: path,
                };
                reader.items(&parsed.items);
            }
        }
        source
    }
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
}

/// The names in a type: `Arc<dyn EventStore>` has `Arc` and `EventStore`.
pub(crate) fn names_in(kind: &syn::Type) -> BTreeSet<String> {
    #[derive(Default)]
    struct Names(BTreeSet<String>);
    impl<'ast> Visit<'ast> for Names {
        fn visit_path_segment(&mut self, segment: &'ast syn::PathSegment) {
            self.0.insert(segment.ident.to_string());
            syn::visit::visit_path_segment(self, segment);
        }
    }
    let mut names = Names::default();
    names.visit_type(kind);
    names.0
}

struct Reader<'s> {
    source: &'s mut Source,
    file: PathBuf,
}

impl Reader<'_> {
    fn items(&mut self, items: &[syn::Item]) {
        for item in items {
            match item {
                syn::Item::Fn(function) if !is_test(&function.attrs) => {
                    self.function(&function.sig, &function.block, None, None);
                }
                syn::Item::Impl(block) if !is_test(&block.attrs) => self.methods(block),
                syn::Item::Trait(defined) => self.defaults(defined),
                syn::Item::Struct(defined) => self.fields(defined),
                syn::Item::Use(used) => self.imports(&used.tree, ""),
                syn::Item::Mod(module) if !is_test(&module.attrs) => {
                    if let Some((_, items)) = &module.content {
                        self.items(items);
                    }
                }
                _ => {}
            }
        }
    }

    fn methods(&mut self, block: &syn::ItemImpl) {
        let owner = last_name(&block.self_ty);
        let port = block
            .trait_
            .as_ref()
            .and_then(|(_, path, _)| Some(path.segments.last()?.ident.to_string()));
        if let (Some(owner), Some(port)) = (&owner, &port) {
            let implemented = self.source.implemented.entry(owner.clone());
            implemented.or_default().insert(port.clone());
        }
        for item in &block.items {
            if let syn::ImplItem::Fn(method) = item {
                self.function(&method.sig, &method.block, owner.clone(), port.clone());
            }
        }
    }

    fn defaults(&mut self, defined: &syn::ItemTrait) {
        let name = defined.ident.to_string();
        for item in &defined.items {
            if let syn::TraitItem::Fn(method) = item
                && let Some(body) = &method.default
            {
                self.function(&method.sig, body, Some(name.clone()), Some(name.clone()));
            }
        }
    }

    fn fields(&mut self, defined: &syn::ItemStruct) {
        for (index, field) in defined.fields.iter().enumerate() {
            let name = field
                .ident
                .as_ref()
                .map_or_else(|| index.to_string(), ToString::to_string);
            self.source
                .fields
                .insert((defined.ident.to_string(), name), names_in(&field.ty));
        }
    }

    fn imports(&mut self, tree: &syn::UseTree, before: &str) {
        match tree {
            syn::UseTree::Path(path) => self.imports(&path.tree, &path.ident.to_string()),
            syn::UseTree::Name(name) => {
                let key = (self.file.clone(), name.ident.to_string());
                self.source.imports.insert(key, before.to_owned());
            }
            syn::UseTree::Group(group) => {
                for tree in &group.items {
                    self.imports(tree, before);
                }
            }
            // Functions are neither renamed nor taken by a star here; types are found by their own names.
            syn::UseTree::Rename(_) | syn::UseTree::Glob(_) => {}
        }
    }

    fn function(
        &mut self,
        signature: &syn::Signature,
        body: &syn::Block,
        owner: Option<String>,
        port: Option<String>,
    ) {
        let mut parameters = BTreeMap::new();
        for input in &signature.inputs {
            if let syn::FnArg::Typed(typed) = input {
                let mut names = names_in(&typed.ty);
                // What is known of `impl Trait` and `T: Trait` is the trait.
                for kind in signature.generics.type_params() {
                    if names.contains(&kind.ident.to_string()) {
                        names.extend(kind.bounds.iter().filter_map(trait_of));
                    }
                }
                for name in bound_in(&typed.pat) {
                    parameters.insert(name, names.clone());
                }
            }
        }
        let returns = match &signature.output {
            syn::ReturnType::Default => BTreeSet::new(),
            syn::ReturnType::Type(_, kind) => names_in(kind),
        };
        self.source.functions.push(Function {
            file: self.file.clone(),
            owner,
            port,
            name: signature.ident.to_string(),
            parameters,
            returns,
            body: body.clone(),
        });
    }
}

fn trait_of(bound: &syn::TypeParamBound) -> Option<String> {
    match bound {
        syn::TypeParamBound::Trait(bound) => bound
            .path
            .segments
            .last()
            .map(|segment| segment.ident.to_string()),
        _ => None,
    }
}

/// The names that a pattern binds: `State(api)` binds `api`.
pub(crate) fn bound_in(pattern: &syn::Pat) -> Vec<String> {
    #[derive(Default)]
    struct Bound(Vec<String>);
    impl<'ast> Visit<'ast> for Bound {
        fn visit_pat_ident(&mut self, ident: &'ast syn::PatIdent) {
            self.0.push(ident.ident.to_string());
            syn::visit::visit_pat_ident(self, ident);
        }
    }
    let mut bound = Bound::default();
    bound.visit_pat(pattern);
    bound.0
}

fn last_name(kind: &syn::Type) -> Option<String> {
    match kind {
        syn::Type::Path(path) => Some(path.path.segments.last()?.ident.to_string()),
        _ => None,
    }
}

/// Whether it is compiled for tests only.
fn is_test(attributes: &[syn::Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        attribute.path().is_ident("cfg")
            && attribute
                .parse_args::<syn::Path>()
                .is_ok_and(|path| path.is_ident("test"))
    })
}
