//! Every mail about money says whether it came in or went out, in a subject that a phone shows whole.

use crate::notices::{Any, euros, every_full_mail, every_notice, full};
use crate::page::visible;
use mail::{Amount, Direction, Kind, Locale, Notice, Reversed, render};

/// Longest subject, in characters: phones show about as many in two lines.
const MAX_SUBJECT_CHARS: usize = 70;

/// Ten digits, which is more than people move, in the currencies with the shortest and the longest way to write them.
fn large_amounts() -> [Amount; 4] {
    [("EUR", 2), ("GBP", 2), ("JPY", 0), ("BHD", 3)].map(|(currency, digits)| Amount {
        minor: 9_999_999_999,
        currency: currency.to_owned(),
        digits,
    })
}

fn with_amount(notice: Notice, amount: &Amount, direction: Direction) -> Notice {
    Notice {
        amount: notice.amount.and(Some(amount.clone())),
        direction: notice.direction.and(Some(direction)),
        balance_after: Amount {
            minor: -amount.minor,
            ..amount.clone()
        },
        overdraft_limit: None,
        threshold: None,
        ..notice
    }
}

/// Every notice in both directions, in these currencies, with amounts and without.
fn every_movement() -> Vec<(Kind, Locale, Notice)> {
    let mut all = Vec::new();
    for (kind, locale) in every_notice() {
        for amount in large_amounts() {
            for direction in [Direction::In, Direction::Out] {
                for hide_amounts in [false, true] {
                    let mut notice = with_amount(full(kind, locale), &amount, direction);
                    notice.envelope.hide_amounts = hide_amounts;
                    all.push((kind, locale, notice));
                }
            }
        }
    }
    all
}

#[test]
fn a_subject_has_at_most_70_characters() {
    for (kind, locale, notice) in every_movement() {
        let subject = render(&notice).unwrap().subject;
        let length = subject.chars().count();
        assert!(
            length <= MAX_SUBJECT_CHARS,
            "{kind} {locale}: {length} {subject}"
        );
    }
    for (name, locale, any) in every_full_mail() {
        for month in 1..=12 {
            let mut any = any.clone();
            if let Any::Statement(statement) = &mut any {
                statement.from = chrono::NaiveDate::from_ymd_opt(2026, month, 1).unwrap();
                statement.to = chrono::NaiveDate::from_ymd_opt(2026, month, 28).unwrap();
            }
            let subject = any.render().subject;
            let length = subject.chars().count();
            assert!(
                length <= MAX_SUBJECT_CHARS,
                "{name} {locale}: {length} {subject}"
            );
        }
    }
}

#[test]
fn a_large_amount_says_in_or_out() {
    for (locale, direction, begins) in [
        (Locale::En, Direction::In, "Large payment in: "),
        (Locale::En, Direction::Out, "Large payment out: "),
        (Locale::Fr, Direction::In, "Somme importante reçue\u{a0}: "),
        (
            Locale::Fr,
            Direction::Out,
            "Somme importante débitée\u{a0}: ",
        ),
    ] {
        for amount in large_amounts() {
            let notice = with_amount(full(Kind::LargeAmount, locale), &amount, direction);
            let subject = render(&notice).unwrap().subject;
            assert!(subject.starts_with(begins), "{subject}");
        }
    }
}

#[test]
fn the_table_has_the_sign_of_the_movement_and_says_from_or_to() {
    for (kind, locale, notice) in every_movement() {
        if notice.envelope.hide_amounts || notice.amount.is_none() {
            continue;
        }
        let mail = render(&notice).unwrap();
        let (sign, party) = match (notice.direction, locale) {
            (Some(Direction::In), Locale::En) => ("+", "From"),
            (Some(Direction::Out), Locale::En) => ("−", "To"),
            (Some(Direction::In), Locale::Fr) => ("+", "De la part de"),
            (Some(Direction::Out), Locale::Fr) => ("−", "Au profit de"),
            (None, Locale::En) => ("", "Payer or payee"),
            (None, Locale::Fr) => ("", "Émetteur ou bénéficiaire"),
        };
        let unsigned = mail::format_amount(notice.amount.as_ref().unwrap(), locale);
        let html = visible(&mail.html);
        assert!(
            html.contains(&format!("\n{sign}{unsigned}\n")),
            "{kind} {locale} {html}"
        );
        if notice.counterparty.is_some() {
            assert!(
                html.contains(&format!("\n{party}\n")),
                "{kind} {locale}: {html}"
            );
        }
    }
}

