//! Puts together what is the same in every mail of a kind in a language: layout, blocks, parts and words.
//!
//! In the files, `[[ ]]` and `[% %]` are for here; `{{ }}` and `{% %}` are text here, and are what a mail's facts are put
//! into when it is made. So a mail is made from one piece, and not from five files.

use std::collections::BTreeMap;

use minijinja::syntax::SyntaxConfig;
use minijinja::value::ValueKind;
use minijinja::{AutoEscape, Environment, Error, UndefinedBehavior, Value, context};

use crate::catalogue::{Catalogue, LAYOUT, WORDS};

/// The layout of a mail that has none of its own.
const NOTICE: &str = "notice";

/// A mail's templates, with nothing left in them but its facts.
#[derive(Debug)]
pub struct Composed {
    pub subject: String,
    pub text: String,
    pub html: String,
}

/// Of all languages.
#[derive(Debug, Default)]
pub struct Composition<'c> {
    /// By language and mail.
    pub mails: BTreeMap<(&'c str, &'c str), Composed>,
    /// By language and name, for what is not a template: `kinds.deposit`.
    pub words: BTreeMap<&'c str, BTreeMap<String, String>>,
}

pub struct Composer<'c> {
    catalogue: &'c Catalogue,
    engine: Environment<'c>,
}

impl<'c> Composer<'c> {
    /// The sources, parsed; or what of them cannot be.
    pub fn new(catalogue: &'c Catalogue) -> Result<Self, Vec<String>> {
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
            // A body holds words; the format of its layout is the one that it is asked for.
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

    /// The templates of a mail in a language.
    pub fn compose(&self, tag: &str, mail: &str) -> Result<Composed, Error> {
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

    /// The words of a language, without the maps that some of them are in.
    pub fn words(&self, tag: &str) -> Result<BTreeMap<String, String>, Error> {
        let all = self.all_exports(&format!("{tag}/{WORDS}"))?.into_iter();
        Ok(all
            .filter_map(|(name, value)| Some((name, value.as_str()?.to_owned())))
            .collect())
    }

    /// What a file of words or sentences gives, by name.
    fn exports(&self, path: &str) -> Result<BTreeMap<String, Value>, Error> {
        let template = self.engine.get_template(path)?;
        let captured = template.render_captured(())?;
        let state = captured.state();
        let exports = state.exports().into_iter();
        Ok(exports
            .filter_map(|name| Some((name.to_owned(), state.lookup(name)?)))
            .collect())
    }

    /// The same with `name.key` for each key of a map beside the map.
    pub fn all_exports(&self, path: &str) -> Result<BTreeMap<String, Value>, Error> {
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

/// An engine drops the end of the line after a block. What ends a block of ours may be a block of the second engine, which
/// would then drop a line end of the layout.
fn with_the_line_ends_of_blocks(source: &str) -> String {
    source.replace("%}[% end", "+%}[% end")
}
