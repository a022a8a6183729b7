//! When schedules run, and which are refused.

use chrono::{DateTime, TimeDelta, Utc};
use domain::event::MovementKind;
use domain::time::as_kept;
use domain::{FieldError, Location, Schedule};
use proptest::prelude::*;
use serde_json::{Value, json};

pub fn body(when: Value, zone: &str) -> Value {
    json!({
        "operation": { "type": "MoneyWithdrawn",
            "data": { "amount": "850.00", "currency": "EUR", "reference": "Rent" } },
        "when": when,
        "time_zone": zone,
    })
}

fn time(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn schedule(when: Value, zone: &str) -> Schedule {
    Schedule::read(body(when, zone)).unwrap()
}

fn faults(body: Value) -> Vec<(String, String)> {
    Schedule::read(body)
        .unwrap_err()
        .into_iter()
        .map(place)
        .collect()
}

fn place(error: FieldError) -> (String, String) {
    match error.location {
        Location::Pointer(pointer) => (pointer, error.detail),
        other => panic!("{other:?} is not in the body"),
    }
}

/// Zone, expression, made at, and the instants that follow.
type Row = (
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    &'static [&'static str],
);

const ROWS: &[Row] = &[
    // Plain days.
    (
        "UTC",
        "cron",
        "cron(0 9 1 * ? *)",
        "2026-11-22T00:00:00Z",
        &["2026-12-01T09:00:00Z", "2027-01-01T09:00:00Z"],
    ),
    (
        "Europe/Paris",
        "cron",
        "0 9 1 * ? *",
        "2026-11-22T00:00:00Z",
        &["2026-12-01T08:00:00Z", "2027-01-01T08:00:00Z"],
    ),
    (
        "Asia/Kolkata",
        "cron",
        "cron(15 6 * * ? *)",
        "2026-11-22T00:00:00Z",
        &["2026-11-22T00:45:00Z", "2026-11-23T00:45:00Z"],
    ),
    (
        "America/New_York",
        "at",
        "2026-12-01T09:00",
        "2026-11-22T00:00:00Z",
        &["2026-12-01T14:00:00Z"],
    ),
    (
        "America/New_York",
        "at",
        "at(2026-12-01T09:00:30)",
        "2026-11-22T00:00:00Z",
        &["2026-12-01T14:00:30Z"],
    ),
    (
        "America/New_York",
        "at",
        "2026-12-01T09:00:00+01:00",
        "2026-11-22T00:00:00Z",
        &["2026-12-01T08:00:00Z"],
    ),
    // Rates are counted from the making, on a clock that nobody changes.
    (
        "Europe/Paris",
        "rate",
        "rate(5 minutes)",
        "2026-11-22T10:00:07Z",
        &["2026-11-22T10:05:07Z", "2026-11-22T10:10:07Z"],
    ),
    (
        "Europe/Paris",
        "rate",
        "1 day",
        "2027-03-27T02:30:00Z",
        &["2027-03-28T02:30:00Z", "2027-03-29T02:30:00Z"],
    ),
    (
        "UTC",
        "rate",
        "36 hours",
        "2026-11-22T00:00:00Z",
        &["2026-11-23T12:00:00Z", "2026-11-25T00:00:00Z"],
    ),
    // Put forward: what is skipped runs at the first instant after the gap.
    (
        "Europe/Paris",
        "cron",
        "cron(30 2 * * ? *)",
        "2027-03-27T00:00:00Z",
        &[
            "2027-03-27T01:30:00Z",
            "2027-03-28T01:00:00Z",
            "2027-03-29T00:30:00Z",
        ],
    ),
    (
        "Europe/Paris",
        "at",
        "2027-03-28T02:30",
        "2027-03-01T00:00:00Z",
        &["2027-03-28T01:00:00Z"],
    ),
    (
        "America/New_York",
        "cron",
        "cron(15,45 2 ? * SUN *)",
        "2027-03-08T12:00:00Z",
        &[
            "2027-03-14T07:00:00Z",
            "2027-03-21T06:15:00Z",
            "2027-03-21T06:45:00Z",
        ],
    ),
    (
        "Australia/Lord_Howe",
        "cron",
        "cron(15 2 * * ? *)",
        "2027-10-01T20:00:00Z",
        &["2027-10-02T15:30:00Z", "2027-10-03T15:15:00Z"],
    ),
    // Put back: what comes twice runs once, at the first.
    (
        "Europe/Paris",
        "cron",
        "cron(30 2 * * ? *)",
        "2027-10-30T00:00:00Z",
        &[
            "2027-10-30T00:30:00Z",
            "2027-10-31T00:30:00Z",
            "2027-11-01T01:30:00Z",
        ],
    ),
    (
        "Europe/Paris",
        "at",
        "2027-10-31T02:30",
        "2027-10-01T00:00:00Z",
        &["2027-10-31T00:30:00Z"],
    ),
    (
        "America/New_York",
        "cron",
        "cron(30 1 * * ? *)",
        "2027-11-06T12:00:00Z",
        &["2027-11-07T05:30:00Z", "2027-11-08T06:30:00Z"],
    ),
    (
        "America/New_York",
        "cron",
        "cron(0/20 * * * ? *)",
        "2027-11-07T05:30:00Z",
        &["2027-11-07T05:40:00Z", "2027-11-07T07:00:00Z"],
    ),
    (
        "Australia/Lord_Howe",
        "cron",
        "cron(45 1 * * ? *)",
        "2027-04-02T20:00:00Z",
        &["2027-04-03T14:45:00Z", "2027-04-04T15:15:00Z"],
    ),
    // A day that a country left out.
    (
        "Pacific/Apia",
        "cron",
        "cron(0 12 * * ? *)",
        "2011-12-29T20:00:00Z",
        &[
            "2011-12-29T22:00:00Z",
            "2011-12-30T10:00:00Z",
            "2011-12-30T22:00:00Z",
        ],
    ),
    (
        "Pacific/Apia",
        "at",
        "2011-12-30T00:00",
        "2011-12-29T00:00:00Z",
        &["2011-12-30T10:00:00Z"],
    ),
    // A day that came twice, when Alaska changed its side of the date line: each minute of it runs once.
    (
        "America/Juneau",
        "cron",
        "* * * * *",
        "1867-10-19T00:31:14Z",
        &["1867-10-20T00:31:41Z", "1867-10-20T00:32:41Z"],
    ),
    // Ends of months, and leap days.
    (
        "Europe/Paris",
        "cron",
        "cron(0 18 L * ? *)",
        "2027-01-15T00:00:00Z",
        &[
            "2027-01-31T17:00:00Z",
            "2027-02-28T17:00:00Z",
            "2027-03-31T16:00:00Z",
        ],
    ),
    (
        "UTC",
        "cron",
        "cron(0 8 31 * ? *)",
        "2027-01-31T08:00:00Z",
        &["2027-03-31T08:00:00Z", "2027-05-31T08:00:00Z"],
    ),
    (
        "UTC",
        "cron",
        "cron(0 0 29 2 ? *)",
        "2026-11-22T00:00:00Z",
        &["2028-02-29T00:00:00Z", "2032-02-29T00:00:00Z"],
    ),
    (
        "UTC",
        "cron",
        "cron(0 0 29 2 ? *)",
        "2096-03-01T00:00:00Z",
        &["2104-02-29T00:00:00Z"],
    ),
    (
        "UTC",
        "cron",
        "0 0 29 2 *",
        "2027-01-01T00:00:00Z",
        &["2028-02-29T00:00:00Z"],
    ),
    // Weekdays: EventBridge counts from Sunday = 1, POSIX from Sunday = 0.
    (
        "UTC",
        "cron",
        "cron(0 9 ? * 1 *)",
        "2026-11-22T10:00:00Z",
        &["2026-11-29T09:00:00Z"],
    ),
    (
        "UTC",
        "cron",
        "cron(0 9 ? * 2 *)",
        "2026-11-22T10:00:00Z",
        &["2026-11-23T09:00:00Z"],
    ),
    (
        "UTC",
        "cron",
        "0 9 * * 1",
        "2026-11-22T10:00:00Z",
        &["2026-11-23T09:00:00Z"],
    ),
    (
        "UTC",
        "cron",
        "0 9 * * 7",
        "2026-11-22T10:00:00Z",
        &["2026-11-29T09:00:00Z"],
    ),
    (
        "UTC",
        "cron",
        "cron(0 9 ? * MON-FRI *)",
        "2026-11-20T10:00:00Z",
        &["2026-11-23T09:00:00Z", "2026-11-24T09:00:00Z"],
    ),
    (
        "UTC",
        "cron",
        "cron(0 10 ? * 6#3 *)",
        "2026-11-22T00:00:00Z",
        &["2026-12-18T10:00:00Z"],
    ),
    (
        "UTC",
        "cron",
        "cron(0 10 ? * 6L *)",
        "2026-11-22T00:00:00Z",
        &["2026-11-27T10:00:00Z"],
    ),
    (
        "UTC",
        "cron",
        "cron(0 8 1W * ? *)",
        "2027-04-15T00:00:00Z",
        &["2027-05-03T08:00:00Z", "2027-06-01T08:00:00Z"],
    ),
    (
        "UTC",
        "cron",
        "cron(0 0 1 1 ? 2027,2030)",
        "2026-11-22T00:00:00Z",
        &["2027-01-01T00:00:00Z", "2030-01-01T00:00:00Z"],
    ),
];

