//! What stands in a mail, or does not, because the customer or the bank wants it so.

use crate::notices::{Any, every_full_mail, every_hidden_mail};
use crate::page::visible;
use mail::{Direction, Envelope, Kind, Locale, RenderError, examples, render};

#[test]
fn a_mail_with_hidden_amounts_has_no_amount_no_balance_no_counterparty_and_no_reference() {
    for (name, locale, any) in every_hidden_mail() {
        let (mail, attachment) = any.render_all();
        assert_eq!(attachment, None, "{name} {locale}");
        // Somebody else's words, which the mail in full has, and the figures with their currency.
        let mut secrets = vec!["€".to_owned(), "EUR".to_owned()];
        if let Any::Notice(notice) = &any {
            secrets.extend(notice.reference.clone());
            secrets.extend(notice.counterparty.clone());
            secrets.extend(
                notice
                    .reversed
                    .iter()
                    .filter_map(|r| r.counterparty.clone()),
            );
            secrets.extend(notice.scheduled.iter().map(|s| s.schedule_id.clone()));
        } else if let Any::Statement(notice) = &any {
            secrets.extend(notice.entries.iter().filter_map(|e| e.reference.clone()));
            secrets.extend(notice.entries.iter().filter_map(|e| e.counterparty.clone()));
            secrets.push("attach".to_owned());
        }
        for part in [
            mail.subject.clone(),
            mail.text,
            visible(&mail.html),
            mail.html,
        ] {
            for secret in &secrets {
                assert!(!part.contains(secret), "{name} {locale} {secret}: {part}");
            }
        }
    }
}

#[test]
fn a_movement_with_hidden_amounts_still_says_in_or_out() {
    use Direction::{In, Out};
    let into = (
        "Money was paid into your account ••••1234",
        "Votre compte ••••1234 a été crédité",
    );
    let out = (
        "Money was paid out of your account ••••1234",
        "Votre compte ••••1234 a été débité",
    );
    let back = (
        "Money was paid back into your account ••••1234",
        "Votre compte ••••1234 a été recrédité",
    );
    let again = (
        "Money was taken back out of your account ••••1234",
        "Votre compte ••••1234 a été de nouveau débité",
    );
    for (kind, direction, (english, french)) in [
        (Kind::Deposit, In, into),
        (Kind::Withdrawal, Out, out),
        (Kind::LargeAmount, In, into),
        (Kind::LargeAmount, Out, out),
        (Kind::ScheduleRun, In, into),
        (Kind::ScheduleRun, Out, out),
        (Kind::Reversal, In, back),
        (Kind::Reversal, Out, again),
    ] {
        for locale in Locale::ALL {
            let mut notice = examples::notice(kind, locale);
            notice.direction = Some(direction);
            notice.envelope.hide_amounts = true;
            let expected = match locale {
                Locale::En => english,
                Locale::Fr => french,
            };
            assert_eq!(render(&notice).unwrap().subject, expected, "{kind}");
        }
    }
}

#[test]
fn a_mail_that_may_have_been_sent_before_says_so_and_no_other_does() {
    for (name, locale, any) in every_full_mail() {
        let said = |repeat| {
            let mail = any
                .with_envelope(|envelope| envelope.possible_repeat = repeat)
                .render();
            let line = match locale {
                Locale::Fr => "peut-être déjà reçu ce message",
                Locale::En => "may have had this mail before",
            };
            let (text, html) = (mail.text.contains(line), visible(&mail.html).contains(line));
            assert_eq!(text, html, "{name} {locale}");
            text
        };
        assert!(said(true) && !said(false), "{name} {locale}");
    }
}

#[test]
fn the_code_is_in_each_mail_and_its_line_goes_where_there_is_none() {
    for (name, locale, any) in every_full_mail() {
        let mail = any.render();
        for part in [&mail.text, &visible(&mail.html)] {
            assert_eq!(part.matches("7KQ2-MX4T-9RWB").count(), 1, "{name} {locale}");
        }
        let without = any
            .with_envelope(|envelope| envelope.verification_code.clear())
            .render();
        assert_eq!(
            without.text.lines().count() + 1,
            mail.text.lines().count(),
            "{name} {locale}"
        );
    }
}

#[test]
fn every_mail_but_those_about_security_can_be_stopped_by_its_link() {
    let url = "https://mail.bank.example/v1/unsubscribe/k1.abc?x=1&y=2";
    for (name, locale, any) in every_full_mail() {
        let mail = any
            .with_envelope(|envelope| envelope.unsubscribe_url = Some(url.to_owned()))
            .render();
        let shown = mail.text.contains(url);
        assert_eq!(shown, mail.html.contains("<a "), "{name} {locale}");
        assert_eq!(shown, name != "security", "{name} {locale}");
        assert_eq!(shown, mail.html.contains("x=1&amp;y=2"), "{name} {locale}");
    }
}

#[test]
fn what_is_no_url_is_no_link() {
    for url in [
        "",
        "https://",
        "javascript:alert(1)",
        "mailto:x@y",
        "//evil.example",
        "https://x/\r\nBcc: y",
        "https://x/ y",
        "https://x/\"onclick=\"",
        "https://x/é",
        &format!("https://x/{}", "y".repeat(2_048)),
    ] {
        let mut notice = examples::notice(Kind::Deposit, Locale::En);
        notice.envelope = Envelope {
            unsubscribe_url: Some(url.to_owned()),
            ..notice.envelope
        };
        assert!(
            matches!(
                render(&notice),
                Err(RenderError::NotAUrl {
                    field: "unsubscribe_url"
                })
            ),
            "{url:?}"
        );
    }
}
