//! Which reports an account accepts, and what they come to.

use chrono::TimeDelta;
use domain::decision::Refusal;
use domain::{Status, Tip};
use serde_json::json;

use crate::given::{Given, closed, deposited, event, opened, opened_with, withdrawn};

#[test]
fn an_account_begins_with_its_opening() {
    Given::nothing()
        .when([opened()])
        .then_recorded(&["AccountOpened"])
        .with_balance("0.00")
        .with_versions(1, 1);
    Given::nothing()
        .when([deposited("1.00")])
        .then_refused(Refusal::UnknownAccount);
}

#[test]
fn an_account_is_opened_once() {
    Given::commit([opened()])
        .when([opened()])
        .then_refused(Refusal::AlreadyOpened);
    Given::commit([opened(), closed()])
        .when([opened()])
        .then_refused(Refusal::AlreadyOpened);
}

#[test]
fn an_opening_can_bring_a_balance_even_below_zero() {
    for balance in [
        "250.00",
        "-12.34",
        "92233720368547758.07",
        "-92233720368547758.08",
    ] {
        Given::nothing()
            .when([opened_with(json!({ "opening_balance": balance }))])
            .then_recorded(&["AccountOpened"])
            .with_balance(balance);
    }
}

#[test]
fn an_account_can_be_opened_and_moved_in_one_request() {
    Given::nothing()
        .when([opened(), deposited("10.00"), withdrawn("2.50")])
        .then_recorded(&["AccountOpened", "MoneyDeposited", "MoneyWithdrawn"])
        .with_balance("7.50")
        .with_versions(1, 3);
}

#[test]
fn a_commit_starts_where_the_last_one_ended() {
    let given = Given::commit([opened(), deposited("10.00")]);
    let before = given.head().unwrap();
    let recorded = given
        .when([deposited("1.00")])
        .then_recorded(&["MoneyDeposited"])
        .with_versions(3, 3);
    assert_eq!(recorded.0.prev_hash, before.hash);
}

#[test]
fn a_withdrawal_below_the_overdraft_limit_is_a_fact_and_recorded() {
    Given::commit([opened_with(json!({ "overdraft_limit": "5.00" }))])
        .when([withdrawn("1000.00")])
        .then_recorded(&["MoneyWithdrawn"])
        .with_balance("-1000.00");
}

#[test]
fn a_closed_account_still_records_what_the_bank_reports() {
    let recorded = Given::commit([opened(), deposited("10.00"), closed()])
        .when([withdrawn("10.00"), closed()])
        .then_recorded(&["MoneyWithdrawn", "AccountClosed"])
        .with_balance("0.00");
    assert_eq!(recorded.0.after.status, Status::Closed);
}

#[test]
fn money_of_another_currency_is_refused_where_it_stands() {
    let dollars = event(
        "MoneyWithdrawn",
        json!({ "amount": "1.00", "currency": "USD" }),
    );
    Given::commit([opened()])
        .when([deposited("1.00"), dollars.clone()])
        .then_refused_at("/events/1/data/currency", "must be EUR");
    Given::nothing()
        .when([opened(), dollars])
        .then_refused_at("/events/1/data/currency", "must be EUR");
}

#[test]
fn every_fault_of_a_request_is_told_at_once() {
    let yen = event(
        "MoneyDeposited",
        json!({ "amount": "1", "currency": "JPY" }),
    );
    let refusal = Given::commit([opened()])
        .when([yen.clone(), deposited("1.00"), yen])
        .outcome
        .unwrap_err();
    let Refusal::Invalid(errors) = refusal else {
        panic!("{refusal:?}")
    };
    assert_eq!(errors.len(), 2);
}

#[test]
fn a_balance_that_leaves_64_bits_is_refused_and_not_wrapped() {
    let most = "92233720368547758.07";
    Given::commit([opened(), deposited(most)])
        .when([deposited("0.01")])
        .then_refused_at("/events/0/data", "64 bits");
    Given::commit([opened_with(
        json!({ "opening_balance": format!("-{most}") }),
    )])
    .when([deposited("1.00"), withdrawn("1.00"), withdrawn("0.02")])
    .then_refused_at("/events/2/data", "64 bits");
}

#[test]
fn twenty_five_events_make_one_commit() {
    let events = (0..25).map(|_| deposited("0.04"));
    Given::commit([opened()])
        .when(events)
        .then_recorded(&["MoneyDeposited"; 25])
        .with_balance("1.00")
        .with_versions(2, 26);
}

#[test]
fn a_commit_keeps_microseconds_as_its_store_does() {
    let recorded = Given::nothing()
        .when([opened()])
        .then_recorded(&["AccountOpened"]);
    assert_eq!(recorded.0.recorded_at.timestamp_subsec_nanos() % 1000, 0);
    assert_eq!(
        domain::time::format_recorded_at(recorded.0.recorded_at),
        "2026-11-22T10:00:00.000001Z"
    );
}

#[test]
fn the_next_commit_follows_the_last_in_version_and_is_never_recorded_before_it() {
    let given = Given::commit([opened(), deposited("1.00")]).and([closed()]);
    let last = given.0.last().unwrap();
    let tip = Tip {
        head: last.head(),
        recorded_at: last.recorded_at,
    };
    assert_eq!(tip.version(), 3);
    let second = TimeDelta::seconds(1);
    for (now, recorded_at) in [
        (tip.recorded_at - second, tip.recorded_at),
        (tip.recorded_at + second, tip.recorded_at + second),
    ] {
        assert_eq!(tip.next_recorded_at(now), recorded_at);
    }
}
