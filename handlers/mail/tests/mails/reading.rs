//! The promises of every mail, for every reader and every notice.

use std::collections::BTreeSet;

use crate::notices::{
    Any, euros, every_full_mail, every_hidden_mail, every_minimal_mail, every_shared_mail, full,
};
use crate::page::{attribute, name, parse, parse_errors, visible, walk};
use mail::{Amount, Kind, Locale, Notice, RenderError, examples, render};

/// The words that hold an amount. Amounts have no-break spaces inside, so a breaking space ends them.
fn amounts(text: &str) -> BTreeSet<String> {
    text.split([' ', '\n'])
        .filter(|word| word.contains('€'))
        .map(|word| word.trim_end_matches(['.', ',']).to_owned())
        .collect()
}

#[test]
fn text_and_html_say_the_same_amounts() {
    for (name, locale, any) in every_full_mail() {
        let mail = any.render();
        let said = amounts(&mail.text);
        let least = if name == "security" { 1 } else { 2 };
        assert!(said.len() >= least, "{name} {locale}: {said:?}");
        assert_eq!(said, amounts(&visible(&mail.html)), "{name} {locale}");
    }
}

#[test]
fn text_and_html_say_the_same_words_in_the_same_order() {
    let all = [
        every_full_mail(),
        every_shared_mail(),
        every_minimal_mail(),
        every_hidden_mail(),
    ];
    for (name, locale, any) in all.into_iter().flatten() {
        let mail = any.render();
        let html = visible(&mail.html);
        let envelope = any.envelope();
        // The html has the bank's name at its head and the URL behind its words, the text the name at its foot and the
        // URL beside its words; one has cells where the other has colons.
        let words = |text: &str| -> Vec<String> {
            text.replacen(&envelope.bank_name, "", 1)
                .replace("----", "")
                .replace(envelope.unsubscribe_url.as_deref().unwrap_or("----"), "")
                .split_whitespace()
                .map(|word| word.trim_end_matches(':').to_owned())
                .filter(|word| !word.is_empty())
                .collect()
        };
        assert_eq!(words(&mail.text), words(&html), "{name} {locale}");
    }
}

#[test]
fn the_first_line_says_what_the_subject_says() {
    for (name, locale, any) in every_full_mail() {
        let mail = any.render();
        assert_eq!(
            mail.text.lines().next().unwrap(),
            format!("{}.", mail.subject),
            "{name} {locale}"
        );
        if let Any::Notice(notice) = any {
            assert!(mail.subject.contains("••••1234"), "{}", mail.subject);
            let tells_money = notice.kind != Kind::Security;
            assert_eq!(mail.subject.contains('€'), tells_money, "{}", mail.subject);
        }
    }
}

#[test]
fn a_mail_has_one_link_no_image_no_script_and_loads_nothing() {
    for (name, locale, any) in every_full_mail() {
        let url = any.envelope().unsubscribe_url.clone();
        let mail = any.render();
        let without_url = |part: &str| match &url {
            Some(url) => part
                .replace(url, "")
                .replace(&url.replace('/', "&#x2f;"), ""),
            None => part.to_owned(),
        };
        for part in [&mail.text, &mail.html] {
            let part = without_url(part);
            for forbidden in [
                "http", "src=", "url(", "<img", "<script", "<link", "@import", "<form", "www.",
            ] {
                assert!(!part.contains(forbidden), "{name} {locale}: {forbidden}");
            }
        }
        let mut links = Vec::new();
        walk(&parse(&mail.html).document, 0, &mut |_, node| {
            links.extend(attribute(node, "href"));
        });
        assert_eq!(links, Vec::from_iter(url), "{name} {locale}");
    }
}

#[test]
fn a_mail_is_html_that_a_program_for_the_blind_can_read() {
    let all = [
        every_full_mail(),
        every_shared_mail(),
        every_minimal_mail(),
        every_hidden_mail(),
    ];
    for (mail_name, locale, any) in all.into_iter().flatten() {
        let html = any.render().html;
        assert_eq!(parse_errors(&html), Vec::<String>::new(), "{mail_name}");
        let (mut languages, mut titles, mut headings) = (Vec::new(), 0, Vec::new());
        walk(&parse(&html).document, 0, &mut |_, node| {
            match name(node).as_deref() {
                Some("html") => languages.extend(attribute(node, "lang")),
                Some("title") => titles += 1,
                Some(heading @ ("h1" | "h2")) => headings.push(heading.to_owned()),
                // A table either is there for the layout and says so, or has a name.
                Some("table") => {
                    let layout = attribute(node, "role").as_deref() == Some("presentation");
                    let named = attribute(node, "aria-label").is_some_and(|name| !name.is_empty());
                    assert!(layout != named, "{mail_name} {locale}");
                }
                Some("th") => {
                    let scope = attribute(node, "scope");
                    assert!(
                        matches!(scope.as_deref(), Some("row" | "col")),
                        "{mail_name}"
                    );
                }
                _ => {}
            }
        });
        assert_eq!(languages, [locale.as_str()]);
        assert_eq!(titles, 1);
        assert_eq!(
            headings.iter().filter(|heading| *heading == "h1").count(),
            1
        );
        assert!(html.contains("<meta name=\"color-scheme\" content=\"light dark\">"));
    }
}

