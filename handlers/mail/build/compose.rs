//! Composes the template of each kind and locale from its layout, blocks, parts and words.
//!
//! In the files, `[[ ]]` and `[% %]` are evaluated here; `{{ }}` and `{% %}` are text here and evaluated when a mail is
//! rendered. So each mail is rendered from a single template.

use std::collections::BTreeMap;

use minijinja::syntax::SyntaxConfig;
use minijinja::value::ValueKind;
use minijinja::{AutoEscape, Environment, Error, UndefinedBehavior, Value, context};

use crate::catalogue::{Catalogue, LAYOUT, WORDS};

/// The layout of mails without one of their own.
const NOTICE: &str = "notice";

/// A mail's templates, in which only facts are left to be evaluated.
#[derive(Debug)]
pub(crate) struct Composed {
    pub subject: String,
    pub text: String,
    pub html: String,
}

/// The templates and words of all locales.
#[derive(Debug, Default)]
pub(crate) struct Composition<'c> {
    /// The templates by locale and mail.
    pub mails: BTreeMap<(&'c str, &'c str), Composed>,
    /// The words by locale and name, for use outside templates: `kinds.deposit`.
    pub words: BTreeMap<&'c str, BTreeMap<String, String>>,
}

pub(crate) struct Composer<'c> {
    catalogue: &'c Catalogue,
    engine: Environment<'c>,
}

impl<'c> Composer<'c> {
    /// Parses the sources, or returns the faults.
    pub(crate) fn new(catalogue: &'c Catalogue) -> Result<Self, Vec<String>> {
        let mut engine = Environment::new();
        engine.set_undefined_behavior(UndefinedBehavior::Strict);
        engine.set_syntax(
            SyntaxConfig::builder()
                .block_delimiters("[%", "%]")
                .variable_delimiters("[[", "]]")
                .comment_delimiters("[#", "#]")
                .trim_blocks(true)
                .lstrip_blocks(true)
                .keep_trailing_newline(true)
                .build()
                .expect("each delimiter is another"),
        );
        engine.set_auto_escape_callback(|name| {
            if name.ends_with(".html") {
                AutoEscape::Html
            } else {
                AutoEscape::None
            }
        });
        let mut faults = Vec::new();
        for (path, source) in &catalogue.sources {
            let source = with_the_line_ends_of_blocks(source);
            // A body has words only; its layout determines the format.
            let as_html = path.strip_suffix("/body.txt").map(as_html);
            for name in [Some(path.clone()), as_html].into_iter().flatten() {
                if let Err(error) = engine.add_template_owned(name, source.clone()) {
                    faults.push(format!("{path}: {error}"));
                    break;
                }
            }
        }
        if faults.is_empty() {
            Ok(Self { catalogue, engine })
        } else {
            Err(faults)
        }
    }

    /// Composes the templates of a mail in a locale.
    pub(crate) fn compose(&self, tag: &str, mail: &str) -> Result<Composed, Error> {
        let words = Value::from(self.exports(&format!("{tag}/{WORDS}"))?);
        let own = format!("{LAYOUT}/{mail}.txt");
        let layout = if self.catalogue.sources.contains_key(&own) {
            mail
        } else {
            NOTICE
        };
        let folder = format!("{tag}/{mail}");
        let render = |path: String, format: &str| {
            self.engine.get_template(&path)?.render(context! {
                words => &words,
                locale => tag,
                layout => format!("{LAYOUT}/{layout}.{format}"),
            })
        };
        Ok(Composed {
            subject: render(format!("{folder}/subject.txt"), "txt")?,
            text: render(format!("{folder}/body.txt"), "txt")?,
            html: render(as_html(&folder), "html")?,
        })
    }

    /// Returns the words of a locale, with their maps flattened.
    pub(crate) fn words(&self, tag: &str) -> Result<BTreeMap<String, String>, Error> {
        let all = self.all_exports(&format!("{tag}/{WORDS}"))?.into_iter();
        Ok(all
            .filter_map(|(name, value)| Some((name, value.as_str()?.to_owned())))
            .collect())
    }

    /// Returns the definitions in a file of words or sentences, by name.
    fn exports(&self, path: &str) -> Result<BTreeMap<String, Value>, Error> {
        let template = self.engine.get_template(path)?;
        let captured = template.render_captured(())?;
        let state = captured.state();
        let exports = state.exports().into_iter();
        Ok(exports
            .filter_map(|name| Some((name.to_owned(), state.lookup(name)?)))
            .collect())
    }

    /// Returns the same, and `name.key` for each key of a map besides the map.
    pub(crate) fn all_exports(&self, path: &str) -> Result<BTreeMap<String, Value>, Error> {
        let mut all = self.exports(path)?;
        let maps: Vec<(String, Value)> = all
            .iter()
            .filter(|(_, value)| value.kind() == ValueKind::Map)
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect();
        for (name, map) in maps {
            for key in map.try_iter()? {
                all.insert(format!("{name}.{key}"), map.get_item(&key)?);
            }
        }
        Ok(all)
    }
}

fn as_html(folder: &str) -> String {
    format!("{folder}/body.html")
}

/// Keeps the line end after one of our blocks that ends with a block of the second engine, which would otherwise drop it as
/// the line end after a block.
fn with_the_line_ends_of_blocks(source: &str) -> String {
    source.replace("%}[% end", "+%}[% end")
}
