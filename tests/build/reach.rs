//! What a function calls, directly and through others.
//!
//! Names are resolved by the types of fields, parameters and results. Where a type is not known (a local variable, a closure's
//! parameter), whatever has that name as a field or a parameter of the same crate stands for it. So what is found may be a little
//! more than what is called, and then the template would have to grant it: nothing is passed over in silence.

use std::collections::{BTreeMap, BTreeSet};

use syn::visit::Visit;

use super::source::{Function, Source, bound_in};

/// What the body of one function does.
#[derive(Debug, Default, Clone)]
pub(crate) struct Body {
    /// The functions that it calls or names, by their index.
    pub(crate) calls: BTreeSet<usize>,
    /// The operations of an AWS client: methods of what is called `client`.
    pub(crate) operations: BTreeSet<String>,
    /// The tables that it names, as fields of `tables`.
    pub(crate) tables: BTreeSet<String>,
    /// The constants that it names; indexes are some of them.
    pub(crate) constants: BTreeSet<String>,
    /// The builders of the parts of a transaction, such as `Put`.
    pub(crate) built: BTreeSet<String>,
}

impl Body {
    pub(crate) fn of(source: &Source, function: &Function) -> Self {
        let mut walk = Walk {
            source,
            function,
            locals: BTreeMap::new(),
            body: Body::default(),
        };
        walk.visit_block(&function.body);
        walk.body
    }
}

struct Walk<'s> {
    source: &'s Source,
    function: &'s Function,
    /// The types of variables that are bound by `let`, as far as they are known.
    locals: BTreeMap<String, BTreeSet<String>>,
    body: Body,
}

impl Walk<'_> {
    /// The names in the type of an expression.
    fn types_of(&self, expression: &syn::Expr) -> BTreeSet<String> {
        match expression {
            syn::Expr::Path(path) => {
                let name = last_of(&path.path);
                if name == "self" {
                    return self.function.owner.iter().cloned().collect();
                }
                if let Some(known) = self.locals.get(&name) {
                    return known.clone();
                }
                if let Some(known) = self.function.parameters.get(&name) {
                    return known.clone();
                }
                self.anything_called(&name)
            }
            syn::Expr::Field(field) => {
                let syn::Member::Named(name) = &field.member else {
                    let index = match &field.member {
                        syn::Member::Unnamed(index) => index.index.to_string(),
                        syn::Member::Named(name) => name.to_string(),
                    };
                    return self.field_of(&self.types_of(&field.base), &index);
                };
                let name = name.to_string();
                let found = self.field_of(&self.types_of(&field.base), &name);
                if found.is_empty() {
                    return self.anything_called(&name);
                }
                found
            }
            syn::Expr::MethodCall(call) => {
                let receiver = self.types_of(&call.receiver);
                let called = self.methods_of(&receiver, &call.method.to_string());
                let results: BTreeSet<String> = called
                    .into_iter()
                    .flat_map(|index| {
                        let called = &self.source.functions[index];
                        let is_self = called.returns.contains("Self");
                        let owner = called.owner.clone().filter(|_| is_self);
                        called.returns.iter().cloned().chain(owner)
                    })
                    .collect();
                // `clone`, `as_ref`, `unwrap` and their like.
                if results.is_empty() {
                    return receiver;
                }
                results
            }
            syn::Expr::Call(call) => match &*call.func {
                syn::Expr::Path(path) => {
                    let mut names: BTreeSet<String> = self
                        .named(&path.path)
                        .into_iter()
                        .flat_map(|index| self.source.functions[index].returns.clone())
                        .collect();
                    // `Arc::clone(&x)`, `Arc::new(X { .. })`.
                    names.extend(call.args.iter().flat_map(|given| self.types_of(given)));
                    names.extend(path.path.segments.iter().map(|one| one.ident.to_string()));
                    names
                }
                _ => BTreeSet::new(),
            },
            syn::Expr::Struct(made) => [last_of(&made.path)].into(),
            syn::Expr::Reference(inner) => self.types_of(&inner.expr),
            syn::Expr::Paren(inner) => self.types_of(&inner.expr),
            syn::Expr::Await(inner) => self.types_of(&inner.base),
            syn::Expr::Try(inner) => self.types_of(&inner.expr),
            syn::Expr::Unary(inner) => self.types_of(&inner.expr),
            _ => BTreeSet::new(),
        }
    }

    fn field_of(&self, types: &BTreeSet<String>, field: &str) -> BTreeSet<String> {
        types
            .iter()
            .filter_map(|kind| self.source.fields.get(&(kind.clone(), field.to_owned())))
            .flatten()
            .cloned()
            .collect()
    }

    fn anything_called(&self, name: &str) -> BTreeSet<String> {
        let fields = self.source.fields.iter();
        let fields = fields
            .filter(|((_, field), _)| field == name)
            .flat_map(|(_, kind)| kind.clone());
        fields.collect()
    }

    /// The methods of a name that a receiver may have: its own, those of all implementations of a trait, and the defaults of
    /// the traits that it implements.
    fn methods_of(&self, types: &BTreeSet<String>, name: &str) -> Vec<usize> {
        let of_traits = types
            .iter()
            .filter_map(|kind| self.source.implemented.get(kind));
        let of_traits: BTreeSet<&String> = of_traits.flatten().collect();
        self.indexes(|function| {
            let owner = function.owner.as_ref();
            let has = |kind: &Option<String>| kind.as_ref().is_some_and(|it| types.contains(it));
            let is_default = owner == function.port.as_ref()
                && owner.is_some_and(|owner| of_traits.contains(owner));
            function.name == name && (has(&function.owner) || has(&function.port) || is_default)
        })
    }

    /// The functions that a path names: `Type::method`, `module::function`, `function`.
    fn named(&self, path: &syn::Path) -> Vec<usize> {
        let name = last_of(path);
        let mut before = path.segments.iter().rev().skip(1);
        let before = before.next().map(|segment| segment.ident.to_string());
        let before = match before.as_deref() {
            Some("Self") => self.function.owner.clone(),
            _ => before,
        };
        let here = &self.function.file;
        let imported = || {
            self.source
                .imports
                .get(&(here.clone(), name.clone()))
                .cloned()
        };
        let Some(before) = before.or_else(imported) else {
            return self.indexes(|function| {
                function.owner.is_none() && function.name == name && function.file == *here
            });
        };
        self.indexes(|function| {
            let in_module = || {
                function.owner.is_none()
                    && (before == "super"
                        || before == "crate"
                        || function
                            .file
                            .file_stem()
                            .is_some_and(|stem| *stem == *before)
                        || function
                            .file
                            .parent()
                            .is_some_and(|folder| folder.ends_with(&before)))
            };
            function.name == name && (function.owner.as_deref() == Some(&before) || in_module())
        })
    }

    fn indexes(&self, is: impl Fn(&Function) -> bool) -> Vec<usize> {
        let all = self.source.functions.iter().enumerate();
        all.filter(|(_, function)| is(function))
            .map(|(index, _)| index)
            .collect()
    }
}

