//! The ends of what is taken: the last that is, and the first that is not.

use domain::account::FoldError;
use domain::record::{MAX_EVENTS, ProposedEvents};
use domain::time::{
    format_recorded_at, format_time, on_posix_clock, parse_stored_time, parse_time,
};
use domain::{Account, Event, FieldError, Location};
use serde_json::{Value, json};

use crate::given::{Given, deposited, event, opened};

fn read(events: Vec<Value>) -> Result<ProposedEvents, Vec<FieldError>> {
    ProposedEvents::read(json!({ "events": events }))
}

/// Places and details of what is wrong with one deposit with these fields more.
fn faults(more: Value) -> Vec<(String, String)> {
    let mut data = json!({ "amount": "1.00", "currency": "EUR" });
    for (name, value) in more.as_object().unwrap() {
        data[name] = value.clone();
    }
    let place = |error: FieldError| match error.location {
        Location::Pointer(pointer) => (pointer, error.detail),
        other => panic!("{other:?} is not in the body"),
    };
    let errors = read(vec![event("MoneyDeposited", data)])
        .err()
        .unwrap_or_default();
    errors.into_iter().map(place).collect()
}

#[test]
fn a_text_may_be_as_long_as_it_may_be_and_no_longer() {
    for (name, most) in [("channel", 32), ("counterparty", 140), ("reference", 140)] {
        // Characters count, not bytes.
        assert_eq!(faults(json!({ name: "é".repeat(most) })), []);
        let place = format!("/events/0/data/{name}");
        let detail = format!("must have at most {most} characters");
        assert_eq!(
            faults(json!({ name: "e".repeat(most + 1) })),
            [(place.clone(), detail)]
        );
        assert_eq!(faults(json!({ name: "" }))[0].0, place);
        assert_eq!(faults(json!({ name: "a\u{7f}b" }))[0].0, place);
    }
}

#[test]
fn a_day_has_one_spelling() {
    assert_eq!(faults(json!({ "value_date": "2024-02-29" })), []);
    for text in [
        "2026-02-29",
        "2026-1-2",
        "+2026-11-2",
        "2026-11- 2",
        "+10000-1-1",
        "2026-11-22 ",
        "22.11.2026",
        "2026-11-22T00:00:00Z",
        "",
    ] {
        let found = faults(json!({ "value_date": text }));
        assert_eq!(found.len(), 1, "{text:?}");
        assert_eq!(found[0].0, "/events/0/data/value_date");
    }
}

#[test]
fn a_request_holds_one_to_twenty_five_events() {
    let deposits = |count: usize| read(vec![deposited("1.00"); count]);
    assert_eq!(deposits(1).unwrap().events.len(), 1);
    assert_eq!(deposits(MAX_EVENTS).unwrap().events.len(), 25);
    for count in [0, MAX_EVENTS + 1, MAX_EVENTS + 2] {
        let errors = deposits(count).unwrap_err();
        assert!(
            errors[0].detail.ends_with(&format!("and holds {count}")),
            "{errors:?}"
        );
    }
}

#[test]
fn an_opening_that_is_not_the_first_event_is_refused_where_it_stands() {
    let errors = read(vec![opened(), deposited("1.00"), opened()]).unwrap_err();
    let places: Vec<Location> = errors.into_iter().map(|error| error.location).collect();
    assert_eq!(places, [Location::Pointer("/events/2/type".to_owned())]);
}

#[test]
fn what_is_no_list_of_events_says_what_it_is() {
    for (events, what) in [
        (json!(null), "null"),
        (json!(true), "true or false"),
        (json!(1), "a number"),
        (json!("x"), "a string"),
        (json!({}), "an object"),
    ] {
        let errors = ProposedEvents::read(json!({ "events": events })).unwrap_err();
        assert_eq!(
            errors,
            [FieldError::pointer(
                "/events",
                format!("must be an array, not {what}")
            )]
        );
    }
    let errors = ProposedEvents::read(json!([])).unwrap_err();
    assert_eq!(
        errors,
        [FieldError::pointer("", "must be an object, not an array")]
    );
    let errors = ProposedEvents::read(json!({})).unwrap_err();
    assert_eq!(errors, [FieldError::pointer("/events", "is missing")]);
}

#[test]
fn a_second_opening_is_an_error_of_the_fold_that_names_its_version() {
    let given = Given::commit([opened(), deposited("1.00")]);
    let opening: Event = given.0[0].events[0].decode().unwrap();
    let account = given.head().unwrap().account;
    assert_eq!(
        Account::apply(Some(account), &opening),
        Err(FoldError::OpenedTwice(3))
    );
    assert_eq!(
        Account::apply(None, &Event::AccountClosed),
        Err(FoldError::NotOpened("AccountClosed"))
    );
}

#[test]
fn a_time_names_a_moment_of_the_years_1900_to_9999_without_the_second_60() {
    let noon = parse_time("2026-11-22T13:00:00+01:00").unwrap();
    assert_eq!(format_time(noon), "2026-11-22T12:00:00Z");
    assert_eq!(format_recorded_at(noon), "2026-11-22T12:00:00.000000Z");
    let finer = parse_time("2026-11-22T12:00:00.123456789Z").unwrap();
    assert_eq!(format_time(finer), "2026-11-22T12:00:00.123456789Z");
    for text in ["1900-01-01T00:00:00Z", "9999-12-31T23:59:59.999999999Z"] {
        assert_eq!(parse_time(text).map(format_time), Ok(text.to_owned()));
    }
    let small = parse_time("2026-11-22t12:00:00z").unwrap();
    assert_eq!(format_time(small), "2026-11-22T12:00:00Z");
    for stored in [
        "0000-01-01T00:00:00Z",
        "2016-12-31T23:59:60Z",
        "2016-12-31T23:59:60.123456789Z",
    ] {
        let read = parse_stored_time(stored).map(format_time);
        assert_eq!(read, Ok(stored.to_owned()));
        assert!(parse_time(stored).is_err(), "{stored:?}");
    }
    for text in [
        "1900-01-01T00:00:00+01:00",
        "1899-12-31T23:59:59-01:00",
        "0000-01-01T00:00:00+01:00",
        "9999-12-31T23:59:59-01:00",
        "2016-12-31T12:00:60Z",
        "2026-11-22 12:00:00Z",
        "2026-11-22T12:00:00\u{2212}01:00",
        "2026-11-22T12:00:00.1234567891Z",
        "2026-11-22T12:00:00+0100",
        "2026-11-22T24:00:00Z",
        "2026-11-22T12:00:00",
        "2026-11-22",
        "",
    ] {
        assert!(parse_time(text).is_err(), "{text:?}");
    }
}

#[test]
fn the_second_60_is_the_first_of_the_next_minute_on_a_posix_clock_and_other_times_stay() {
    for (time, posix) in [
        ("2016-12-31T23:59:60Z", "2017-01-01T00:00:00Z"),
        (
            "2016-12-31T23:59:60.123456789Z",
            "2017-01-01T00:00:00.123456789Z",
        ),
        (
            "2016-12-31T23:59:59.999999999Z",
            "2016-12-31T23:59:59.999999999Z",
        ),
        ("2026-11-22T12:00:00.5Z", "2026-11-22T12:00:00.5Z"),
    ] {
        let posix = parse_time(posix).unwrap();
        assert_eq!(
            on_posix_clock(parse_stored_time(time).unwrap()),
            posix,
            "{time}"
        );
    }
}