#[test]
fn every_expression_runs_at_the_instants_that_it_names() {
    for (zone, name, text, made, expected) in ROWS {
        let schedule = schedule(json!({ *name: text }), zone);
        let made = time(made);
        let mut instant = made;
        for expected in *expected {
            let next = schedule.next_after(made, instant);
            assert_eq!(
                next,
                Some(time(expected)),
                "{zone} {name} {text} after {instant}"
            );
            instant = time(expected);
        }
        if *name == "at" {
            assert_eq!(schedule.next_after(made, instant), None, "{text} runs once");
        }
    }
    assert!(ROWS.len() >= 20);
}

#[test]
fn over_a_whole_year_of_each_zone_a_daily_time_comes_once_a_day() {
    for zone in [
        "Europe/Paris",
        "America/New_York",
        "Asia/Kolkata",
        "Australia/Lord_Howe",
    ] {
        for minute in (0..24 * 60).step_by(15) {
            let text = format!("cron({} {} * * ? *)", minute % 60, minute / 60);
            let schedule = schedule(json!({ "cron": text }), zone);
            let tz: chrono_tz::Tz = zone.parse().unwrap();
            let mut instant = time("2027-01-01T00:00:00Z");
            let mut day = None;
            for _ in 0..365 {
                let next = schedule.next_after(instant, instant).unwrap();
                let today = next.with_timezone(&tz).date_naive();
                if let Some(day) = day {
                    assert_eq!(
                        today,
                        day + chrono::Days::new(1),
                        "{zone} {text} after {instant}"
                    );
                }
                day = Some(today);
                instant = next;
            }
        }
    }
}

