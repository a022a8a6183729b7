//! What holds for every mail, whoever reads it and whatever the notice says.

use std::collections::BTreeSet;

use crate::notices::{euros, every_template, full, minimal, visible};
use mail::{Amount, Kind, Locale, Notice, RenderError, render};

/// The words that hold an amount. Amounts have no-break spaces inside, so a breaking space ends them.
fn amounts(text: &str) -> BTreeSet<String> {
    text.split([' ', '\n'])
        .filter(|word| word.contains('€'))
        .map(|word| word.trim_end_matches(['.', ',']).to_owned())
        .collect()
}

#[test]
fn text_and_html_say_the_same_amounts() {
    for (kind, locale) in every_template() {
        let mail = render(&full(kind, locale)).unwrap();
        let said = amounts(&mail.text);
        assert!(said.len() >= 2, "{kind} {locale}: {said:?}");
        assert_eq!(said, amounts(&visible(&mail.html)), "{kind} {locale}");
    }
}

#[test]
fn text_and_html_say_the_same_words_in_the_same_order() {
    for (kind, locale) in every_template() {
        for notice in [full(kind, locale), minimal(kind, locale)] {
            let mail = render(&notice).unwrap();
            let (html, bank_name) = (visible(&mail.html), &notice.bank_name);
            // The html has the bank's name at its head, the text at its foot; one has cells where the other has colons.
            let words = |text: &str| -> Vec<String> {
                text.replacen(bank_name, "", 1)
                    .replace("----", "")
                    .split_whitespace()
                    .map(|word| word.trim_end_matches(':').to_owned())
                    .filter(|word| !word.is_empty())
                    .collect()
            };
            assert_eq!(words(&mail.text), words(&html), "{kind} {locale}");
        }
    }
}

#[test]
fn the_first_line_says_what_the_subject_says() {
    for (kind, locale) in every_template() {
        let mail = render(&full(kind, locale)).unwrap();
        assert_eq!(
            mail.text.lines().next().unwrap(),
            format!("{}.", mail.subject)
        );
        assert!(mail.subject.contains("••••1234"), "{}", mail.subject);
        assert!(mail.subject.contains('€'), "{}", mail.subject);
    }
}

#[test]
fn a_mail_has_no_link_no_image_no_script_and_loads_nothing() {
    for (kind, locale) in every_template() {
        let mail = render(&full(kind, locale)).unwrap();
        for part in [&mail.text, &mail.html] {
            for forbidden in [
                "http", "href", "src=", "url(", "<a", "<img", "<script", "<link", "@import",
                "<form", "www.",
            ] {
                assert!(!part.contains(forbidden), "{kind} {locale}: {forbidden}");
            }
        }
    }
}

#[test]
fn the_account_is_never_shown_whole() {
    for (kind, locale) in every_template() {
        let mail = render(&full(kind, locale)).unwrap();
        for part in [&mail.subject, &mail.text, &mail.html] {
            assert!(
                !part.contains("7890") && !part.contains("FR76"),
                "{kind} {locale}"
            );
        }
    }
}

#[test]
fn a_debt_is_told_with_a_minus_and_a_movement_without_a_sign() {
    let mut notice = full(Kind::Withdrawal, Locale::En);
    notice.amount = Some(euros(-4_000));
    notice.balance_after = euros(-1_200);
    let mail = render(&notice).unwrap();
    assert!(
        mail.subject.starts_with("€40.00 was paid out"),
        "{}",
        mail.subject
    );
    assert!(mail.text.contains("Balance after: −€12.00\n"));
}

#[test]
fn a_notice_without_the_amount_that_its_mail_tells_is_refused() {
    for kind in [Kind::Deposit, Kind::Withdrawal, Kind::LargeAmount] {
        let notice = Notice {
            amount: None,
            ..full(kind, Locale::En)
        };
        let refused = render(&notice).unwrap_err();
        assert!(
            matches!(
                refused,
                RenderError::Missing {
                    field: "amount",
                    ..
                }
            ),
            "{refused}"
        );
    }
}

#[test]
fn what_is_no_amount_of_money_is_refused() {
    for (currency, digits) in [
        ("EURO", 2),
        ("eur", 2),
        ("<b>", 2),
        ("", 2),
        ("EUR", 5),
        ("€", 2),
    ] {
        let balance_after = Amount {
            minor: 1,
            currency: currency.to_owned(),
            digits,
        };
        let refused = render(&Notice {
            balance_after,
            ..full(Kind::Deposit, Locale::En)
        })
        .unwrap_err();
        assert!(
            matches!(
                refused,
                RenderError::NotMoney {
                    field: "balance_after",
                    ..
                }
            ),
            "{refused}"
        );
    }
}

#[test]
fn the_same_notice_gives_the_same_mail_and_another_one_another_hash() {
    let notice = full(Kind::Deposit, Locale::En);
    assert_eq!(render(&notice).unwrap(), render(&notice).unwrap());
    let other = Notice {
        balance_after: euros(136_001),
        ..notice.clone()
    };
    assert_ne!(
        render(&notice).unwrap().content_hash,
        render(&other).unwrap().content_hash
    );
    assert_eq!(render(&notice).unwrap().content_hash.len(), 64);
}
