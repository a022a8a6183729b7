//! Events as they were stored: read again, or refused by name.

use domain::Event;
use domain::event::DecodeError;
use serde_json::json;

use crate::given::{Given, closed, deposited, event, opened, reversed, withdrawn};

#[test]
fn what_is_written_is_read_back() {
    let full = event(
        "MoneyDeposited",
        json!({
            "amount": "125.50", "currency": "EUR", "channel": "sepa", "counterparty": "Example Works Ltd",
            "reference": "Salary – Novembre", "value_date": "2026-11-22",
        }),
    );
    let given = Given::commit([opened(), full, withdrawn("1.00"), reversed(2), closed()]);
    for recorded in &given.0[0].events {
        let event = recorded.decode().unwrap();
        assert_eq!(event.to_data(), recorded.data);
        assert_eq!(event.type_name(), recorded.event_type);
    }
}

#[test]
fn an_unknown_type_is_an_error_that_names_it() {
    let error = Event::from_stored("MoneyTeleported", 1, &json!({})).unwrap_err();
    assert_eq!(
        error,
        DecodeError::UnknownType("MoneyTeleported".to_owned())
    );
    assert!(error.to_string().contains("MoneyTeleported"));
}

#[test]
fn a_newer_schema_is_an_error_that_names_it() {
    let data = json!({ "amount": "1.00", "currency": "EUR" });
    let error = Event::from_stored("MoneyDeposited", 2, &data).unwrap_err();
    assert!(matches!(error, DecodeError::NewerSchema { schema: 2, .. }));
    assert!(
        error.to_string().contains("MoneyDeposited has schema 2"),
        "{error}"
    );
    assert!(Event::from_stored("MoneyDeposited", 0, &data).is_err());
}

#[test]
fn malformed_data_are_an_error_that_names_the_field() {
    for (data, place) in [
        (json!({ "currency": "EUR" }), "/amount"),
        (json!({ "amount": "1.00" }), "/currency"),
        (json!({ "amount": 1, "currency": "EUR" }), "/amount"),
        (
            json!({ "amount": "1.00", "currency": "EUR", "extra": 1 }),
            "/extra",
        ),
        (json!([]), "must be an object"),
    ] {
        let error = Event::from_stored("MoneyDeposited", 1, &data).unwrap_err();
        assert!(
            matches!(&error, DecodeError::Malformed { detail, .. } if detail.contains(place)),
            "{error}"
        );
        assert!(error.to_string().contains("MoneyDeposited"));
    }
}

#[test]
fn a_commit_with_an_unreadable_event_is_not_followed_and_says_why() {
    let given = Given::commit([opened()]).and([deposited("1.00")]);
    let head = given.0[0].head();
    let mut commit = given.0[1].clone();
    commit.events[0].event_type = "MoneyTeleported".to_owned();
    commit.hash = commit.compute_hash();
    let error = domain::chain::follow(Some(&head), &commit).unwrap_err();
    assert_eq!(
        error.to_string(),
        "version 2: the event type \"MoneyTeleported\" is not known to this version"
    );
}
