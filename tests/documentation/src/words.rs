//! Phrases that `docs/style.md` rules out.

use crate::pages::all;

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
        if page.path.starts_with("docs/style.md") {
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
