//! Whoever pays in a cent chooses words that the bank's customer reads in the bank's mail.

use crate::notices::{every_template, full, visible};
use mail::{Notice, render};
use proptest::prelude::*;

fn with_words(notice: Notice, words: &str) -> Notice {
    Notice {
        bank_name: words.to_owned(),
        customer_name: words.to_owned(),
        account_id: words.to_owned(),
        reference: Some(words.to_owned()),
        counterparty: Some(words.to_owned()),
        notification_id: words.to_owned(),
        ..notice
    }
}

const HOSTILE: [&str; 9] = [
    "Mallory\r\nBcc: x@y",
    "<script>alert(1)</script>",
    "\" onmouseover=\"alert(1)\" '",
    "{{ account }}{% raw %}",
    "\u{202e}drowssap ruoy\u{2066}",
    "\0\u{7f}\u{85}\u{2028}\u{2029}\u{1b}[31m",
    "</td></tr></table><h1>You won</h1>",
    "&lt;b&gt; &amp;",
    "Verify at https://evil.example/login or www.evil.example",
];

#[test]
fn hostile_words_do_not_reach_the_subject() {
    for (kind, locale) in every_template() {
        let usual = render(&full(kind, locale)).unwrap().subject;
        for words in HOSTILE {
            let mut notice = with_words(full(kind, locale), words);
            notice.account_id = full(kind, locale).account_id;
            assert_eq!(render(&notice).unwrap().subject, usual);
        }
    }
}

#[test]
fn hostile_words_do_not_change_the_build_of_a_mail() {
    for (kind, locale) in every_template() {
        let usual = render(&full(kind, locale)).unwrap();
        for words in HOSTILE {
            let mail = render(&with_words(full(kind, locale), words)).unwrap();
            assert_eq!(
                tags(&mail.html),
                tags(&usual.html),
                "{kind} {locale} {words:?}"
            );
            // Words of which nothing is left take their two lines with them.
            let lines_gone = usual.text.lines().count() - mail.text.lines().count();
            assert!(lines_gone == 0, "{kind} {locale} {words:?}: {lines_gone}");
            assert!(!mail.subject.contains(char::is_control));
        }
    }
}

#[test]
fn links_in_the_words_of_others_are_taken_apart() {
    let link = || Some("https://evil.example/login".to_owned());
    for (kind, locale) in every_template() {
        let mail = render(&Notice {
            reference: link(),
            counterparty: link(),
            customer_name: "evil.example".to_owned(),
            ..full(kind, locale)
        })
        .unwrap();
        for part in [mail.text, visible(&mail.html)] {
            assert!(part.contains("https: //evil. example/login"), "{part}");
            assert!(
                !part.contains("://") && !part.contains("evil.example"),
                "{part}"
            );
        }
    }
}

#[test]
fn a_reference_of_5000_characters_is_cut_with_an_ellipsis() {
    for (kind, locale) in every_template() {
        let notice = Notice {
            reference: Some("x".repeat(5_000)),
            ..full(kind, locale)
        };
        let mail = render(&notice).unwrap();
        let shown = format!("{}…", "x".repeat(139));
        assert!(
            mail.text.contains(&format!("{shown}\n")) && mail.html.contains(&format!("{shown}<"))
        );
    }
}

fn tags(html: &str) -> Vec<&str> {
    html.split('<')
        .skip(1)
        .map(|part| part.split_once('>').unwrap().0)
        .collect()
}

proptest! {
    #[test]
    fn no_words_break_a_mail(words in any::<String>(), kind_and_locale in 0usize..12) {
        let (kind, locale) = every_template().nth(kind_and_locale).unwrap();
        let mail = render(&with_words(full(kind, locale), &words)).unwrap();
        let stray = |c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
        prop_assert!(!mail.subject.contains(stray));
        prop_assert!(!mail.text.replace('\n', "").contains(stray));
        prop_assert!(!mail.html.replace('\n', "").contains(stray));
        prop_assert_eq!(mail.html.matches("<h1").count(), 1);
        prop_assert!(!mail.html.contains("<a") && !mail.html.contains("<script"));
    }
}
