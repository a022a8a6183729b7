//! Which notifications an event deserves, as a table.

use chrono_tz::Tz;
use domain::IntegrationEvent;
use domain::notification::{self, Contact, Decision, EMAIL, Kind, SkipReason, Verdict, Wishes};
use domain::preferences::Preferences;
use domain::recipient::Recipient;
use serde_json::{Value, json};

use crate::given::{Given, closed, deposited, event, opened, opened_with, reversed, withdrawn};

/// The last event that the last commit of a history publishes.
fn last_of(given: Given) -> IntegrationEvent {
    IntegrationEvent::of_commit(given.0.last().unwrap())
        .unwrap()
        .pop()
        .unwrap()
}

fn rich() -> Given {
    Given::commit([opened_with(json!({ "opening_balance": "1000.00" }))])
}

/// What is decided by wishes that never changed: each kind, for whom, and why it
/// is skipped.
fn decide(
    event: &IntegrationEvent,
    preferences: &Preferences,
) -> Vec<(Kind, Recipient, Option<SkipReason>)> {
    let wishes = Wishes {
        preferences,
        time_zone: Tz::UTC,
    };
    notification::evaluate(event, Some(wishes), Contact::Known(wishes))
        .into_iter()
        .map(|decision| {
            let skip = decision.verdict.skip_reason();
            (decision.kind, decision.recipient, skip)
        })
        .collect()
}

#[track_caller]
fn assert_told(
    event: &IntegrationEvent,
    preferences: Value,
    expected: &[(Kind, Option<SkipReason>)],
) {
    let read = Preferences::read(preferences.clone(), "").unwrap();
    let expected: Vec<_> = expected
        .iter()
        .map(|&(kind, skip)| (kind, Recipient::Customer, skip))
        .collect();
    assert_eq!(
        decide(event, &read),
        expected,
        "{} with {preferences}",
        event.type_name()
    );
}

#[test]
fn without_a_word_a_customer_is_told_of_movements_reversals_and_overdrafts() {
    let none: &[(Kind, Option<SkipReason>)] = &[];
    for (event, expected) in [
        (last_of(rich()), none),
        (last_of(rich().and([closed()])), &[(Kind::Security, None)]),
        (
            last_of(rich().and([deposited("0.01")])),
            &[(Kind::Deposit, None)],
        ),
        (
            last_of(rich().and([withdrawn("0.01")])),
            &[(Kind::Withdrawal, None)],
        ),
        (
            last_of(rich().and([deposited("1.00"), reversed(2)])),
            &[(Kind::Reversal, None)],
        ),
        (
            last_of(rich().and([withdrawn("1000.01")])),
            &[(Kind::Overdrawn, None)],
        ),
    ] {
        assert_told(&event, json!({}), expected);
    }
}

#[test]
fn what_is_switched_off_is_skipped_with_the_reason() {
    let event = last_of(rich().and([deposited("1.00")]));
    let off = json!({ "kinds": { "deposit": { "enabled": false } } });
    assert_told(
        &event,
        off,
        &[(Kind::Deposit, Some(SkipReason::PreferenceOff))],
    );
}

#[test]
fn a_minimum_is_the_smallest_amount_that_is_told() {
    let minimum =
        json!({ "kinds": { "deposit": { "enabled": true, "min_amount": { "EUR": "10.00" } } } });
    for (amount, skip) in [
        ("9.99", Some(SkipReason::BelowMinimum)),
        ("10.00", None),
        ("10.01", None),
    ] {
        let event = last_of(rich().and([deposited(amount)]));
        assert_told(&event, minimum.clone(), &[(Kind::Deposit, skip)]);
    }
    let in_yen =
        json!({ "kinds": { "deposit": { "enabled": true, "min_amount": { "JPY": "1000000" } } } });
    assert_told(
        &last_of(rich().and([deposited("0.01")])),
        in_yen,
        &[(Kind::Deposit, None)],
    );
}