#[test]
fn an_end_is_the_last_moment_at_which_it_runs() {
    let mut daily = body(json!({ "cron": "cron(0 9 * * ? *)" }), "UTC");
    daily["end"] = json!("2026-11-24T09:00:00Z");
    let daily = Schedule::read(daily).unwrap();
    let made = time("2026-11-22T10:00:00Z");
    assert_eq!(
        daily.next_after(made, made),
        Some(time("2026-11-23T09:00:00Z"))
    );
    let second = time("2026-11-23T09:00:00Z");
    assert_eq!(
        daily.next_after(made, second),
        Some(time("2026-11-24T09:00:00Z"))
    );
    assert_eq!(daily.next_after(made, time("2026-11-24T09:00:00Z")), None);
}

#[test]
fn what_was_due_before_it_was_made_does_not_run() {
    let daily = schedule(json!({ "cron": "cron(0 9 * * ? *)" }), "UTC");
    let made = time("2026-11-22T10:00:00Z");
    let long_ago = time("2026-01-01T00:00:00Z");
    assert_eq!(
        daily.next_after(made, long_ago),
        Some(time("2026-11-23T09:00:00Z"))
    );
}

#[test]
fn each_fault_of_a_schedule_is_named_by_its_pointer() {
    let with = |when: Value| body(when, "Europe/Paris");
    for (body, pointer, detail) in [
        (with(json!({})), "/when", "exactly one of"),
        (
            with(json!({ "at": "2026-12-01T09:00", "rate": "1 day" })),
            "/when",
            "exactly one of",
        ),
        (
            with(json!({ "at": "tomorrow" })),
            "/when/at",
            "must be a local time",
        ),
        (with(json!({ "at": 7 })), "/when/at", "must be a string"),
        (
            with(json!({ "at": "2026-1-2T9:00" })),
            "/when/at",
            "must be a local time",
        ),
        (
            with(json!({ "rate": "30 seconds" })),
            "/when/rate",
            "1 minute or more",
        ),
        (
            with(json!({ "rate": "0 minutes" })),
            "/when/rate",
            "1 minute or more",
        ),
        (
            with(json!({ "rate": "5" })),
            "/when/rate",
            "must be a number of",
        ),
        (
            with(json!({ "rate": "-5 minutes" })),
            "/when/rate",
            "must be a number of",
        ),
        (
            with(json!({ "rate": "9999999999999999999 days" })),
            "/when/rate",
            "3650 days or less",
        ),
        (
            with(json!({ "rate": "3651 days" })),
            "/when/rate",
            "3650 days or less",
        ),
        (
            with(json!({ "cron": "cron(0 9 1 * 1 *)" })),
            "/when/cron",
            "exactly one of",
        ),
        (
            with(json!({ "cron": "cron(0 9 ? * ? *)" })),
            "/when/cron",
            "exactly one of",
        ),
        (
            with(json!({ "cron": "cron(0 9 ? * 0 *)" })),
            "/when/cron",
            "1 (Sunday) to 7",
        ),
        (
            with(json!({ "cron": "cron(0 9 ? * 8 *)" })),
            "/when/cron",
            "1 (Sunday) to 7",
        ),
        (
            with(json!({ "cron": "cron(61 9 1 * ? *)" })),
            "/when/cron",
            "no cron pattern",
        ),
        (
            with(json!({ "cron": "cron(0 9 1 * ? 2500)" })),
            "/when/cron",
            "1970 to 2199",
        ),
        (
            with(json!({ "cron": "@daily" })),
            "/when/cron",
            "must not contain",
        ),
        (
            with(json!({ "cron": "every day" })),
            "/when/cron",
            "six fields",
        ),
        (
            body(json!({ "rate": "1 day" }), "Europe/Atlantis"),
            "/time_zone",
            "IANA",
        ),
    ] {
        let found = faults(body.clone());
        assert_eq!(found.len(), 1, "{body}: {found:?}");
        assert_eq!(found[0].0, pointer, "{body}");
        assert!(found[0].1.contains(detail), "{body}: {found:?}");
    }
    let mut other = with(json!({ "rate": "1 day" }));
    other["operation"]["type"] = json!("AccountClosed");
    other["operation"]["data"]["value_date"] = json!("2026-12-01");
    other["end"] = json!("never");
    other["colour"] = json!("red");
    let places: Vec<String> = faults(other).into_iter().map(|(place, _)| place).collect();
    assert_eq!(
        places,
        [
            "/operation/type",
            "/operation/data/value_date",
            "/end",
            "/colour"
        ]
    );
    let mut forged = with(json!({ "rate": "1 day" }));
    forged["operation"]["data"]["schedule_id"] = json!("other");
    assert_eq!(faults(forged)[0].0, "/operation/data/schedule_id");
}

