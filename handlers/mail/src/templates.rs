//! The registry: one template for each mail and locale, compiled in, with its version.
//!
//! `build.rs` writes it from the folders of `templates/`, after it has looked for what could fail here.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use minijinja::{AutoEscape, Environment, UndefinedBehavior, Value};

use crate::facts::Facts;
use crate::{Kind, Locale};

/// One mail in one language.
pub(crate) struct Template {
    /// Folder, locale and version, such as `deposit/en@1`: what a sent mail's claim keeps.
    pub(crate) name: &'static str,
    subject: &'static str,
    text: &'static str,
    html: &'static str,
}

include!(concat!(env!("OUT_DIR"), "/templates.rs"));

/// The ending of the part that is there for both formats: it holds words, and the layout of the format says where.
const BODY: &str = "/body.txt";

/// A kind without a folder does not compile.
const _: () = {
    let mut kind = 0;
    while kind < Kind::ALL.len() {
        assert!(has_folder(Kind::ALL[kind].as_str()));
        kind += 1;
    }
    assert!(has_folder(crate::fact_names::DIGEST_FOLDER));
};

const fn has_folder(name: &str) -> bool {
    let mut folder = 0;
    while folder < FOLDERS.len() {
        if same(FOLDERS[folder].as_bytes(), name.as_bytes()) {
            return true;
        }
        folder += 1;
    }
    false
}

/// `==` is not there at compile time.
const fn same(one: &[u8], other: &[u8]) -> bool {
    let mut at = 0;
    while at < one.len() && at < other.len() && one[at] == other[at] {
        at += 1;
    }
    at == one.len() && at == other.len()
}

impl Template {
    /// The template of a kind, or of the digest.
    pub(crate) fn of(folder: &'static str, locale: Locale) -> &'static Self {
        let index = FOLDERS
            .iter()
            .position(|known| *known == folder)
            .expect("every kind has a folder, or this had not compiled");
        &TEMPLATES[locale as usize][index]
    }

    pub(crate) fn subject(&self, facts: &Facts) -> Result<String, minijinja::Error> {
        render(self.subject, facts.clone())
    }

    pub(crate) fn text(&self, layout: &str, facts: &Facts) -> Result<String, minijinja::Error> {
        body(self.text, format!("layout/{layout}.txt"), facts)
    }

    pub(crate) fn html(&self, layout: &str, facts: &Facts) -> Result<String, minijinja::Error> {
        body(self.html, format!("layout/{layout}.html"), facts)
    }

    #[cfg(test)]
    pub(crate) fn all() -> impl Iterator<Item = &'static Self> {
        TEMPLATES.iter().flatten()
    }

    /// Every source that goes into this template's mails, by path.
    #[cfg(test)]
    pub(crate) fn sources(&self) -> impl Iterator<Item = (&'static str, &'static str)> {
        let (locale, rest) = self.subject.split_once('/').expect("a path");
        let (folder, _) = rest.split_once('/').expect("a path");
        let layout = match folder {
            "digest" | "statement" => folder,
            _ => "notice",
        };
        SOURCES.into_iter().filter(move |(path, _)| {
            let parts: Vec<&str> = path.split(['/', '.']).collect();
            match parts.as_slice() {
                ["layout", name, _] => [layout, "frame", "parts"].contains(name),
                [of, "words" | "sentences", _] => *of == locale,
                [of, mail, ..] => *of == locale && *mail == folder,
                _ => false,
            }
        })
    }
}

fn body(name: &str, layout: String, facts: &Facts) -> Result<String, minijinja::Error> {
    render(name, facts.clone().with("layout", layout))
}

fn render(name: &str, facts: Facts) -> Result<String, minijinja::Error> {
    ENGINE.get_template(name)?.render(Value::from_object(facts))
}

/// The words of a language, as its `words.txt` gives them. They are read once: each mail has them among its facts.
pub(crate) struct Words(Value);

static WORDS: LazyLock<[Words; Locale::ALL.len()]> = LazyLock::new(|| {
    Locale::ALL.map(|locale| {
        Words::read(locale).expect("the build has looked for each word of each language")
    })
});