#[test]
fn the_account_is_never_shown_whole() {
    for (name, locale, any) in every_full_mail() {
        let (mail, attachment) = any.render_all();
        let file = attachment.map(|file| file.name + &String::from_utf8(file.bytes).unwrap());
        for part in [mail.subject, mail.text, mail.html].into_iter().chain(file) {
            assert!(
                !part.contains("7890") && !part.contains("FR76"),
                "{name} {locale}"
            );
        }
    }
}

#[test]
fn a_debt_has_a_minus_and_a_movement_has_its_sign_in_the_table_alone() {
    let mut notice = full(Kind::Withdrawal, Locale::En);
    notice.amount = Some(euros(-4_000));
    notice.balance_after = euros(-1_200);
    let mail = render(&notice).unwrap();
    assert!(
        mail.subject.starts_with("€40.00 was paid out"),
        "{}",
        mail.subject
    );
    assert!(mail.text.contains("Amount: −€40.00\n"), "{}", mail.text);
    assert!(mail.text.contains("Balance after: −€12.00\n"));
}

#[test]
fn a_notice_without_what_its_mail_tells_is_refused() {
    let refused = |notice: &Notice, field: &str| {
        let error = render(notice).unwrap_err();
        assert!(
            matches!(error, RenderError::Missing { field: missing, .. } if missing == field),
            "{error}"
        );
    };
    for kind in [
        Kind::Deposit,
        Kind::Withdrawal,
        Kind::LargeAmount,
        Kind::ScheduleRun,
        Kind::ScheduleSkipped,
    ] {
        let mut notice = full(kind, Locale::En);
        notice.amount = None;
        refused(&notice, "amount");
    }
    for kind in [
        Kind::Deposit,
        Kind::Withdrawal,
        Kind::Reversal,
        Kind::LargeAmount,
        Kind::ScheduleRun,
    ] {
        let mut notice = full(kind, Locale::En);
        notice.direction = None;
        refused(&notice, "direction");
    }
    for kind in [Kind::ScheduleRun, Kind::ScheduleSkipped] {
        let mut notice = full(kind, Locale::En);
        notice.scheduled = None;
        refused(&notice, "scheduled");
    }
    let mut notice = full(Kind::ScheduleSkipped, Locale::En);
    notice.scheduled.as_mut().unwrap().skipped = None;
    refused(&notice, "scheduled.skipped");
}

#[test]
fn a_statement_is_not_made_from_one_event() {
    assert!(matches!(
        render(&full(Kind::Statement, Locale::En)),
        Err(RenderError::NotANotice {
            kind: Kind::Statement
        })
    ));
}

#[test]
fn a_skipped_payment_says_why() {
    let why = |skipped| {
        let mut notice = full(Kind::ScheduleSkipped, Locale::En);
        notice.scheduled.as_mut().unwrap().skipped = Some(skipped);
        render(&notice).unwrap().text
    };
    let [funds, closed] = domain::OccurrenceSkipReason::ALL.map(why);
    assert!(funds.contains("not enough money") && !funds.contains("closed"));
    assert!(closed.contains("The account is closed") && !closed.contains("not enough money"));
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
        let wrong = Amount {
            minor: 1,
            currency: currency.to_owned(),
            digits,
        };
        let refused = render(&Notice {
            balance_after: wrong.clone(),
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
        let mut digest = examples::digest(Locale::En);
        digest.items[1].amount = Some(wrong.clone());
        assert!(matches!(
            mail::render_digest(&digest),
            Err(RenderError::NotMoney {
                field: "items.amount",
                ..
            })
        ));
        let mut statement = examples::statement(Locale::En);
        statement.opening_balance = wrong;
        assert!(matches!(
            mail::render_statement(&statement),
            Err(RenderError::NotMoney {
                field: "opening_balance",
                ..
            })
        ));
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