#[test]
fn a_schedule_that_never_runs_is_refused_with_the_reason() {
    let now = time("2026-11-22T10:00:00Z");
    let refused = |body: Value| place(Schedule::read(body).unwrap().first(now).unwrap_err());
    let past = |text: &str| refused(body(json!({ "at": text }), "Europe/Paris"));
    assert_eq!(
        past("2026-11-22T10:59"),
        ("/when/at".to_owned(), "is in the past".to_owned())
    );
    assert_eq!(past("2026-11-22T10:00:00Z").0, "/when/at");
    // What the store keeps of it is not after now.
    assert_eq!(past("2026-11-22T10:00:00.0000009Z").1, "is in the past");
    for far in [
        "2068-01-01T09:00",
        "2068-01-01T09:00:00Z",
        "9999-12-31T23:59:59Z",
    ] {
        let (pointer, detail) = past(far);
        assert_eq!(
            (pointer.as_str(), detail.contains("too far ahead")),
            ("/when/at", true),
            "{detail}"
        );
    }
    for never in [
        "cron(0 0 30 2 ? *)",
        "0 0 31 4 *",
        "cron(0 0 1 1 ? 2020)",
        "cron(0 0 1 1 ? 2190)",
    ] {
        let (pointer, detail) = refused(body(json!({ "cron": never }), "UTC"));
        assert_eq!(pointer, "/when/cron", "{never}");
        assert!(detail.contains("no occurrence within"), "{never}: {detail}");
    }
    let mut early = body(json!({ "cron": "cron(0 9 1 * ? *)" }), "Europe/Paris");
    early["end"] = json!("2026-11-30T23:00:00Z");
    assert_eq!(
        refused(early),
        (
            "/end".to_owned(),
            "is before the first occurrence, 2026-12-01T08:00:00Z".to_owned()
        )
    );
    let soon = Schedule::read(body(json!({ "at": "2026-11-22T11:01" }), "Europe/Paris")).unwrap();
    assert_eq!(soon.first(now), Ok(time("2026-11-22T10:01:00Z")));
}

#[test]
fn a_schedule_is_written_as_it_was_read() {
    for (when, zone) in [
        (json!({ "at": "2026-12-01T09:00" }), "Europe/Paris"),
        (json!({ "rate": "rate(5 minutes)" }), "UTC"),
        (json!({ "cron": "cron(0 9 1 * ? *)" }), "America/New_York"),
    ] {
        let mut body = body(when, zone);
        body["end"] = json!("2030-01-01T00:00:00Z");
        assert_eq!(Schedule::read(body.clone()).unwrap().to_json(), body);
    }
}

