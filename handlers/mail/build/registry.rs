//! The generated Rust code that `src/locale.rs` and `src/templates.rs` include.

use std::fmt::Write as _;

use crate::catalogue::{Catalogue, Locale};
use crate::compose::Composition;

pub(crate) fn locales(catalogue: &Catalogue) -> String {
    let mut code = String::new();
    let tags: Vec<&str> = catalogue.locales.iter().map(|l| l.tag.as_str()).collect();
    let list = tags.join(", ");
    let mut variants = String::new();
    let mut all = String::new();
    let mut names = String::new();
    let mut conventions = String::new();
    for locale in &catalogue.locales {
        let variant = variant(&locale.tag);
        let tag = &locale.tag;
        line(
            &mut variants,
            &format!("/// CLDR locale `{tag}`.\n{variant},"),
        );
        line(&mut all, &format!("Self::{variant},"));
        line(&mut names, &format!("Self::{variant} => {tag:?},"));
        line(&mut conventions, &conventions_of(locale));
    }
    let count = tags.len();
    line(
        &mut code,
        &format!(
            "/// The language of a mail and its formats of money and times.\n\
             #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]\n\
             pub enum Locale {{\n{variants}}}\n\
             impl Locale {{\n\
             /// Every locale that has templates.\n\
             pub const ALL: [Self; {count}] = [\n{all}];\n\
             /// The tags of all locales, for messages.\n\
             pub(crate) const TAGS: &'static str = {list:?};\n\
             /// Returns the BCP 47 tag, as in customers' settings.\n\
             #[must_use]\n\
             pub const fn as_str(self) -> &'static str {{\nmatch self {{\n{names}}}\n}}\n\
             }}\n\
             static CONVENTIONS: [Conventions; {count}] = [\n{conventions}];"
        ),
    );
    code
}

pub(crate) fn templates(catalogue: &Catalogue, composition: &Composition<'_>) -> String {
    let mut folders = String::new();
    for mail in &catalogue.mails {
        line(&mut folders, &format!("{mail:?},"));
    }
    let mut templates = String::new();
    let mut words = String::new();
    for locale in &catalogue.locales {
        let tag = &*locale.tag;
        line(&mut templates, "[");
        for mail in &catalogue.mails {
            let version = locale.versions[mail];
            let composed = &composition.mails[&(tag, &**mail)];
            line(
                &mut templates,
                &format!(
                    "Template::new(\"{mail}/{tag}@{version}\", {:?}, {:?}, {:?}),",
                    composed.subject, composed.text, composed.html
                ),
            );
        }
        line(&mut templates, "],");
        line(
            &mut words,
            &format!("Words(&{:?}),", Vec::from_iter(&composition.words[tag])),
        );
    }
    let (locales, mails) = (catalogue.locales.len(), catalogue.mails.len());
    format!(
        "const FOLDERS: [&str; {mails}] = [\n{folders}];\n\
         static TEMPLATES: [[Template; {mails}]; {locales}] = [\n{templates}];\n\
         static WORDS: [Words; {locales}] = [\n{words}];\n"
    )
}

fn conventions_of(locale: &Locale) -> String {
    let conventions = &locale.conventions;
    format!(
        "Conventions {{ symbol_first: {:?}, gap: {:?}, first_of_month: {:?}, zone: {:?}, zone_before_vowel: {:?}, zone_article: {:?}, csv_delimiter: {:?}, csv_decimal: {:?}, csv_mark: {:?}, symbols: &{:?} }},",
        conventions.symbol_first,
        conventions.gap,
        conventions.first_of_month,
        conventions.zone,
        conventions.zone_before_vowel,
        conventions.zone_article,
        conventions.csv_delimiter.unwrap_or_default(),
        conventions.csv_decimal.unwrap_or_default(),
        conventions.csv_mark,
        conventions.symbols.iter().collect::<Vec<_>>(),
    )
}

/// Returns the variant's name for a tag: `En` for `en`, `PtBr` for `pt-BR`.
fn variant(tag: &str) -> String {
    tag.split('-')
        .map(|part| {
            let (first, rest) = part.split_at(1);
            first.to_ascii_uppercase() + &rest.to_ascii_lowercase()
        })
        .collect()
}

fn line(code: &mut String, text: &str) {
    // Writing to a string cannot fail.
    let _ = writeln!(code, "{text}");
}
