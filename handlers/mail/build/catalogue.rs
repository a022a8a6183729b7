//! The contents of `templates/`.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

/// The folder that is not a locale: the parts that all mails share.
pub(crate) const LAYOUT: &str = "layout";

/// The parts of a mail, besides its layout.
pub(crate) const PARTS: [&str; 2] = ["subject.txt", "body.txt"];

/// The files of a locale, besides its mails: words, which are the same in every mail, and sentences with a name or number.
pub(crate) const WORDS: &str = "words.txt";
pub(crate) const SENTENCES: &str = "sentences.txt";
const FORMATS: &str = "formats.txt";
const VERSIONS: &str = "versions.txt";

#[derive(Default)]
pub(crate) struct Catalogue {
    pub locales: Vec<Locale>,
    /// The mails, by their folders' names; each locale has each.
    pub mails: BTreeSet<String>,
    /// Every template by its path in `templates/`, with `/`.
    pub sources: BTreeMap<String, String>,
}

pub(crate) struct Locale {
    /// The BCP 47 tag.
    pub tag: String,
    pub versions: BTreeMap<String, u32>,
    pub conventions: Conventions,
}

/// A locale's conventions that ICU4X does not cover.
#[derive(Default)]
pub(crate) struct Conventions {
    pub symbol_first: bool,
    /// The text between number and symbol.
    pub gap: String,
    pub first_of_month: Option<String>,
    pub symbols: BTreeMap<String, String>,
    /// The time of a zone, with `#` for its city.
    pub zone: String,
    /// The same before a vowel.
    pub zone_before_vowel: Option<String>,
    /// An article of cities that the pattern beside it replaces.
    pub zone_article: Option<(String, String)>,
    /// The characters between values of a CSV file, and before their decimals.
    pub csv_delimiter: Option<char>,
    pub csv_decimal: Option<char>,
    /// Whether a CSV file begins with a byte order mark.
    pub csv_mark: bool,
}

impl Catalogue {
    /// Reads the catalogue and the faults of its files. With faults it is incomplete.
    pub(crate) fn read(templates: &Path) -> (Self, Vec<String>) {
        let mut catalogue = Catalogue::default();
        let mut faults = Vec::new();
        for name in names(templates) {
            if name == LAYOUT {
                for file in names(&templates.join(LAYOUT)) {
                    catalogue.add(templates, &format!("{LAYOUT}/{file}"), &mut faults);
                }
            } else {
                catalogue.read_locale(templates, &name, &mut faults);
            }
        }
        if catalogue.locales.is_empty() {
            faults.push("there is no locale".to_owned());
        }
        for locale in &catalogue.locales {
            for mail in &catalogue.mails {
                for part in PARTS {
                    let path = format!("{}/{mail}/{part}", locale.tag);
                    if !catalogue.sources.contains_key(&path) {
                        faults.push(format!("{path} is missing: another locale has the mail"));
                    }
                }
                if !locale.versions.contains_key(mail) {
                    faults.push(format!(
                        "{}/{VERSIONS} has no version of {mail}",
                        locale.tag
                    ));
                }
            }
            for mail in locale.versions.keys() {
                if !catalogue.mails.contains(mail) {
                    faults.push(format!(
                        "{}/{VERSIONS}: there is no mail {mail}",
                        locale.tag
                    ));
                }
            }
        }
        (catalogue, faults)
    }

    fn read_locale(&mut self, templates: &Path, tag: &str, faults: &mut Vec<String>) {
        let folder = templates.join(tag);
        let mut found = BTreeSet::new();
        for name in names(&folder) {
            let path = folder.join(&name);
            if path.is_dir() {
                for part in names(&path) {
                    let source = format!("{tag}/{name}/{part}");
                    if PARTS.contains(&part.as_str()) {
                        self.add(templates, &source, faults);
                    } else {
                        faults.push(format!("{source} is no part of a mail"));
                    }
                }
                self.mails.insert(name);
            } else {
                found.insert(name);
            }
        }
        let expected = [FORMATS, VERSIONS, WORDS, SENTENCES]
            .map(str::to_owned)
            .into();
        for name in found.symmetric_difference(&expected) {
            faults.push(format!("{tag}/{name} is missing, or means nothing"));
        }
        if found != expected {
            return;
        }
        for file in [WORDS, SENTENCES] {
            self.add(templates, &format!("{tag}/{file}"), faults);
        }
        let mut lines = |file: &str| match fs::read_to_string(folder.join(file)) {
            Ok(text) => pairs(&text),
            Err(error) => {
                faults.push(format!("{tag}/{file}: {error}"));
                Vec::new()
            }
        };
        let (versions, formats) = (lines(VERSIONS), lines(FORMATS));
        self.locales.push(Locale {
            tag: tag.to_owned(),
            versions: read_versions(versions, tag, faults),
            conventions: read_conventions(formats, tag, faults),
        });
    }

