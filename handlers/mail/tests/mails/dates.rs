//! Bookings of which the bank gave a date and no time: that date, whatever zone the customer is in.

use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::{America, Asia, Pacific};
use domain::Occurred;
use domain::notification::Kind;
use mail::{Locale, render};

use crate::notices::{date, dated, full};
use crate::page::visible;

/// From twelve hours before Greenwich to fourteen behind it.
const ZONES: [chrono_tz::Tz; 4] = [
    Pacific::Pago_Pago,
    America::New_York,
    Asia::Tokyo,
    Pacific::Kiritimati,
];

#[test]
fn a_booking_is_said_to_be_on_the_banks_date_in_every_zone() {
    for zone in ZONES {
        for (locale, words, happened) in [
            (
                Locale::En,
                "Booked on Monday, October 20, 2003",
                "When it happened",
            ),
            (
                Locale::Fr,
                "Comptabilisé le lundi 20 octobre 2003",
                "Date de l’opération",
            ),
        ] {
            let [(_, deposit), ..] = dated(locale, zone);
            let mail = deposit.render();
            for part in [mail.text, visible(&mail.html)] {
                let part = part.split_whitespace().collect::<Vec<_>>().join(" ");
                assert!(part.contains(words), "{zone}: {part}");
                assert!(!part.contains(happened), "{zone}: {part}");
            }
        }
    }
}

#[test]
fn digests_and_statements_have_the_banks_date_and_no_clock_time_in_every_zone() {
    for zone in ZONES {
        let [_, (_, digest), (_, statement)] = dated(Locale::En, zone);
        let mail = digest.render();
        assert_eq!(mail.text.matches("\n  Oct 20, 2003\n").count(), 2, "{zone}");
        let (mail, attachment) = statement.render_all();
        assert!(mail.text.contains("Oct 20, 2003"), "{zone}: {}", mail.text);
        let file = String::from_utf8(attachment.unwrap().bytes).unwrap();
        for row in file.lines().skip(1) {
            assert!(row.starts_with("2003-10-20,"), "{zone}: {row}");
        }
    }
}

#[test]
fn movements_of_one_date_are_one_days_in_a_digest_whatever_the_zone() {
    for zone in ZONES {
        let [_, (_, digest), _] = dated(Locale::En, zone);
        assert_eq!(
            digest.render().subject,
            "2 movements on October 20, 2003",
            "{zone}"
        );
    }
}

#[test]
fn the_recording_of_a_booking_is_told_unless_it_was_on_the_same_day() {
    let evening: DateTime<Utc> = "2003-10-20T02:00:00Z".parse().unwrap();
    // In New York it is still the day before.
    for (zone, after, is_told) in [
        (Asia::Tokyo, TimeDelta::zero(), false),
        (America::New_York, TimeDelta::zero(), true),
        (Asia::Tokyo, TimeDelta::days(1), true),
    ] {
        let mut notice = full(Kind::Deposit, Locale::En);
        notice.envelope.time_zone = zone;
        notice.occurred = date();
        notice.recorded_at = evening + after;
        let text = render(&notice).unwrap().text;
        assert_eq!(text.contains("When we recorded it"), is_told, "{text}");
    }
}

#[test]
fn a_reversal_names_the_date_of_what_it_undid() {
    for zone in ZONES {
        let mut notice = full(Kind::Reversal, Locale::En);
        notice.envelope.time_zone = zone;
        notice.reversed.as_mut().unwrap().occurred = date();
        let text = render(&notice).unwrap().text;
        assert!(text.contains("October 20, 2003"), "{zone}: {text}");
    }
}

#[test]
fn an_account_that_was_closed_on_a_date_says_so() {
    let mut notice = full(Kind::Security, Locale::En);
    notice.occurred = date();
    let text = render(&notice).unwrap().text;
    assert!(
        text.contains("Closed on Monday, October 20, 2003"),
        "{text}"
    );
    notice.occurred = Occurred::At(notice.occurred.at());
    let text = render(&notice).unwrap().text;
    assert!(
        text.contains("When it was closed: Monday, October 20, 2003 at"),
        "{text}"
    );
}
