//! The registry: one template for each kind and locale, compiled in, with its version.

use std::sync::LazyLock;

use minijinja::{AutoEscape, Environment, UndefinedBehavior};

use crate::{Kind, Locale};

/// The three parts of one mail.
pub(crate) struct Template {
    /// Kind, locale and version, such as `deposit/en@1`: what a sent mail's claim keeps.
    pub(crate) name: &'static str,
    subject: Part,
    text: Part,
    html: Part,
}

/// A template's name in the engine, and its source.
type Part = (&'static str, &'static str);

/// The version goes up whenever the words or the layout change; a test holds it against `golden/versions.txt`.
macro_rules! template {
    ($folder:literal, $version:literal) => {{
        static TEMPLATE: Template = Template {
            name: concat!($folder, "@", $version),
            subject: part!($folder, "/subject.txt"),
            text: part!($folder, "/body.txt"),
            html: part!($folder, "/body.html"),
        };
        &TEMPLATE
    }};
}

macro_rules! part {
    ($folder:literal, $file:literal) => {
        (
            concat!($folder, $file),
            include_str!(concat!("../templates/", $folder, $file)),
        )
    };
}

/// What every mail shares: the layout of each format, and the words of each language.
const SHARED: [Part; 4] = [
    part!("layout", "/body.txt"),
    part!("layout", "/body.html"),
    part!("words", "/en.txt"),
    part!("words", "/fr.txt"),
];

impl Template {
    pub(crate) fn of(kind: Kind, locale: Locale) -> Option<&'static Self> {
        let template = match (kind, locale) {
            (Kind::Deposit, Locale::En) => template!("deposit/en", 1),
            (Kind::Deposit, Locale::Fr) => template!("deposit/fr", 1),
            (Kind::Withdrawal, Locale::En) => template!("withdrawal/en", 1),
            (Kind::Withdrawal, Locale::Fr) => template!("withdrawal/fr", 1),
            (Kind::Reversal, Locale::En) => template!("reversal/en", 1),
            (Kind::Reversal, Locale::Fr) => template!("reversal/fr", 1),
            (Kind::Overdrawn, Locale::En) => template!("overdrawn/en", 1),
            (Kind::Overdrawn, Locale::Fr) => template!("overdrawn/fr", 1),
            (Kind::LargeAmount, Locale::En) => template!("large-amount/en", 1),
            (Kind::LargeAmount, Locale::Fr) => template!("large-amount/fr", 1),
            (Kind::LowBalance, Locale::En) => template!("low-balance/en", 1),
            (Kind::LowBalance, Locale::Fr) => template!("low-balance/fr", 1),
            (Kind::ScheduleRun | Kind::ScheduleSkipped | Kind::Statement | Kind::Security, _) => {
                return None;
            }
        };
        Some(template)
    }

    pub(crate) fn all() -> impl Iterator<Item = &'static Self> {
        Kind::ALL
            .into_iter()
            .flat_map(|kind| Locale::ALL.map(|locale| Self::of(kind, locale)))
            .flatten()
    }

    pub(crate) fn subject(&self, facts: &minijinja::Value) -> Result<String, minijinja::Error> {
        render(self.subject, facts)
    }

    pub(crate) fn text(&self, facts: &minijinja::Value) -> Result<String, minijinja::Error> {
        render(self.text, facts)
    }

    pub(crate) fn html(&self, facts: &minijinja::Value) -> Result<String, minijinja::Error> {
        render(self.html, facts)
    }

    /// Every source that goes into this template's mails.
    #[cfg(test)]
    pub(crate) fn sources(&self) -> impl Iterator<Item = &'static str> {
        let other_words = match self.name.split_once("/en@") {
            Some(_) => "words/fr.txt",
            None => "words/en.txt",
        };
        [self.subject, self.text, self.html]
            .into_iter()
            .chain(
                SHARED
                    .into_iter()
                    .filter(move |(name, _)| *name != other_words),
            )
            .map(|(_, source)| source)
    }
}

fn render((name, _): Part, facts: &minijinja::Value) -> Result<String, minijinja::Error> {
    ENGINE.get_template(name)?.render(facts)
}

static ENGINE: LazyLock<Environment<'static>> = LazyLock::new(|| {
    let parts =
        Template::all().flat_map(|template| [template.subject, template.text, template.html]);
    let mut engine = strict_engine();
    for (name, source) in SHARED.into_iter().chain(parts) {
        engine
            .add_template(name, source)
            .expect("the sources are compiled in, and a test renders each of them");
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
            let sources: Vec<&str> = template.sources().collect();
            let digest = Sha256::digest(sources.join("\0"));
            let line = format!("{} {}", template.name, hex(&digest));
            match known
                .lines()
                .find(|line| line.split(' ').next() == Some(template.name))
            {
                Some(pinned) => {
                    assert_eq!(pinned, line, "changed: raise its version in Template::of")
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
