//! What mail programs show of a mail beside it, how Outlook lays it out, and what is read out on the telephone.

use crate::notices::{
    Any, every_full_mail, every_hidden_mail, every_minimal_mail, every_notice, full,
};
use crate::page::{preheader, skeleton, visible};
use chrono::TimeDelta;
use mail::{Amount, Locale, Notice, format_amount, render};

#[test]
fn the_preheader_is_the_balance_in_every_currency_and_never_the_words_of_others() {
    for (kind, locale) in every_notice() {
        for (currency, digits) in [("EUR", 2), ("JPY", 0), ("BHD", 3)] {
            let money = |amount: Amount| Amount {
                currency: currency.to_owned(),
                digits,
                ..amount
            };
            let notice = full(kind, locale);
            let notice = Notice {
                amount: notice.amount.map(money),
                balance_after: money(notice.balance_after),
                overdraft_limit: None,
                threshold: None,
                ..notice
            };
            let words = match locale {
                Locale::En => "Balance after",
                Locale::Fr => "Solde après l’opération",
            };
            let expected = format!("{words} {}", format_amount(&notice.balance_after, locale));
            assert_eq!(preheader(&render(&notice).unwrap().html), Some(expected));
        }
    }
    for (name, locale, any) in every_full_mail() {
        let shown = preheader(&any.with_words("Mallory").render().html);
        assert_eq!(shown.is_none(), name == "digest", "{name} {locale}");
        assert!(!shown.unwrap_or_default().contains("Mallory"));
    }
}

#[test]
fn a_mail_with_hidden_amounts_has_no_preheader() {
    for (name, locale, any) in every_hidden_mail() {
        assert_eq!(preheader(&any.render().html), None, "{name} {locale}");
    }
}

#[test]
fn outlook_gets_a_table_of_600_pixels_and_others_none() {
    for (name, locale, any) in every_full_mail().into_iter().chain(every_minimal_mail()) {
        let html = any.render().html;
        let comments = skeleton(&html).matches("for Outlook\n").count();
        assert_eq!(comments, 2, "{name} {locale}");
        let opens = html.find("<!--[if mso]><table role=\"presentation\" width=\"600\"");
        let closes = html.find("<!--[if mso]></td></tr></table><![endif]-->");
        assert!(opens.is_some() && opens < closes, "{name} {locale}");
        // What stands between them is whole without them.
        let inside = &html[opens.unwrap()..closes.unwrap()];
        let inside = inside.split_once("<![endif]-->").unwrap().1;
        let count = |tag: &str| inside.matches(tag).count();
        assert_eq!(count("<table"), count("</table"), "{name} {locale}");
    }
}

#[test]
fn the_code_is_all_that_is_to_be_read_out_on_the_telephone() {
    for (name, locale, any) in every_full_mail() {
        let id = any.envelope().notification_id.clone();
        let mail = any.render();
        for part in [&mail.subject, &mail.text, &mail.html] {
            assert!(!part.contains(&id), "{name} {locale}");
        }
        let words = match locale {
            Locale::En => "or tell it to us when you call us: 7KQ2-MX4T-9RWB",
            Locale::Fr => "ou indiquez-le-nous quand vous nous appelez\u{a0}: 7KQ2-MX4T-9RWB",
        };
        assert!(mail.text.contains(words), "{name}: {}", mail.text);
        assert!(visible(&mail.html).contains(words), "{name}");
    }
}

#[test]
fn a_time_is_said_once_if_occurring_and_recording_are_in_one_minute() {
    for (kind, locale) in every_notice() {
        let rows = |seconds| {
            let notice = full(kind, locale);
            let mut notice = Notice {
                recorded_at: notice.occurred.at() + TimeDelta::seconds(seconds),
                ..notice
            };
            notice
                .scheduled
                .iter_mut()
                .for_each(|s| s.occurrence += TimeDelta::days(9));
            let text = render(&notice).unwrap().text;
            text.matches(match locale {
                Locale::En => "Paris time",
                Locale::Fr => "heure de Paris",
            })
            .count()
        };
        assert_eq!(rows(0) + 1, rows(60), "{kind} {locale}");
        assert_eq!(rows(0), rows(20), "{kind} {locale}");
    }
}

#[test]
fn a_digest_names_the_zone_once() {
    for (name, locale, any) in every_full_mail() {
        if let Any::Digest(_) = any {
            let text = any.render().text;
            let zone = match locale {
                Locale::En => "Paris time",
                Locale::Fr => "heure de Paris",
            };
            assert_eq!(text.matches(zone).count(), 1, "{name} {locale}: {text}");
        }
    }
}
