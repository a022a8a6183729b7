//! What `build.rs` refuses, so that no mail fails when it is sent.

#![allow(
    clippy::unwrap_used,
    reason = "a test program: a panic is its failure, and no other crate uses it"
)]

#[allow(dead_code, reason = "a part is for build.rs alone")]
#[path = "../build/catalogue.rs"]
mod catalogue;
#[path = "../build/check.rs"]
mod check;
#[allow(dead_code, reason = "a part is for build.rs alone")]
#[path = "../build/compose.rs"]
mod compose;
#[path = "../src/fact_names.rs"]
mod fact_names;

use std::fs;
use std::path::Path;

use catalogue::Catalogue;

fn faults_of(catalogue: &Catalogue) -> Vec<String> {
    check::composed(catalogue).err().unwrap_or_default()
}

fn ours() -> Catalogue {
    let templates = Path::new(env!("CARGO_MANIFEST_DIR")).join("templates");
    let (catalogue, faults) = Catalogue::read(&templates);
    assert_eq!(faults, Vec::<String>::new());
    catalogue
}

/// The faults when `path` has this source.
fn with(path: &str, source: &str) -> Vec<String> {
    let mut catalogue = ours();
    assert!(catalogue.sources.contains_key(path), "{path}");
    catalogue.sources.insert(path.to_owned(), source.to_owned());
    faults_of(&catalogue)
}

#[test]
fn our_templates_have_no_fault() {
    assert_eq!(faults_of(&ours()), Vec::<String>::new());
}

#[test]
fn a_template_that_names_what_is_not_there_fails_the_build() {
    let extends = "[% extends layout %][% block message %]";
    for (path, source, fault) in [
        ("en/deposit/subject.txt", "{{ amuont }}", "amuont"),
        ("en/deposit/subject.txt", "{{ reference }}", "reference"),
        (
            "fr/deposit/body.txt",
            &format!("{extends}{{{{ x }}}}[% endblock %]"),
            "names x",
        ),
        (
            "fr/deposit/body.txt",
            &format!("{extends}{{% if false %}}{{{{ period_to }}}}{{% endif %}}[% endblock %]"),
            "period_to",
        ),
        (
            "fr/deposit/body.txt",
            &format!("{extends}[[ words.helo ]][% endblock %]"),
            "words.helo",
        ),
        (
            "layout/digest.txt",
            "{% for item in items %}{{ item.recorded_at }}{% endfor %}",
            "item.recorded_at",
        ),
        ("layout/frame.html", "{{ entries }}", "entries"),
    ] {
        let faults = with(path, source);
        assert_eq!(faults.len(), 1, "{faults:?}");
        assert!(
            faults[0].contains(path) && faults[0].contains(fault),
            "{faults:?}"
        );
    }
}

/// `more` is a fact of digests and statements, and the greeting is in every mail.
#[test]
fn a_sentence_that_needs_more_than_a_mail_knows_fails_the_build() {
    let path = "en/sentences.txt";
    let sentences = ours().sources[path].replace("Hello", "Hello {{ more }}");
    let faults = with(path, &sentences);
    assert!(
        faults.contains(&"en/deposit, its html, names more, which its notice never has".to_owned()),
        "{faults:?}"
    );
    assert!(!faults.iter().any(|fault| fault.contains("digest")));
}

/// The end of a line is not lost where a block of the layout is filled by what ends with a block.
#[test]
fn a_line_of_a_layout_ends_whatever_it_is_filled_with() {
    let texts = [
        "[% extends layout %][% block advice %]Advice.[% endblock %]",
        "[% extends layout %][% block advice %]{% if hidden %}Advice.{% endif %}[% endblock %]",
    ]
    .map(|body| {
        let mut catalogue = ours();
        catalogue
            .sources
            .insert("en/deposit/body.txt".to_owned(), body.to_owned());
        let composed = check::composed(&catalogue).unwrap();
        let text = composed.mails[&("en", "deposit")].text.clone();
        let mut engine = minijinja::Environment::new();
        let mut syntax = minijinja::syntax::SyntaxConfig::builder();
        syntax.trim_blocks(true).lstrip_blocks(true);
        engine.set_syntax(syntax.build().unwrap());
        let facts = minijinja::context! { hidden => true };
        engine.render_str(&text, facts).unwrap()
    });
    assert_eq!(texts[0], texts[1]);
}

#[test]
fn a_template_that_cannot_be_parsed_fails_the_build() {
    let faults = with("en/deposit/subject.txt", "{{ amount");
    assert_eq!(faults.len(), 1, "{faults:?}");
    assert!(faults[0].contains("en/deposit/subject.txt"));
}

#[test]
fn a_word_that_one_language_lacks_fails_the_build() {
    let path = "fr/words.txt";
    let words = ours().sources[path].clone();
    let without = words.replace("[% set balance = \"Solde\" %]\n", "");
    assert_ne!(words, without);
    assert_eq!(
        with(path, &without),
        ["fr/words.txt has no balance, which another language has"]
    );
    let without = words.replace("  \"reversal\": \"Annulation\",\n", "");
    assert_ne!(words, without);
    assert_eq!(
        with(path, &without),
        ["fr/words.txt has no kinds.reversal, which another language has"]
    );
    let mut kindless = ours();
    for words in ["en/words.txt", "fr/words.txt"] {
        let source = kindless.sources.get_mut(words).unwrap();
        *source = source.replace("  \"reversal\":", "  \"revresal\":");
    }
    assert_eq!(
        faults_of(&kindless),
        ["no words.txt has a word for reversal among its kinds"]
    );
}

#[test]
fn a_missing_translation_or_version_fails_the_build_and_a_third_locale_is_one_folder() {
    let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("templates");
    let to = Path::new(env!("CARGO_TARGET_TMPDIR")).join("templates");
    let _ = fs::remove_dir_all(&to);
    copy(&from, &to);
    let faults = || {
        let (catalogue, mut faults) = Catalogue::read(&to);
        if faults.is_empty() {
            faults = faults_of(&catalogue);
        }
        faults
    };
    assert_eq!(faults(), Vec::<String>::new());

    copy(&to.join("en"), &to.join("de"));
    assert_eq!(faults(), Vec::<String>::new());
    assert_eq!(Catalogue::read(&to).0.locales.len(), 3);

    fs::remove_dir_all(to.join("de/reversal")).unwrap();
    let missing = faults();
    assert_eq!(missing.len(), 2, "{missing:?}");
    assert!(missing[0].contains("de/reversal/subject.txt is missing"));
    copy(&to.join("en/reversal"), &to.join("de/reversal"));

    for (file, content, fault) in [
        ("versions.txt", "deposit 1\n", "has no version of"),
        ("versions.txt", "gone 1\n", "there is no mail gone"),
        ("versions.txt", "deposit 0\n", "is no version"),
        ("formats.txt", "", "has no currency-pattern"),
        (
            "formats.txt",
            "currency-pattern ¤#\nsymbol EUR\n",
            "no code and symbol",
        ),
        (
            "formats.txt",
            "currency-pattern ¤#\ncolour red\n",
            "means nothing",
        ),
    ] {
        let path = to.join("de").join(file);
        let before = fs::read(&path).unwrap();
        fs::write(&path, content).unwrap();
        let found = faults();
        assert!(found.iter().any(|found| found.contains(fault)), "{found:?}");
        fs::write(&path, before).unwrap();
    }
    fs::write(to.join("de/deposit/body.html"), "").unwrap();
    assert_eq!(faults(), ["de/deposit/body.html is no part of a mail"]);
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}
