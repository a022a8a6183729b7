//! The checks that keep a mail from failing when it is sent: each template can be parsed, names only facts that its notice
//! has, and finds all its words in each locale.

use std::collections::{BTreeMap, BTreeSet};

use minijinja::Environment;

use crate::catalogue::{Catalogue, LAYOUT, SENTENCES, WORDS};
use crate::compose::{Composer, Composition};
use crate::fact_names::{self, ALSO, DIGEST, ENTRY, ITEM, NOTICE, STATEMENT, SUBJECT, TOTAL};

/// Composes all templates, or returns the faults.
pub(crate) fn composed(catalogue: &Catalogue) -> Result<Composition<'_>, Vec<String>> {
    let composer = Composer::new(catalogue)?;
    let mut faults = faults(catalogue, &composer);
    let mut composition = Composition::default();
    if !faults.is_empty() {
        return Err(faults);
    }
    for locale in &catalogue.locales {
        let tag = &*locale.tag;
        match composer.words(tag) {
            Ok(words) => {
                composition.words.insert(tag, words);
            }
            Err(error) => faults.push(format!("{tag}/{WORDS}: {error}")),
        }
        for mail in &catalogue.mails {
            let at = format!("{tag}/{mail}");
            let composed = match composer.compose(tag, mail) {
                Ok(composed) => composed,
                Err(error) => {
                    faults.push(format!("{at}: {error}"));
                    continue;
                }
            };
            for (part, source) in [
                ("subject", &composed.subject),
                ("text", &composed.text),
                ("html", &composed.html),
            ] {
                faults.extend(unknown(
                    &format!("{at}, its {part},"),
                    source,
                    &names_of(mail, part == "subject"),
                ));
            }
            composition.mails.insert((tag, mail), composed);
        }
    }
    if faults.is_empty() {
        Ok(composition)
    } else {
        Err(faults)
    }
}

/// Returns the faults of each file by itself, so that the message can name the file.
fn faults(catalogue: &Catalogue, composer: &Composer<'_>) -> Vec<String> {
    let mut faults = Vec::new();
    let (words, sentences) = match (
        common(catalogue, composer, WORDS, &mut faults),
        common(catalogue, composer, SENTENCES, &mut faults),
    ) {
        (Ok(words), Ok(sentences)) => (words, sentences),
        (Err(fault), _) | (_, Err(fault)) => return vec![fault],
    };
    for kind in &catalogue.mails {
        // A digest has no kind of its own.
        if kind != fact_names::DIGEST_FOLDER && !words.contains(&format!("kinds.{kind}")) {
            faults.push(format!("no {WORDS} has a word for {kind} among its kinds"));
        }
    }
    for (path, source) in &catalogue.sources {
        faults.extend(unknown(path, source, &facts(path)));
        for (of, known) in [
            ("words", words.iter().map(String::as_str).collect()),
            ("sentences", sentences.iter().map(String::as_str).collect()),
            ("other", Vec::from(ALSO)),
            ("item", Vec::from(ITEM)),
            ("entry", Vec::from(ENTRY)),
            ("total", Vec::from(TOTAL)),
        ] {
            for name in fields(source, of) {
                if !known.contains(&name) {
                    faults.push(format!("{path} names {of}.{name}, which there is not"));
                }
            }
        }
    }
    faults
}

/// Returns the names that are used in any branch but unknown.
fn unknown(at: &str, source: &str, known: &BTreeSet<&str>) -> Vec<String> {
    let engine = Environment::new();
    let template = match engine.template_from_str(source) {
        Ok(template) => template,
        Err(error) => return vec![format!("{at}: {error}")],
    };
    let names = BTreeSet::from_iter(template.undeclared_variables(false));
    names
        .into_iter()
        .filter(|name| !known.contains(name.as_str()))
        .map(|name| format!("{at} names {name}, which its notice never has"))
        .collect()
}

/// Returns the names that every locale has in this file, and reports differences.
fn common(
    catalogue: &Catalogue,
    composer: &Composer<'_>,
    file: &str,
    faults: &mut Vec<String>,
) -> Result<BTreeSet<String>, String> {
    let mut by_locale: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for locale in &catalogue.locales {
        let path = format!("{}/{file}", locale.tag);
        let exports = composer.all_exports(&path);
        let exports = exports.map_err(|error| format!("{path}: {error}"))?;
        by_locale.insert(&locale.tag, exports.into_keys().collect());
    }
    let all: BTreeSet<String> = by_locale.values().flatten().cloned().collect();
    for (tag, names) in &by_locale {
        for name in all.difference(names) {
            faults.push(format!(
                "{tag}/{file} has no {name}, which another language has"
            ));
        }
    }
    Ok(all)
}

/// Returns the facts that the file at this path may name.
fn facts(path: &str) -> BTreeSet<&'static str> {
    let parts: Vec<&str> = path.split('/').collect();
    match parts.as_slice() {
        [LAYOUT, file] => match file.split('.').next().unwrap_or_default() {
            "frame" => names_of_any(&[]),
            "parts" => BTreeSet::new(),
            mail => names_of(mail, false),
        },
        [_, mail, part] => names_of(mail, *part == "subject.txt"),
        // A sentence may be part of several mails; each is checked when it is composed.
        [_, file] if *file == SENTENCES => names_of_any(&[NOTICE, DIGEST, STATEMENT]),
        // Words are the same in every mail.
        _ => BTreeSet::new(),
    }
}

/// Returns the facts that a mail may name.
fn names_of(mail: &str, is_subject: bool) -> BTreeSet<&'static str> {
    let mut names = names_of_any(&[match mail {
        "digest" => DIGEST,
        "statement" => STATEMENT,
        _ => NOTICE,
    }]);
    if is_subject {
        // A subject is rendered first, and from facts that third parties cannot choose.
        names.retain(|name| SUBJECT.contains(name));
    }
    names
}

fn names_of_any(own: &[&[&'static str]]) -> BTreeSet<&'static str> {
    let own = own.iter().copied().flatten();
    own.chain(fact_names::ENVELOPE)
        .chain(fact_names::GIVEN_TO_BODIES)
        .copied()
        .collect()
}

/// Returns the name of every `of.name` in a source.
fn fields<'s>(source: &'s str, of: &str) -> BTreeSet<&'s str> {
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let start = format!("{of}.");
    source
        .match_indices(&start)
        .filter(|(at, _)| !source[..*at].ends_with(is_word))
        .map(|(at, _)| {
            let rest = &source[at + start.len()..];
            &rest[..rest.find(|c| !is_word(c)).unwrap_or(rest.len())]
        })
        // `sentences.txt` is a file name.
        .filter(|name| *name != "txt")
        .collect()
}