#[test]
fn a_reversal_says_which_payment_it_undoes_if_that_is_known() {
    let said = |locale, direction, reversed: Option<Option<&str>>| {
        let mut notice = full(Kind::Reversal, locale);
        notice.direction = Some(direction);
        notice.reversed = reversed.map(|counterparty| Reversed {
            counterparty: counterparty.map(str::to_owned),
            ..notice.reversed.unwrap()
        });
        let mail = render(&notice).unwrap();
        let html = visible(&mail.html);
        let sentence = mail.text.lines().nth(3).unwrap().to_owned();
        assert!(html.contains(&sentence), "{sentence}: {html}");
        (mail.subject, sentence)
    };
    let tesco = Some(Some("Tesco"));
    let (subject, sentence) = said(Locale::En, Direction::In, tesco);
    assert_eq!(subject, "€40.00 was paid back into your account ••••1234");
    assert_eq!(
        sentence,
        "This undoes the payment to Tesco of November 12, 2026."
    );
    let (subject, sentence) = said(Locale::En, Direction::Out, tesco);
    assert_eq!(
        subject,
        "€40.00 was taken back out of your account ••••1234"
    );
    assert_eq!(
        sentence,
        "This undoes the payment from Tesco of November 12, 2026."
    );
    let (subject, sentence) = said(Locale::Fr, Direction::In, tesco);
    assert_eq!(
        subject,
        "Votre compte ••••1234 a été recrédité de 40,00\u{a0}€"
    );
    assert_eq!(
        sentence,
        "Cela annule le paiement du 12 novembre 2026, au profit de Tesco."
    );
    let (_, sentence) = said(Locale::Fr, Direction::Out, tesco);
    assert_eq!(
        sentence,
        "Cela annule le paiement du 12 novembre 2026, de la part de Tesco."
    );
    let (_, sentence) = said(Locale::En, Direction::In, Some(None));
    assert_eq!(sentence, "This undoes the payment of November 12, 2026.");
    let (_, sentence) = said(Locale::En, Direction::In, None);
    assert!(!sentence.contains("undoes"), "{sentence}");
}

#[test]
fn an_account_without_an_agreed_overdraft_is_not_below_an_agreed_limit() {
    for (locale, short_of_money, below_limit, row) in [
        (
            Locale::En,
            "There is no longer enough money",
            "overdraft limit agreed",
            "Overdraft limit",
        ),
        (
            Locale::Fr,
            "n’est plus suffisamment approvisionné",
            "au-delà du découvert autorisé",
            "Découvert autorisé",
        ),
    ] {
        for hide_amounts in [false, true] {
            for limit in [None, Some(0), Some(5_000)] {
                let mut notice = full(Kind::Overdrawn, locale);
                notice.envelope.hide_amounts = hide_amounts;
                notice.overdraft_limit = limit.map(euros);
                let text = render(&notice).unwrap().text;
                let agreed = limit == Some(5_000);
                assert_eq!(text.contains(below_limit), agreed, "{text}");
                assert_eq!(text.contains(short_of_money), !agreed, "{text}");
                assert_eq!(text.contains(row), agreed && !hide_amounts, "{text}");
                let names_payee = text.contains("Agence Immobilière Dupont");
                assert_eq!(names_payee, !hide_amounts, "{text}");
            }
        }
    }
}