#[test]
fn a_large_amount_is_one_at_or_above_the_customers_own_mark() {
    let mark = json!({ "kinds": { "large-amount": { "enabled": true, "min_amount": { "EUR": "100.00" } } } });
    for (movement, kind) in [
        ("MoneyDeposited", Kind::Deposit),
        ("MoneyWithdrawn", Kind::Withdrawal),
    ] {
        for (amount, skip) in [("99.99", Some(SkipReason::BelowMinimum)), ("100.00", None)] {
            let report = event(movement, json!({ "amount": amount, "currency": "EUR" }));
            let event = last_of(rich().and([report]));
            assert_told(
                &event,
                mark.clone(),
                &[(kind, None), (Kind::LargeAmount, skip)],
            );
        }
    }
    let without_mark = json!({ "kinds": { "large-amount": { "enabled": true } } });
    let event = last_of(rich().and([deposited("1000000.00")]));
    assert_told(
        &event,
        without_mark,
        &[
            (Kind::Deposit, None),
            (Kind::LargeAmount, Some(SkipReason::BelowMinimum)),
        ],
    );
}

#[test]
fn a_balance_is_low_when_it_falls_below_the_mark_and_only_then() {
    let mark = json!({ "kinds": { "low-balance": { "enabled": true, "threshold": { "EUR": "100.00" } } } });
    let not_crossed = Some(SkipReason::NotCrossed);
    for (event, skip) in [
        (last_of(rich().and([withdrawn("900.00")])), not_crossed),
        (last_of(rich().and([withdrawn("900.01")])), None),
        (
            last_of(rich().and([withdrawn("900.01")]).and([withdrawn("1.00")])),
            not_crossed,
        ),
    ] {
        assert_told(
            &event,
            mark.clone(),
            &[(Kind::Withdrawal, None), (Kind::LowBalance, skip)],
        );
    }
    let reversal = last_of(
        Given::commit([opened(), deposited("100.00")])
            .and([reversed(2)])
            .and([deposited("1.00")]),
    );
    assert_told(&reversal, mark.clone(), &[(Kind::Deposit, None)]);
    let off = json!({ "kinds": { "low-balance": { "enabled": false, "threshold": { "EUR": "100.00" } } } });
    let event = last_of(rich().and([withdrawn("900.01")]));
    assert_told(
        &event,
        off,
        &[
            (Kind::Withdrawal, None),
            (Kind::LowBalance, Some(SkipReason::PreferenceOff)),
        ],
    );
}

#[test]
fn a_kind_that_must_be_asked_for_is_off_until_it_is_enabled() {
    let named_only = json!({ "kinds": { "low-balance": { "threshold": { "EUR": "100.00" } } } });
    let event = last_of(rich().and([withdrawn("900.01")]));
    assert_told(
        &event,
        named_only,
        &[
            (Kind::Withdrawal, None),
            (Kind::LowBalance, Some(SkipReason::PreferenceOff)),
        ],
    );
}

/// What the events of a schedule publish under this type.
fn scheduled(event_type: &str) -> IntegrationEvent {
    let commits = crate::scheduled::one_of_each();
    let mut events = commits
        .iter()
        .flat_map(|commit| IntegrationEvent::of_commit(commit).unwrap());
    events
        .find(|event| event.type_name() == event_type)
        .unwrap()
}

#[test]
fn a_movement_of_a_schedule_is_told_as_such_only_to_who_asks_and_one_of_none_never() {
    let wish = json!({ "kinds": { "schedule-run": { "enabled": true } } });
    let withdrawal = (Kind::Withdrawal, None);
    let run = scheduled("MoneyWithdrawn");
    assert_told(&run, json!({}), &[withdrawal]);
    assert_told(&run, wish.clone(), &[withdrawal, (Kind::ScheduleRun, None)]);
    assert_told(
        &last_of(rich().and([withdrawn("1.00")])),
        wish,
        &[withdrawal],
    );
}

#[test]
fn a_scheduled_operation_that_was_not_done_is_told_to_everybody_who_does_not_object() {
    let skipped = scheduled("OperationSkipped");
    assert_told(&skipped, json!({}), &[(Kind::ScheduleSkipped, None)]);
    let off = json!({ "kinds": { "schedule-skipped": { "enabled": false } } });
    let reason = Some(SkipReason::PreferenceOff);
    assert_told(&skipped, off, &[(Kind::ScheduleSkipped, reason)]);
}

#[test]
fn who_cannot_be_told_has_a_decision_for_what_everybody_is_told() {
    let event = last_of(rich().and([withdrawn("1.00")]));
    let decided = notification::skip_all(&event, SkipReason::NoContact);
    assert_eq!(
        decided,
        [Decision {
            kind: Kind::Withdrawal,
            recipient: Recipient::Customer,
            verdict: Verdict::Skip(SkipReason::NoContact),
        }]
    );
    assert_eq!(
        notification::skip_all(&last_of(rich()), SkipReason::Erased),
        []
    );
}