impl<'ast> Visit<'ast> for Walk<'_> {
    fn visit_local(&mut self, local: &'ast syn::Local) {
        if let Some(init) = &local.init {
            let types = self.types_of(&init.expr);
            if let syn::Pat::Ident(_) = &local.pat
                && !types.is_empty()
            {
                for name in bound_in(&local.pat) {
                    self.locals.insert(name, types.clone());
                }
            }
        }
        syn::visit::visit_local(self, local);
    }

    fn visit_expr_method_call(&mut self, call: &'ast syn::ExprMethodCall) {
        let name = call.method.to_string();
        let of_client = match &*call.receiver {
            syn::Expr::Path(path) => last_of(&path.path) == "client",
            syn::Expr::Field(field) => {
                matches!(&field.member, syn::Member::Named(name) if name == "client")
            }
            _ => false,
        };
        if of_client && name != "clone" {
            self.body.operations.insert(name.clone());
        }
        let receiver = self.types_of(&call.receiver);
        let called = self.methods_of(&receiver, &name);
        self.body.calls.extend(called);
        syn::visit::visit_expr_method_call(self, call);
    }

    fn visit_expr_field(&mut self, field: &'ast syn::ExprField) {
        let of_tables = match &*field.base {
            syn::Expr::Path(path) => last_of(&path.path) == "tables",
            syn::Expr::Field(inner) => {
                matches!(&inner.member, syn::Member::Named(name) if name == "tables")
            }
            _ => false,
        };
        if let syn::Member::Named(name) = &field.member
            && of_tables
        {
            self.body.tables.insert(name.to_string());
        }
        syn::visit::visit_expr_field(self, field);
    }

    fn visit_expr_path(&mut self, path: &'ast syn::ExprPath) {
        let name = last_of(&path.path);
        let is_constant = name.chars().all(|c| c.is_ascii_uppercase() || c == '_');
        if is_constant {
            self.body.constants.insert(name.clone());
        }
        if name == "builder" {
            let kind = path.path.segments.iter().rev().nth(1);
            self.body
                .built
                .extend(kind.map(|kind| kind.ident.to_string()));
        }
        let called = self.named(&path.path);
        self.body.calls.extend(called);
        syn::visit::visit_expr_path(self, path);
    }

    fn visit_macro(&mut self, invoked: &'ast syn::Macro) {
        use syn::punctuated::Punctuated;
        // `json!` and `format!` in part: what is not a list of expressions is text.
        let parsed =
            invoked.parse_body_with(Punctuated::<syn::Expr, syn::Token![,]>::parse_terminated);
        for expression in parsed.into_iter().flatten() {
            self.visit_expr(&expression);
        }
    }
}

fn last_of(path: &syn::Path) -> String {
    path.segments
        .last()
        .map(|segment| segment.ident.to_string())
        .unwrap_or_default()
}
