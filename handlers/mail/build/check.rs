//! What would otherwise fail when a mail is sent: a template that cannot be parsed, a fact that no notice has, a word
//! that a language lacks.

use std::collections::{BTreeMap, BTreeSet};

use minijinja::Environment;

use crate::catalogue::{Catalogue, LAYOUT, SENTENCES, WORDS};
use crate::fact_names::{self, DIGEST, ENTRY, ITEM, NOTICE, STATEMENT, SUBJECT, TOTAL};

/// What a layout imports, for itself and for what is put into it.
const IMPORTED: [&str; 1] = ["sentences"];

pub fn faults(catalogue: &Catalogue) -> Vec<String> {
    let mut faults = Vec::new();
    let mut engine = Environment::new();
    for (path, source) in &catalogue.sources {
        if let Err(error) = engine.add_template(path, source) {
            faults.push(format!("{path}: {error}"));
        }
    }
    if !faults.is_empty() {
        return faults;
    }
    let (words, sentences) = match (
        common(catalogue, &engine, WORDS, &mut faults),
        common(catalogue, &engine, SENTENCES, &mut faults),
    ) {
        (Ok(words), Ok(sentences)) => (words, sentences),
        (Err(fault), _) | (_, Err(fault)) => return vec![fault],
    };
    for kind in &catalogue.mails {
        // A digest is no kind: it tells of several.
        if kind != fact_names::DIGEST_FOLDER && !words.contains(&format!("kinds.{kind}")) {
            faults.push(format!("no {WORDS} has a word for {kind} among its kinds"));
        }
    }
    for (path, source) in &catalogue.sources {
        let Ok(template) = engine.get_template(path) else {
            continue;
        };
        let known = facts(path);
        for name in template.undeclared_variables(false) {
            if !known.contains(name.as_str()) {
                faults.push(format!("{path} names {name}, which its notice never has"));
            }
        }
        for (of, known) in [
            ("words", words.iter().map(String::as_str).collect()),
            ("sentences", sentences.iter().map(String::as_str).collect()),
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

/// What every language has in this file: the same in each.
fn common(
    catalogue: &Catalogue,
    engine: &Environment<'_>,
    file: &str,
    faults: &mut Vec<String>,
) -> Result<BTreeSet<String>, String> {
    let mut by_locale: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for locale in &catalogue.locales {
        let path = format!("{}/{file}", locale.tag);
        let names = exports(engine, &path).map_err(|error| format!("{path}: {error}"))?;
        by_locale.insert(&locale.tag, names);
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

/// What a file of words or sentences gives: names, and `name.key` for each key of a map.
fn exports(engine: &Environment<'_>, path: &str) -> Result<BTreeSet<String>, minijinja::Error> {
    let template = engine.get_template(path)?;
    let captured = template.render_captured(())?;
    let state = captured.state();
    let mut names = BTreeSet::new();
    for name in state.exports() {
        names.insert(name.to_owned());
        let Some(value) = state.lookup(name) else {
            continue;
        };
        if value.kind() == minijinja::value::ValueKind::Map {
            for key in value.try_iter()? {
                names.insert(format!("{name}.{key}"));
            }
        }
    }
    Ok(names)
}

/// What the template at this path may name.
fn facts(path: &str) -> BTreeSet<&'static str> {
    let parts: Vec<&str> = path.split('/').collect();
    let (own, is_subject) = match parts.as_slice() {
        [LAYOUT, file] => (file.split('.').next().unwrap_or_default(), false),
        [_, mail, part] => (*mail, *part == "subject.txt"),
        // Words are the same for every mail.
        _ => return BTreeSet::new(),
    };
    let own: &[&'static str] = match own {
        "digest" => DIGEST,
        "statement" => STATEMENT,
        "frame" => &[],
        "parts" => return BTreeSet::new(),
        _ => NOTICE,
    };
    let mut facts: BTreeSet<&'static str> =
        own.iter().chain(fact_names::ENVELOPE).copied().collect();
    if is_subject {
        // Made before the rest, and of facts that others cannot choose.
        facts.retain(|name| SUBJECT.contains(name));
    } else {
        facts.extend(IMPORTED);
        facts.extend(fact_names::GIVEN_TO_BODIES);
    }
    facts
}

/// Every `of.name` in a source.
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
        // `sentences.txt` is a file.
        .filter(|name| *name != "txt")
        .collect()
}
