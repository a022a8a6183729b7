//! The registry: one template for each mail and locale, compiled in, with its version.
//!
//! `build.rs` generates it from the folders of `templates/`, after composing each template from its parts
//! (`build/compose.rs`) and checking everything that could fail here (`build/check.rs`).

use std::sync::OnceLock;

use minijinja::{AutoEscape, Environment, UndefinedBehavior, Value};

use crate::{Kind, Locale};

/// One mail in one language.
pub(crate) struct Template {
    /// Folder, locale and version, such as `deposit/en@1`. A notification stores it.
    pub(crate) name: &'static str,
    /// The sources of its parts, by the names of [`PARTS`].
    sources: [&'static str; 3],
    /// Parsed at the first such mail: most processes render few kinds.
    engine: OnceLock<Environment<'static>>,
}

/// The parts of a mail. The extension decides the escaping.
const PARTS: [&str; 3] = ["subject.txt", "body.txt", "body.html"];

include!(concat!(env!("OUT_DIR"), "/templates.rs"));

/// Fails to compile if a kind has no folder.
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

/// Compares bytes at compile time, where `==` does not exist.
const fn same(one: &[u8], other: &[u8]) -> bool {
    let mut at = 0;
    while at < one.len() && at < other.len() && one[at] == other[at] {
        at += 1;
    }
    at == one.len() && at == other.len()
}

impl Template {
    /// Returns the template of a kind or of the digest.
    pub(crate) fn of(folder: &'static str, locale: Locale) -> &'static Self {
        let index = FOLDERS
            .iter()
            .position(|known| *known == folder)
            .expect("every kind has a folder, which is checked at compile time");
        &TEMPLATES[locale as usize][index]
    }

    const fn new(
        name: &'static str,
        subject: &'static str,
        text: &'static str,
        html: &'static str,
    ) -> Self {
        Self {
            name,
            sources: [subject, text, html],
            engine: OnceLock::new(),
        }
    }

    pub(crate) fn subject(&self, facts: &Value) -> Result<String, minijinja::Error> {
        self.render(PARTS[0], facts)
    }

    pub(crate) fn text(&self, facts: &Value) -> Result<String, minijinja::Error> {
        self.render(PARTS[1], facts)
    }

    pub(crate) fn html(&self, facts: &Value) -> Result<String, minijinja::Error> {
        self.render(PARTS[2], facts)
    }

    fn render(&self, part: &str, facts: &Value) -> Result<String, minijinja::Error> {
        let engine = self.engine.get_or_init(|| {
            let mut engine = strict_engine();
            for (part, source) in PARTS.into_iter().zip(self.sources) {
                engine
                    .add_template(part, source)
                    .expect("the build has parsed it");
            }
            engine
        });
        engine.get_template(part)?.render(facts)
    }

    #[cfg(test)]
    pub(crate) fn all() -> impl Iterator<Item = (Locale, &'static Self)> {
        let templates = Locale::ALL.into_iter().zip(&TEMPLATES);
        templates.flat_map(|(locale, of)| of.iter().map(move |template| (locale, template)))
    }
}

/// The words of a locale that are used outside templates, from its `words.txt`.
pub(crate) struct Words(&'static [(&'static str, &'static str)]);

impl Words {
    pub(crate) fn of(locale: Locale) -> &'static Self {
        &WORDS[locale as usize]
    }

    /// Returns the name of a kind of notification.
    pub(crate) fn kind(&self, kind: Kind) -> &'static str {
        self.get("kinds", Some(kind.as_str()))
            .expect("the build checks that each locale names each kind")
    }

    /// Returns a word, or the word under this key of a map.
    pub(crate) fn get(
        &self,
        name: &str,
        key: Option<&str>,
    ) -> Result<&'static str, minijinja::Error> {
        let is_it = |known: &str| match known.split_once('.') {
            None => known == name && key.is_none(),
            Some((map, entry)) => map == name && key == Some(entry),
        };
        let found = self.0.iter().find(|(known, _)| is_it(known));
        found.map(|(_, word)| *word).ok_or_else(|| {
            minijinja::Error::new(
                minijinja::ErrorKind::UndefinedError,
                format!("there is no word {name} {key:?}"),
            )
        })
    }
}

/// Returns an engine in which an unknown name is an error, and so is printing a fact without a value.
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
                "printed a fact that this notice does not have",
            ));
        }
        minijinja::escape_formatter(out, state, value)
    });
    engine
}

#[cfg(test)]
mod tests {
    use data_encoding::HEXLOWER;
    use sha2::{Digest, Sha256};

    use super::*;

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
    fn a_fact_without_a_value_is_never_printed() {
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
        for (locale, template) in Template::all() {
            let mut sources = template.sources.to_vec();
            if ["digest/", "statement/"]
                .iter()
                .any(|mail| template.name.starts_with(mail))
            {
                // They say some words that are not in their templates.
                sources.extend(
                    Words::of(locale)
                        .0
                        .iter()
                        .flat_map(|(name, word)| [name, word]),
                );
            }
            let digest = Sha256::digest(sources.join("\0"));
            let line = format!("{} {}", template.name, HEXLOWER.encode(&digest));
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