#[test]
fn a_notification_has_one_id_for_its_event_kind_recipient_and_channel() {
    let event = last_of(rich().and([withdrawn("1.00")]));
    let id = |kind, customer: &str, channel| {
        notification::notification_id(
            event.metadata.event_id,
            kind,
            &customer.parse().unwrap(),
            &Recipient::Customer,
            channel,
        )
    };
    let one = id(Kind::Withdrawal, "CUST-42", EMAIL);
    assert_eq!(one, id(Kind::Withdrawal, "CUST-42", EMAIL));
    let others = [
        id(Kind::LowBalance, "CUST-42", EMAIL),
        id(Kind::Withdrawal, "CUST-43", EMAIL),
        id(Kind::Withdrawal, "CUST-42", "sms"),
    ];
    assert!(others.iter().all(|other| *other != one));
    insta::assert_snapshot!(one);
    let further = notification::notification_id(
        event.metadata.event_id,
        Kind::Withdrawal,
        &"CUST-42".parse().unwrap(),
        &Recipient::Address(serde_json::from_value("5f".into()).unwrap()),
        EMAIL,
    );
    assert!(further != one);
}

#[test]
fn a_further_address_is_told_what_is_named_for_it_by_the_customers_own_marks() {
    let event = last_of(rich().and([withdrawn("950.00")]));
    let preferences = Preferences::read(
        json!({
            "kinds": {
                "withdrawal": { "enabled": false },
                "large-amount": { "enabled": false, "min_amount": { "EUR": "1000.00" } },
                "low-balance": { "enabled": true, "threshold": { "EUR": "100.00" } },
            },
            "addresses": [{ "email": "b@example.com", "kinds": ["withdrawal", "large-amount", "schedule-run"] }],
        }),
        "",
    )
    .unwrap();
    let decided: Vec<(Kind, bool, Option<SkipReason>)> = decide(&event, &preferences)
        .into_iter()
        .map(|(kind, recipient, skip)| (kind, recipient.is_customer(), skip))
        .collect();
    assert_eq!(
        decided,
        [
            (Kind::Withdrawal, true, Some(SkipReason::PreferenceOff)),
            (Kind::LargeAmount, true, Some(SkipReason::PreferenceOff)),
            (Kind::LowBalance, true, None),
            (Kind::Withdrawal, false, None),
            (Kind::LargeAmount, false, Some(SkipReason::BelowMinimum)),
        ]
    );
}

#[test]
fn a_further_address_is_told_by_the_marks_that_are_set_and_of_nothing_where_none_is() {
    let event = last_of(rich().and([withdrawn("950.00")]));
    let kinds = ["large-amount", "low-balance"];
    let address = json!([{ "email": "second@example.com", "kinds": kinds }]);
    let amounts = |amount: &str| json!({ "EUR": amount });
    let off = |field: &str, amount: &str| json!({ "enabled": false, field: amounts(amount) });
    let (below, not_crossed) = (SkipReason::BelowMinimum, SkipReason::NotCrossed);
    for (set, large, low) in [
        (json!({}), Some(below), Some(not_crossed)),
        (
            json!({ "large-amount": {}, "low-balance": {} }),
            Some(below),
            Some(not_crossed),
        ),
        (
            json!({
                "large-amount": off("min_amount", "950.00"),
                "low-balance": off("threshold", "50.01"),
            }),
            None,
            None,
        ),
        (
            json!({
                "large-amount": off("min_amount", "950.01"),
                "low-balance": off("threshold", "50.00"),
            }),
            Some(below),
            Some(not_crossed),
        ),
    ] {
        let wish = json!({ "kinds": set, "addresses": address });
        let read = Preferences::read(wish.clone(), "").unwrap();
        let further: Vec<_> = decide(&event, &read)
            .into_iter()
            .filter(|(_, recipient, _)| !recipient.is_customer())
            .map(|(kind, _, skip)| (kind, skip))
            .collect();
        let expected = [(Kind::LargeAmount, large), (Kind::LowBalance, low)];
        assert_eq!(further, expected, "{wish}");
    }
}
