//! The times at which waiting notifications are sent, as tables; with the
//! days on which clocks are put forward or back.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use domain::cadence::{Cadence, StatementMonth};
use domain::quiet_hours::QuietHours;
use proptest::prelude::*;
use serde_json::json;

fn time(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn zone(name: &str) -> Tz {
    name.parse().unwrap()
}

fn quiet(from: &str, to: &str) -> QuietHours {
    QuietHours::read(json!({ "from": from, "to": to }), "").unwrap()
}

#[test]
fn quiet_hours_end_by_the_customers_clock() {
    for (name, hours, now, ends) in [
        // Paris is an hour ahead in winter: 21:30 there.
        (
            "Europe/Paris",
            ("22:00", "07:00"),
            "2026-11-22T20:30:00Z",
            None,
        ),
        (
            "Europe/Paris",
            ("22:00", "07:00"),
            "2026-11-22T21:00:00Z",
            Some("2026-11-23T06:00:00Z"),
        ),
        (
            "Europe/Paris",
            ("22:00", "07:00"),
            "2026-11-23T05:59:59Z",
            Some("2026-11-23T06:00:00Z"),
        ),
        (
            "Europe/Paris",
            ("22:00", "07:00"),
            "2026-11-23T06:00:00Z",
            None,
        ),
        // Within one day.
        (
            "UTC",
            ("12:00", "14:00"),
            "2026-11-22T13:00:00Z",
            Some("2026-11-22T14:00:00Z"),
        ),
        ("UTC", ("12:00", "14:00"), "2026-11-22T14:00:00Z", None),
        // New York, 8 March 2026: 02:00 to 03:00 does not exist.
        (
            "America/New_York",
            ("22:00", "07:00"),
            "2026-03-08T05:00:00Z",
            Some("2026-03-08T11:00:00Z"),
        ),
        (
            "America/New_York",
            ("22:00", "02:30"),
            "2026-03-08T05:00:00Z",
            Some("2026-03-08T07:00:00Z"),
        ),
        (
            "America/New_York",
            ("02:15", "02:45"),
            "2026-03-08T07:00:00Z",
            None,
        ),
        // Paris, 25 October 2026: 02:00 to 03:00 comes twice, at 00:00Z and 01:00Z.
        (
            "Europe/Paris",
            ("22:00", "07:00"),
            "2026-10-24T20:00:00Z",
            Some("2026-10-25T06:00:00Z"),
        ),
        (
            "Europe/Paris",
            ("22:00", "02:30"),
            "2026-10-25T00:15:00Z",
            Some("2026-10-25T00:30:00Z"),
        ),
        (
            "Europe/Paris",
            ("22:00", "02:30"),
            "2026-10-25T00:45:00Z",
            None,
        ),
        (
            "Europe/Paris",
            ("22:00", "02:30"),
            "2026-10-25T01:15:00Z",
            Some("2026-10-25T01:30:00Z"),
        ),
        // Half an hour's zone.
        (
            "Asia/Kolkata",
            ("22:00", "07:00"),
            "2026-11-22T18:00:00Z",
            Some("2026-11-23T01:30:00Z"),
        ),
    ] {
        let answer = quiet(hours.0, hours.1).end_if_quiet(time(now), zone(name));
        assert_eq!(answer, ends.map(time), "{name} {hours:?} {now}");
    }
}

#[test]
fn a_digest_comes_in_the_morning_after_what_it_tells_of() {
    let daily = Cadence::Daily;
    let weekly = Cadence::Weekly;
    for (delivery, name, recorded, at) in [
        (Cadence::Immediate, "UTC", "2026-11-22T10:00:00Z", None),
        (
            daily,
            "UTC",
            "2026-11-22T07:59:59Z",
            Some("2026-11-22T08:00:00Z"),
        ),
        (
            daily,
            "UTC",
            "2026-11-22T08:00:00Z",
            Some("2026-11-23T08:00:00Z"),
        ),
        (
            daily,
            "Europe/Paris",
            "2026-11-22T10:00:00Z",
            Some("2026-11-23T07:00:00Z"),
        ),
        // It is the 23rd already in Auckland, and not yet eight.
        (
            daily,
            "Pacific/Auckland",
            "2026-11-22T12:00:00Z",
            Some("2026-11-22T19:00:00Z"),
        ),
        // The nights of the changes of clocks have 23 and 25 hours.
        (
            daily,
            "Europe/Paris",
            "2026-03-28T08:00:00Z",
            Some("2026-03-29T06:00:00Z"),
        ),
        (
            daily,
            "Europe/Paris",
            "2026-10-24T08:00:00Z",
            Some("2026-10-25T07:00:00Z"),
        ),
        // 22 November 2026 is a Sunday.
        (
            weekly,
            "UTC",
            "2026-11-22T10:00:00Z",
            Some("2026-11-23T08:00:00Z"),
        ),
        (
            weekly,
            "UTC",
            "2026-11-23T08:00:00Z",
            Some("2026-11-30T08:00:00Z"),
        ),
    ] {
        let answer = delivery.digest_after(time(recorded), zone(name), None);
        assert_eq!(answer, at.map(time), "{delivery:?} {name} {recorded}");
    }
}

#[test]
fn a_digest_that_would_come_in_quiet_hours_comes_at_their_end() {
    for (hours, recorded, at) in [
        (
            ("22:00", "09:30"),
            "2026-11-22T10:00:00Z",
            "2026-11-23T09:30:00Z",
        ),
        (
            ("22:00", "09:30"),
            "2026-11-23T09:00:00Z",
            "2026-11-23T09:30:00Z",
        ),
        (
            ("22:00", "08:00"),
            "2026-11-22T10:00:00Z",
            "2026-11-23T08:00:00Z",
        ),
        // Quiet until the next morning: the digest of Sunday comes on Monday.
        (
            ("07:00", "06:00"),
            "2026-11-22T05:00:00Z",
            "2026-11-22T06:00:00Z",
        ),
        (
            ("07:00", "06:00"),
            "2026-11-22T06:00:00Z",
            "2026-11-23T06:00:00Z",
        ),
    ] {
        let quiet = Some(quiet(hours.0, hours.1));
        let answer = Cadence::Daily.digest_after(time(recorded), Tz::UTC, quiet);
        assert_eq!(answer, Some(time(at)), "{hours:?} {recorded}");
    }
}

#[test]
fn a_digest_tells_since_the_one_before_it() {
    for (delivery, occurrence, begins) in [
        (
            Cadence::Daily,
            "2026-10-25T07:00:00Z",
            "2026-10-24T06:00:00Z",
        ),
        (
            Cadence::Weekly,
            "2026-10-26T07:00:00Z",
            "2026-10-19T06:00:00Z",
        ),
    ] {
        let answer = delivery.digest_begins(time(occurrence), zone("Europe/Paris"));
        assert_eq!(answer, time(begins), "{delivery:?} {occurrence}");
    }
}

#[test]
fn a_statement_is_of_a_month_by_the_customers_clock() {
    let paris = zone("Europe/Paris");
    for (instant, first, last, begins, ends, told_at) in [
        (
            "2026-10-31T22:59:59Z",
            "2026-10-01",
            "2026-10-31",
            "2026-09-30T22:00:00Z",
            "2026-10-31T23:00:00Z",
            "2026-11-01T07:00:00Z",
        ),
        (
            "2026-10-31T23:00:00Z",
            "2026-11-01",
            "2026-11-30",
            "2026-10-31T23:00:00Z",
            "2026-11-30T23:00:00Z",
            "2026-12-01T07:00:00Z",
        ),
        (
            "2028-02-29T12:00:00Z",
            "2028-02-01",
            "2028-02-29",
            "2028-01-31T23:00:00Z",
            "2028-02-29T23:00:00Z",
            "2028-03-01T07:00:00Z",
        ),
    ] {
        let month = StatementMonth::of(time(instant), paris, None).unwrap();
        assert_eq!(
            (month.first.to_string(), month.last.to_string()),
            (first.to_owned(), last.to_owned())
        );
        assert_eq!(
            (month.begins, month.ends, month.told_at),
            (time(begins), time(ends), time(told_at))
        );
        let next = month.next(paris, None).unwrap();
        assert_eq!(
            next.begins, month.ends,
            "no moment is in two months or in none"
        );
    }
}

proptest! {
    #[test]
    fn quiet_hours_always_end_later_and_are_over_then(
        second in 0_i64..2_000_000_000,
        hours in (0_u32..24, 0_u32..60, 0_u32..24, 0_u32..60),
        name in prop::sample::select(vec!["Europe/Paris", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "UTC"]),
    ) {
        let (from, to) = (format!("{:02}:{:02}", hours.0, hours.1), format!("{:02}:{:02}", hours.2, hours.3));
        prop_assume!(from != to);
        let now = DateTime::from_timestamp(second, 0).unwrap();
        let quiet = quiet(&from, &to);
        if let Some(end) = quiet.end_if_quiet(now, zone(name)) {
            prop_assert!(end > now);
            prop_assert!(end - now <= chrono::TimeDelta::hours(26));
            // Where clocks skip the end, what follows the gap can be quiet again.
            if end.with_timezone(&zone(name)).format("%H:%M").to_string() == to {
                prop_assert_eq!(quiet.end_if_quiet(end, zone(name)), None);
            }
        }
    }
}
