//! The payer of a cent chooses words that the bank's customer reads in the bank's mail.

use crate::notices::{Any, every_full_mail, full};
use crate::page::{skeleton, visible};
use mail::{Kind, Locale, Notice, render};
use proptest::prelude::*;

/// The Big List of Naughty Strings, and ours.
fn naughty() -> Vec<String> {
    let mut all = Vec::new();
    for list in [
        include_str!("../data/naughty-strings/blns.json"),
        include_str!("../data/naughty-strings/ours.json"),
    ] {
        let strings: Vec<String> = serde_json::from_str(list).unwrap();
        assert!(strings.len() > 50);
        all.extend(strings);
    }
    all
}

/// The languages share the strings: all of them in each kind of mail, each in one language.
fn of_turn(strings: &[String], locale: Locale) -> impl Iterator<Item = &String> {
    let turn = Locale::ALL
        .iter()
        .position(|known| *known == locale)
        .unwrap();
    strings.iter().skip(turn).step_by(Locale::ALL.len())
}

/// What would break a line, or turn one around.
fn stray(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[test]
fn naughty_words_change_neither_subject_nor_skeleton_nor_the_lines_of_a_mail() {
    let naughty = naughty();
    for (name, locale, any) in every_full_mail() {
        // With harmless words in all the same places, as rows of which nothing is left go away.
        let usual = any.with_words("words").render();
        let (bones, lines) = (skeleton(&usual.html), usual.text.lines().count());
        for words in of_turn(&naughty, locale) {
            let mail = any.with_words(words).render();
            assert_eq!(mail.subject, usual.subject, "{name} {locale} {words:?}");
            assert!(!mail.text.replace('\n', "").contains(stray), "{words:?}");
            assert!(!mail.html.replace('\n', "").contains(stray), "{words:?}");
            if shows_nothing(words) {
                continue;
            }
            assert_eq!(skeleton(&mail.html), bones, "{name} {locale} {words:?}");
            assert_eq!(mail.text.lines().count(), lines, "{name} {words:?}");
        }
    }
}

/// Words of which nothing is left to be shown take their rows with them.
fn shows_nothing(words: &str) -> bool {
    let notice = Notice {
        reference: Some(words.to_owned()),
        ..full(Kind::Deposit, Locale::En)
    };
    !render(&notice).unwrap().text.contains("\nReference: ")
}

#[test]
fn few_naughty_words_show_nothing_and_their_mails_are_whole_too() {
    let silent: Vec<String> = naughty()
        .into_iter()
        .filter(|words| shows_nothing(words))
        .collect();
    assert!((1..30).contains(&silent.len()), "{silent:?}");
    for (name, locale, any) in every_full_mail() {
        let without = match &any {
            Any::Notice(notice) => Any::Notice(Box::new(Notice {
                reference: None,
                counterparty: None,
                reversed: None,
                ..*notice.clone()
            })),
            other => other.clone(),
        };
        for words in &silent {
            let mail = any.with_words(words).render();
            let bones = skeleton(&mail.html);
            assert_eq!(bones.matches("h1 ").count(), 1, "{name} {locale}");
            assert!(!bones.contains("script"));
            assert_eq!(mail.subject, without.render().subject);
        }
    }
}

#[test]
fn a_naughty_account_number_shows_nothing_but_letters_and_digits() {
    let naughty = naughty();
    for (name, locale, any) in every_full_mail() {
        let bones = skeleton(&any.render().html);
        for words in of_turn(&naughty, locale) {
            let (mail, attachment) = any.with_account(words).render_all();
            assert!(!mail.subject.contains(stray), "{name} {locale} {words:?}");
            // A digest has a row of totals for each account.
            if !matches!(any, Any::Digest(_)) {
                assert_eq!(skeleton(&mail.html), bones, "{name} {locale} {words:?}");
            }
            if let Some(attachment) = attachment {
                let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.');
                assert!(attachment.name.chars().all(plain), "{}", attachment.name);
            }
        }
    }
}

#[test]
fn words_are_shown_as_they_are_and_not_as_markup_or_template() {
    for words in [
        "</bdi></td></tr></table><h1>You won</h1>",
        "&lt;b&gt; &amp;",
        "{{ account }}{% raw %}",
        "\" onmouseover=\"alert(1)\" '",
    ] {
        for (name, locale, any) in every_full_mail() {
            let mail = any.with_words(words).render();
            if matches!(any, Any::Digest(_)) {
                continue;
            }
            assert!(mail.text.contains(words), "{name} {locale} {words}");
            assert!(
                visible(&mail.html).contains(words),
                "{name} {locale} {words}"
            );
        }
    }
}

#[test]
fn links_in_the_words_of_others_are_taken_apart() {
    for (name, _, any) in every_full_mail() {
        let mail = any
            .with_words("https://evil.example/login")
            .with_envelope(|envelope| {
                envelope.unsubscribe_url = None;
                envelope.bank_name = "Banque du Lac".to_owned();
                envelope.notification_id = "1".to_owned();
            })
            .render();
        for part in [mail.text, visible(&mail.html)] {
            if !matches!(any, Any::Digest(_)) {
                assert!(part.contains("https: //evil. example/login"), "{part}");
            }
            assert!(
                !part.contains("://") && !part.contains("evil.example"),
                "{name} {part}"
            );
        }
    }
}

#[test]
fn a_reference_of_5000_characters_is_cut_with_an_ellipsis() {
    for (name, _, any) in every_full_mail() {
        if matches!(any, Any::Digest(_)) || name == "security" {
            continue;
        }
        let mail = any.with_words(&"x".repeat(5_000)).render();
        let shown = format!("{}…", "x".repeat(139));
        assert!(
            mail.text.contains(&format!("{shown}\n")) && mail.html.contains(&format!("{shown}<"))
        );
    }
}

proptest! {
    #[test]
    fn no_words_break_a_mail(words in any::<String>(), which in any::<prop::sample::Index>()) {
        let mails = every_full_mail();
        let (_, _, any) = which.get(&mails);
        let mail = any.with_words(&words).render();
        prop_assert!(!mail.subject.contains(stray));
        prop_assert!(!mail.text.replace('\n', "").contains(stray));
        prop_assert!(!mail.html.replace('\n', "").contains(stray));
        let bones = skeleton(&mail.html);
        prop_assert_eq!(bones.matches("h1 ").count(), 1);
        prop_assert!(!bones.contains("script") && !bones.contains("comment"));
    }
}
