//! Links lead somewhere, and paths and commands exist.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Component, Path, PathBuf};

use crate::pages::{Page, all, read, root};

/// The folders in which the project's own files are.
const FOLDERS: [&str; 6] = [
    "domain/",
    "projections/",
    "handlers/",
    "infra/",
    "tests/",
    "docs/",
];

/// The targets of a page's links, without those to other sites.
fn links(page: &Page) -> Vec<String> {
    let prose: Vec<&str> = page.prose().collect();
    let prose = prose.join("\n");
    let targets = prose.split("](").skip(1);
    let targets = targets.filter_map(|rest| rest.split_once(')').map(|(target, _)| target));
    targets
        .filter(|target| !target.contains("://") && !target.starts_with("mailto:"))
        .map(str::to_owned)
        .collect()
}

/// The name by which a heading is linked.
fn anchor(heading: &str) -> String {
    let kept = heading.trim().to_lowercase();
    let kept = kept.chars().filter_map(|letter| match letter {
        ' ' => Some('-'),
        '-' | '_' => Some(letter),
        letter if letter.is_alphanumeric() => Some(letter),
        _ => None,
    });
    kept.collect()
}

fn anchors(text: &str) -> BTreeSet<String> {
    let page = Page {
        path: PathBuf::new(),
        text: text.to_owned(),
    };
    let headings = page
        .prose()
        .filter(|line| line.starts_with('#'))
        .map(|line| anchor(line.trim_start_matches('#')));
    headings.collect()
}

/// `a/b/../c` as `a/c`.
fn tidied(path: &Path) -> PathBuf {
    let mut tidy = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => {
                assert!(tidy.pop(), "{} leaves the project", path.display());
            }
            Component::CurDir => {}
            part => tidy.push(part),
        }
    }
    tidy
}

#[test]
fn every_link_leads_to_a_file_and_every_anchor_to_a_heading() {
    let mut wrong = Vec::new();
    for page in all() {
        let folder = page.path.parent().unwrap();
        for link in links(&page) {
            let (target, wanted) = match link.split_once('#') {
                Some((target, anchor)) => (target, Some(anchor)),
                None => (link.as_str(), None),
            };
            let target = if target.is_empty() {
                page.path.clone()
            } else {
                tidied(&folder.join(target))
            };
            let file = root().join(&target);
            let leads_there = match wanted {
                None => file.exists(),
                Some(wanted) => {
                    fs::read_to_string(&file).is_ok_and(|text| anchors(&text).contains(wanted))
                }
            };
            if !leads_there {
                wrong.push(format!("{}: {link}", page.path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// Whether a name of a path stands for several or for any: `ADR*`, `TARGET`.
fn stands_for_others(part: &str) -> bool {
    part.contains('*') || part.chars().all(|letter| letter.is_ascii_uppercase())
}

/// `a/{b,c}.rs` as `a/b.rs` and `a/c.rs`.
fn expanded(path: &str) -> Vec<String> {
    let parts = path
        .split_once('{')
        .and_then(|(before, rest)| Some((before, rest.split_once('}')?)));
    match parts {
        Some((before, (choices, after))) => choices
            .split(',')
            .map(|choice| format!("{before}{choice}{after}"))
            .collect(),
        None => vec![path.to_owned()],
    }
}

#[test]
fn every_path_that_a_page_names_exists() {
    let mut named = 0;
    let mut wrong = Vec::new();
    for page in all() {
        // Decisions name files as they were at their time, and test data those of the packages that it is from.
        if ["docs/adr", "tests/data"]
            .iter()
            .any(|folder| page.path.starts_with(folder))
        {
            continue;
        }
        for code in page.code() {
            let path = code.trim_end_matches('/');
            let ours = FOLDERS.iter().any(|folder| code.starts_with(folder));
            if !ours || path.contains(|letter: char| letter.is_whitespace() || letter == '…') {
                continue;
            }
            for path in expanded(path) {
                let sure: PathBuf = path
                    .split('/')
                    .take_while(|part| !stands_for_others(part))
                    .collect();
                if !root().join(&sure).exists() {
                    wrong.push(format!("{}: {path}", page.path.display()));
                }
                named += 1;
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(named > 100, "only {named} paths were found");
}

/// What stands behind each `prefix` in a page, as far as it is a word.
fn words_behind(text: &str, prefix: &str) -> BTreeSet<String> {
    let rests = text.split(prefix).skip(1);
    let words = rests.map(|rest| {
        let end = rest.find(|letter: char| !(letter.is_ascii_lowercase() || letter == '-'));
        rest[..end.unwrap_or(rest.len())].to_owned()
    });
    words.filter(|word| !word.is_empty()).collect()
}

/// The variants of a clap enum as they are typed.
fn commands(source: &str, declaration: &str) -> BTreeSet<String> {
    let body = source.split(declaration).nth(1).unwrap();
    let body = body.split("\n}").next().unwrap();
    let variants = body.lines().filter_map(|line| {
        let name = line.strip_prefix("    ")?;
        name.starts_with(|letter: char| letter.is_ascii_uppercase())
            .then(|| name.split(|letter: char| !letter.is_alphanumeric()).next())?
    });
    let typed = variants.map(|variant| {
        let mut typed = String::new();
        for letter in variant.chars() {
            if letter.is_ascii_uppercase() && !typed.is_empty() {
                typed.push('-');
            }
            typed.push(letter.to_ascii_lowercase());
        }
        typed
    });
    typed.collect()
}

#[test]
fn every_task_and_command_that_a_page_names_exists() {
    let tasks = commands(&read("infra/xtask/src/main.rs"), "enum Task {");
    let programs = commands(&read("handlers/cli/src/args.rs"), "enum Command {");
    assert!(tasks.contains("check-template") && programs.contains("dead-letters"));
    for page in all() {
        for (prefix, known) in [("cargo xtask ", &tasks), ("`ledgerbell ", &programs)] {
            for word in words_behind(&page.text, prefix) {
                assert!(
                    known.contains(&word),
                    "{}: there is no {prefix}{word}",
                    page.path.display()
                );
            }
        }
    }
}

#[test]
fn the_test_finds_a_wrong_anchor_and_reads_headings_as_git_hosts_do() {
    let text = "# A page\n\n```\n# not a heading\n```\n\n## `metadata`, and more\n";
    let expected = ["a-page", "metadata-and-more"].map(str::to_owned);
    assert_eq!(anchors(text), BTreeSet::from(expected));
    assert_eq!(expanded("a/{b,c}.rs"), ["a/b.rs", "a/c.rs"]);
    assert_eq!(tidied(Path::new("a/../b")), PathBuf::from("b"));
}