impl Words {
    pub(crate) fn of(locale: Locale) -> &'static Self {
        &WORDS[locale as usize]
    }

    fn read(locale: Locale) -> Result<Self, minijinja::Error> {
        let template = ENGINE.get_template(&format!("{locale}/words.txt"))?;
        let captured = template.render_captured(())?;
        let state = captured.state();
        let words = state
            .exports()
            .into_iter()
            .filter_map(|name| Some((name.to_owned(), state.lookup(name)?)));
        Ok(Self(Value::from(words.collect::<BTreeMap<_, _>>())))
    }

    /// All of them, as a fact of a mail.
    pub(crate) fn as_value(&self) -> &Value {
        &self.0
    }

    /// A word, or what its map has under the key.
    pub(crate) fn get(&self, name: &str, key: Option<&str>) -> Result<String, minijinja::Error> {
        let mut word = self.0.get_attr(name)?;
        if let Some(key) = key {
            word = word.get_attr(key)?;
        }
        match word.as_str() {
            Some(text) => Ok(text.to_owned()),
            None => Err(minijinja::Error::new(
                minijinja::ErrorKind::UndefinedError,
                format!("there is no word {name} {key:?}"),
            )),
        }
    }
}

static ENGINE: LazyLock<Environment<'static>> = LazyLock::new(|| {
    let mut engine = strict_engine();
    for (path, source) in SOURCES {
        let html = path
            .strip_suffix(BODY)
            .map(|folder| format!("{folder}/body.html"));
        engine
            .add_template(path, source)
            .expect("the build has parsed each of the sources");
        if let Some(path) = html {
            engine
                .add_template_owned(path, source)
                .expect("the build has parsed each of the sources");
        }
    }
    engine
});

/// An engine in which a name that is not among the facts is an error, and a fact that is not known is never printed.
fn strict_engine() -> Environment<'static> {
    let mut engine = Environment::new();
    engine.set_undefined_behavior(UndefinedBehavior::Strict);
    engine.set_syntax(
        minijinja::syntax::SyntaxConfig::builder()
            .trim_blocks(true)
            .lstrip_blocks(true)
            .keep_trailing_newline(true)
            .build()
            .expect("the delimiters are the engine's own"),
    );
    engine.set_auto_escape_callback(|name| {
        if name.ends_with(".html") {
            AutoEscape::Html
        } else {
            AutoEscape::None
        }
    });
    engine.set_formatter(|out, state, value| {
        if value.is_none() {
            return Err(minijinja::Error::new(
                minijinja::ErrorKind::UndefinedError,
                "printed a fact that this notice has not got",
            ));
        }
        minijinja::escape_formatter(out, state, value)
    });
    engine
}

#[cfg(test)]
mod tests {
    use sha2::{Digest, Sha256};

    use super::*;
    use crate::render::hex;

    #[test]
    fn a_name_that_is_not_among_the_facts_is_an_error() {
        let facts = minijinja::context! { reference => None::<&str> };
        let engine = strict_engine();
        assert!(engine.render_str("{{ refrence }}", &facts).is_err());
        assert!(
            engine
                .render_str("{% if refrence %}x{% endif %}", &facts)
                .is_err()
        );
    }

    #[test]
    fn a_fact_that_is_not_known_is_never_printed() {
        let facts = minijinja::context! { reference => None::<&str> };
        assert!(
            strict_engine()
                .render_str("{{ reference }}", &facts)
                .is_err()
        );
    }

    /// A sent mail's claim names its template, so a name must always stand for the same words.
    #[test]
    fn no_template_changes_without_a_new_version() {
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/golden/versions.txt");
        let mut known = std::fs::read_to_string(file).unwrap_or_default();
        for template in Template::all() {
            let sources: Vec<String> = template
                .sources()
                .map(|(path, source)| format!("{path}\0{source}"))
                .collect();
            assert!(sources.len() >= 7, "{}", template.name);
            let digest = Sha256::digest(sources.join("\0"));
            let line = format!("{} {}", template.name, hex(&digest));
            match known
                .lines()
                .find(|line| line.split(' ').next() == Some(template.name))
            {
                Some(pinned) => {
                    assert_eq!(
                        pinned, line,
                        "changed: raise its version in the locale's versions.txt"
                    )
                }
                None if std::env::var_os("UPDATE_GOLDEN").is_some() => {
                    known.push_str(&format!("{line}\n"))
                }
                None => panic!("{} is new: UPDATE_GOLDEN=1 records it", template.name),
            }
        }
        if std::env::var_os("UPDATE_GOLDEN").is_some() {
            std::fs::write(file, known).unwrap();
        }
    }
}