/// What a caller can give for a time, to the nanosecond.
fn any_time() -> impl Strategy<Value = DateTime<Utc>> {
    let start = time("2026-03-27T00:00:00Z");
    (0..400_000_000_i64, 0..1_000_000_000_i64).prop_map(move |(seconds, nanos)| {
        start + TimeDelta::seconds(seconds) + TimeDelta::nanoseconds(nanos)
    })
}

fn any_when() -> impl Strategy<Value = Value> {
    prop_oneof![
        any_time().prop_map(|at| json!({ "at": domain::time::format_time(at) })),
        (1..100_000_u32).prop_map(|minutes| json!({ "rate": format!("{minutes} minutes") })),
        (0..60_u8, 0..24_u8)
            .prop_map(|(minute, hour)| json!({ "cron": format!("{minute} {hour} * * *") })),
    ]
}

proptest! {
    /// The store keeps microseconds: an occurrence that has more is found
    /// before itself again, and runs for ever.
    #[test]
    fn an_occurrence_is_what_the_store_keeps_of_it_and_after_the_one_before(
        when in any_when(), created in any_time(), zone in prop::sample::select(vec!["UTC", "Europe/Paris"]),
    ) {
        let schedule = schedule(when, zone);
        let mut last = created;
        for _ in 0..4 {
            let Some(next) = schedule.next_after(created, last) else { break };
            prop_assert!(next > last);
            prop_assert_eq!(next, as_kept(next));
            last = next;
        }
    }
}

#[test]
fn a_rate_may_be_as_long_as_ten_years_of_days() {
    let created = time("2026-11-22T10:00:00Z");
    for every in ["3650 days", "87600 hours", "5256000 minutes"] {
        let schedule = schedule(json!({ "rate": every }), "UTC");
        let next = schedule.next_after(created, created);
        assert_eq!(next, Some(created + TimeDelta::days(3650)), "{every}");
    }
}

#[test]
fn a_schedule_pays_in_or_out_and_differs_from_one_at_other_times() {
    let monthly = body(json!({ "cron": "cron(0 9 1 * ? *)" }), "UTC");
    for (event_type, kind) in [
        ("MoneyDeposited", MovementKind::Deposit),
        ("MoneyWithdrawn", MovementKind::Withdrawal),
    ] {
        let mut body = monthly.clone();
        body["operation"]["type"] = json!(event_type);
        assert_eq!(Schedule::read(body).unwrap().operation.kind, kind);
    }
    let daily = schedule(json!({ "cron": "cron(0 9 * * ? *)" }), "UTC");
    let monthly = Schedule::read(monthly).unwrap();
    assert_ne!(monthly.when, daily.when);
    assert_eq!(monthly.when, monthly.clone().when);
}

#[test]
fn a_schedule_says_in_words_when_it_runs() {
    for (kind, expression, words) in [
        (
            "at",
            "2026-12-24T18:00",
            "Once, on 24 December 2026 at 18:00, Europe/Paris time",
        ),
        (
            "at",
            "2026-12-24T17:00:00Z",
            "Once, on 24 December 2026 at 18:00, Europe/Paris time",
        ),
        ("rate", "rate(7 days)", "Every 7 days"),
        ("rate", "rate(1440 minutes)", "Every day"),
        ("rate", "rate(90 minutes)", "Every 90 minutes"),
        ("rate", "rate(1 hours)", "Every hour"),
        (
            "cron",
            "cron(0 9 1 * ? *)",
            "At 09:00, on day 1, Europe/Paris time",
        ),
        (
            "cron",
            "30 6 * * 1-5",
            "At 06:30, on Monday, Tuesday, Wednesday, Thursday, and Friday, Europe/Paris time",
        ),
        (
            "cron",
            "cron(0 8 ? * 2 *)",
            "At 08:00, on Monday, Europe/Paris time",
        ),
        (
            "cron",
            "cron(0 8 L * ? *)",
            "At 08:00, on the last day of the month, Europe/Paris time",
        ),
        (
            "cron",
            "cron(15 10 ? 1 6#3 2027)",
            "At 10:15, on the 3rd Friday of the month, in January, in year 2027, Europe/Paris time",
        ),
    ] {
        let schedule = schedule(json!({ kind: expression }), "Europe/Paris");
        assert_eq!(schedule.in_words(), words, "{expression}");
    }
}