    fn add(&mut self, templates: &Path, path: &str, faults: &mut Vec<String>) {
        match fs::read_to_string(templates.join(path)) {
            Ok(source) => {
                self.sources.insert(path.to_owned(), source);
            }
            Err(error) => faults.push(format!("{path}: {error}")),
        }
    }
}

fn names(folder: &Path) -> BTreeSet<String> {
    fs::read_dir(folder)
        .into_iter()
        .flatten()
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .collect()
}

/// Reads lines of `key value`; `#` begins a comment.
fn pairs(text: &str) -> Vec<(String, String)> {
    text.lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(|line| {
            let (key, value) = line.split_once(' ').unwrap_or((line, ""));
            (key.to_owned(), value.to_owned())
        })
        .collect()
}

fn read_versions(
    lines: Vec<(String, String)>,
    tag: &str,
    faults: &mut Vec<String>,
) -> BTreeMap<String, u32> {
    let mut versions = BTreeMap::new();
    for (mail, version) in lines {
        match version.parse() {
            Ok(version) if version > 0 => {
                versions.insert(mail, version);
            }
            _ => faults.push(format!(
                "{tag}/{VERSIONS}: {version:?} is no version of {mail}"
            )),
        }
    }
    versions
}

/// Returns the character of a value that is one ASCII character.
fn one_ascii(value: &str) -> Option<char> {
    let mut characters = value.chars();
    let first = characters.next().filter(char::is_ascii)?;
    characters.next().is_none().then_some(first)
}

fn read_conventions(
    lines: Vec<(String, String)>,
    tag: &str,
    faults: &mut Vec<String>,
) -> Conventions {
    let mut conventions = Conventions::default();
    let mut has_pattern = false;
    for (key, value) in lines {
        match key.as_str() {
            "currency-pattern" => {
                let ends = [('¤', '#', true), ('#', '¤', false)];
                for (first, last, symbol_first) in ends {
                    if let Some(gap) = value.strip_prefix(first).and_then(|v| v.strip_suffix(last))
                    {
                        conventions.symbol_first = symbol_first;
                        conventions.gap = gap.to_owned();
                        has_pattern = true;
                    }
                }
            }
            "first-of-month" => conventions.first_of_month = Some(value),
            "symbol" => match value.split_once(' ') {
                Some((code, symbol)) => {
                    conventions
                        .symbols
                        .insert(code.to_owned(), symbol.to_owned());
                }
                None => faults.push(format!("{tag}/{FORMATS}: {value:?} is no code and symbol")),
            },
            "csv-delimiter" => conventions.csv_delimiter = one_ascii(&value),
            "csv-decimal" => conventions.csv_decimal = one_ascii(&value),
            "csv-byte-order-mark" => conventions.csv_mark = value == "yes",
            "zone" => conventions.zone = value,
            "zone-before-vowel" => conventions.zone_before_vowel = Some(value),
            "zone-article" => match value.split_once(' ') {
                Some((article, pattern)) => {
                    conventions.zone_article = Some((article.to_owned(), pattern.to_owned()));
                }
                None => faults.push(format!(
                    "{tag}/{FORMATS}: {value:?} is no article and pattern"
                )),
            },
            _ => faults.push(format!("{tag}/{FORMATS}: {key:?} means nothing")),
        }
    }
    if conventions.csv_delimiter.is_none()
        || conventions.csv_decimal.is_none()
        || conventions.csv_delimiter == conventions.csv_decimal
    {
        faults.push(format!(
            "{tag}/{FORMATS} has no csv-delimiter and csv-decimal of one ASCII character each"
        ));
    }
    if !conventions.zone.contains('#') {
        faults.push(format!("{tag}/{FORMATS} has no zone with # for a city"));
    }
    if !has_pattern {
        faults.push(format!(
            "{tag}/{FORMATS} has no currency-pattern of # and ¤, one at each end"
        ));
    }
    conventions
}
