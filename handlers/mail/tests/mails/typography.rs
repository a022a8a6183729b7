//! Where a line may end, and French punctuation by the rules of the Imprimerie nationale.

use crate::notices::{every_full_mail, every_hidden_mail, every_minimal_mail};
use crate::page::{name, parse, visible, walk};
use mail::Locale;
use markup5ever_rcdom::NodeData;

const NO_BREAK: char = '\u{a0}';
const NARROW: char = '\u{202f}';

/// What is wrong, with what stands before it.
fn faults(text: &str) -> Vec<String> {
    let characters: Vec<char> = text.chars().collect();
    let mut faults = Vec::new();
    for (at, character) in characters.iter().enumerate() {
        let before = at.checked_sub(1).map(|before| characters[before]);
        let after = characters.get(at + 1).copied();
        let digit = |near: Option<char>| near.is_some_and(|near| near.is_ascii_digit());
        let right = match character {
            // Not a time of day.
            ':' if !(digit(before) && digit(after)) => before == Some(NO_BREAK),
            ';' | '!' | '?' => before == Some(NARROW),
            '\'' | '"' | '`' | '“' | '”' => false,
            '«' => after == Some(NO_BREAK),
            '»' | '€' => before == Some(NO_BREAK),
            '.' => after != Some('.'),
            _ => true,
        };
        if !right {
            faults.push(characters[at.saturating_sub(20)..=at].iter().collect());
        }
    }
    faults
}

#[test]
fn french_mails_have_french_punctuation() {
    let all = [every_full_mail(), every_minimal_mail(), every_hidden_mail()];
    let mut looked_at = 0;
    for (name, locale, any) in all.into_iter().flatten() {
        if locale != Locale::Fr {
            continue;
        }
        looked_at += 1;
        // Words of others are theirs.
        let mail = any
            .with_words("mots")
            .with_envelope(|envelope| envelope.unsubscribe_url = None)
            .render();
        for part in [&mail.subject, &mail.text, &visible(&mail.html)] {
            assert_eq!(faults(part), Vec::<String>::new(), "{name}");
        }
    }
    assert!(looked_at >= 33);
}

#[test]
fn punctuation_that_a_line_could_begin_with_is_found() {
    for wrong in [
        "Solde : 1",
        "Solde: 1",
        "vu ; merci",
        "vraiment ?",
        "l'opération",
        "« mot »",
        "12 €",
        "Suite...",
    ] {
        assert_ne!(faults(wrong), Vec::<String>::new(), "{wrong}");
    }
    let right = "Solde\u{a0}: 12,50\u{a0}€ à 09:00\u{202f}; l’un dit «\u{a0}oui\u{a0}»…";
    assert_eq!(faults(right), Vec::<String>::new());
}

#[test]
fn no_heading_ends_a_line_between_a_minus_and_its_amount() {
    let mut minuses = 0;
    for (mail_name, locale, any) in every_full_mail() {
        walk(&parse(&any.render().html).document, 0, &mut |_, node| {
            if name(node).as_deref() != Some("h1") {
                return;
            }
            let text = node.children.borrow();
            let NodeData::Text { contents } = &text[0].data else {
                panic!("{mail_name} {locale}: a heading is one text");
            };
            let contents = contents.borrow();
            for (at, minus) in contents.match_indices('−') {
                minuses += 1;
                assert!(
                    contents[at + minus.len()..].starts_with('\u{2060}'),
                    "{mail_name} {locale}: {contents}"
                );
            }
        });
    }
    assert!(minuses >= Locale::ALL.len());
}
