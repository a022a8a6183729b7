//! Phrases that `docs/reference/style.md` rules out.

use std::fs;
use std::path::{Path, PathBuf};

use crate::pages::{all, root};

const RULED_OUT: [&str; 8] = [
    "for good",
    "told to nobody",
    "is as good as",
    "Whoever",
    "whoever wants",
    "takes up what",
    "by itself again",
    "What becomes of",
];

#[test]
fn no_page_but_the_style_guide_has_a_phrase_that_it_rules_out() {
    let mut wrong = Vec::new();
    for page in all() {
        if page.path.starts_with("docs/reference/style.md") {
            continue;
        }
        let words: Vec<&str> = page.prose().flat_map(str::split_whitespace).collect();
        let prose = words.join(" ");
        for phrase in RULED_OUT {
            if prose.contains(phrase) {
                wrong.push(format!("{}: {phrase:?}", page.path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// Of these, none is right in a comment either; the others have a second meaning there.
const RULED_OUT_OF_COMMENTS: [&str; 8] = [
    "for good",
    "hoever",
    "is as good as",
    "to be told",
    "told apart for nobody",
    "told to nobody",
    "hat becomes of",
    "worked off",
];

#[test]
fn no_comment_of_the_code_has_a_phrase_that_the_style_guide_rules_out() {
    let mut files = Vec::new();
    for folder in ["domain", "handlers", "infra", "projections", "tests"] {
        sources(&root().join(folder), &mut files);
    }
    assert!(files.len() > 100, "{files:?}");
    let mut wrong = Vec::new();
    for file in files {
        let comments = comments(&fs::read_to_string(&file).unwrap());
        for phrase in RULED_OUT_OF_COMMENTS {
            if comments.contains(phrase) {
                wrong.push(format!("{}: {phrase:?}", file.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn a_phrase_is_found_across_the_lines_of_a_comment_and_not_in_code() {
    let text = "/// It failed for\n/// good.\nlet name = \"told to nobody\"; // Whoever\n";
    assert_eq!(comments(text), "It failed for good.");
}

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() && !path.ends_with("target") {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// Returns the words of the lines that are comments.
fn comments(text: &str) -> String {
    let lines = text
        .lines()
        .filter_map(|line| line.trim_start().strip_prefix("//"))
        .map(|line| line.trim_start_matches(['/', '!']));
    let words: Vec<&str> = lines.flat_map(str::split_whitespace).collect();
    words.join(" ")
}
