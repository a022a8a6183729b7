//! A movement is taken back once, and only a movement.

use domain::{AccountId, Event, EventId};

use crate::given::{Given, closed, deposited, opened, reversed, reversed_id, withdrawn};

const NOT_A_MOVEMENT: &str = "is not a deposit or withdrawal of this account";

#[test]
fn a_reversal_undoes_a_deposit_or_a_withdrawal() {
    let given = Given::commit([opened(), deposited("10.00"), withdrawn("4.00")]);
    given
        .clone()
        .when([reversed(2)])
        .then_recorded(&["TransactionReversed"])
        .with_balance("-4.00");
    given
        .when([reversed(3)])
        .then_recorded(&["TransactionReversed"])
        .with_balance("10.00");
}

#[test]
fn a_reversal_keeps_what_it_reversed() {
    let recorded = Given::commit([opened(), deposited("10.00")])
        .when([reversed(2)])
        .then_recorded(&["TransactionReversed"]);
    let Event::TransactionReversed(reversal) = recorded.0.events[0].decode().unwrap() else {
        panic!("another event");
    };
    assert_eq!(reversal.amount.to_decimal(), "10.00");
    assert_eq!(reversal.movement.as_str(), "deposit");
}

#[test]
fn what_was_never_recorded_cannot_be_reversed() {
    Given::commit([opened(), deposited("10.00")])
        .when([reversed(9)])
        .then_refused_at("/events/0/data/reverses", NOT_A_MOVEMENT);
}

#[test]
fn an_event_of_another_account_cannot_be_reversed() {
    let other: AccountId = "ACC-2002".parse().unwrap();
    Given::commit([opened(), deposited("10.00")])
        .when([reversed_id(EventId::new(&other, 2))])
        .then_refused_at("/events/0/data/reverses", NOT_A_MOVEMENT);
}

#[test]
fn openings_closings_and_reversals_cannot_be_reversed() {
    let given = Given::commit([opened(), deposited("10.00"), closed()]).and([reversed(2)]);
    for version in [1, 3, 4] {
        given
            .clone()
            .when([reversed(version)])
            .then_refused_at("/events/0/data/reverses", NOT_A_MOVEMENT);
    }
}

#[test]
fn a_movement_is_reversed_once_within_a_request() {
    Given::commit([opened(), deposited("10.00")])
        .when([reversed(2), reversed(2)])
        .then_refused_at("/events/1/data/reverses", "was reversed before");
}

#[test]
fn a_movement_is_reversed_once_over_time() {
    Given::commit([opened(), deposited("10.00")])
        .and([reversed(2)])
        .when([deposited("1.00"), reversed(2)])
        .then_refused_at("/events/1/data/reverses", "was reversed before");
}

#[test]
fn a_movement_can_be_reversed_in_the_request_that_reports_it() {
    Given::commit([opened()])
        .when([deposited("10.00"), reversed(2)])
        .then_recorded(&["MoneyDeposited", "TransactionReversed"])
        .with_balance("0.00");
}
