//! What schedules leave in an account: recorded, folded, and not a bank's to say.

use chrono::{DateTime, Utc};
use domain::decision::{self, Context};
use domain::event::MovementKind;
use domain::record::{ProposedContent, ProposedEvent, ProposedEvents};
use domain::schedule_event::{change_key, earlier};
use domain::{
    Commit, Event, IdempotencyKey, Location, Occurred, Occurrence, OccurrenceSkipReason,
    OperationScheduled, OperationSkipped, Schedule,
};
use serde_json::json;

use crate::given::{Given, account_id, opened_with, start};
use crate::schedules::body;

fn monthly() -> Schedule {
    let mut body = body(json!({ "cron": "cron(0 9 1 * ? *)" }), "Europe/Paris");
    body["end"] = json!("2030-01-01T00:00:00Z");
    Schedule::read(body).unwrap()
}

fn occurrence() -> Occurrence {
    Occurrence {
        schedule_id: "rent".parse().unwrap(),
        at: "2026-12-01T08:00:00Z".parse().unwrap(),
    }
}

fn commit(before: Option<&Commit>, event: Event, key: IdempotencyKey) -> Commit {
    let time: DateTime<Utc> = "2026-12-01T08:00:03Z".parse().unwrap();
    let proposed = ProposedEvents::of(vec![ProposedEvent {
        occurred: Occurred::At(time),
        content: ProposedContent::Event(event),
    }]);
    let context = Context {
        account_id: account_id(),
        recorded_at: start(),
        source: "schedule".to_owned(),
        correlation_id: key.as_str().parse().unwrap(),
        idempotency_key: key,
    };
    let head = before.map(Commit::head);
    let commit = decision::decide(head.as_ref(), &proposed, &Default::default(), context).unwrap();
    assert_eq!(
        domain::chain::follow(head.as_ref(), &commit),
        Ok(commit.head())
    );
    commit
}

/// A schedule, an occurrence of it that moved money, one that did not, and its end.
pub fn one_of_each() -> Vec<Commit> {
    let opened = Given::commit([opened_with(json!({ "overdraft_limit": "1000.00" }))]).0;
    let opened = &opened[0];
    let rent = occurrence();
    let scheduled = commit(
        Some(opened),
        Event::OperationScheduled(Box::new(OperationScheduled {
            schedule_id: rent.schedule_id.clone(),
            schedule: monthly(),
        })),
        change_key(&rent.schedule_id, 0),
    );
    let mut movement = monthly().operation.movement;
    let amount = movement.amount;
    movement.scheduled = Some(rent.clone());
    let withdrawn = commit(
        Some(&scheduled),
        Event::MoneyWithdrawn(movement),
        rent.key(),
    );
    let skipped = commit(
        Some(&withdrawn),
        Event::OperationSkipped(OperationSkipped {
            occurrence: Occurrence {
                at: "2027-01-01T08:00:00Z".parse().unwrap(),
                ..rent.clone()
            },
            reason: OccurrenceSkipReason::InsufficientFunds,
            movement: MovementKind::Withdrawal,
            amount,
        }),
        rent.key(),
    );
    let cancelled = commit(
        Some(&skipped),
        Event::OperationCancelled(rent.schedule_id.clone()),
        change_key(&rent.schedule_id, 2),
    );
    vec![scheduled, withdrawn, skipped, cancelled]
}

#[test]
fn they_are_read_back_as_they_were_written_and_only_the_movement_moves_money() {
    let moved: Vec<(String, String)> = one_of_each()
        .iter()
        .map(|commit| {
            let recorded = &commit.events[0];
            assert_eq!(recorded.decode().unwrap().to_data(), recorded.data);
            (
                recorded.event_type.clone(),
                commit.after.balance.to_decimal(),
            )
        })
        .collect();
    let moved: Vec<(&str, &str)> = moved
        .iter()
        .map(|(a, b)| (a.as_str(), b.as_str()))
        .collect();
    assert_eq!(
        moved,
        [
            ("OperationScheduled", "0.00"),
            ("MoneyWithdrawn", "-850.00"),
            ("OperationSkipped", "-850.00"),
            ("OperationCancelled", "-850.00"),
        ]
    );
}

#[test]
fn a_schedule_that_was_stored_long_ago_is_read_though_it_is_over() {
    let schedule = Schedule::read(body(json!({ "at": "1999-12-31T23:00" }), "UTC")).unwrap();
    let event = Event::OperationScheduled(Box::new(OperationScheduled {
        schedule_id: "old".parse().unwrap(),
        schedule,
    }));
    let data = event.to_data();
    assert_eq!(
        Event::from_stored("OperationScheduled", 1, &data),
        Ok(event)
    );
}

#[test]
fn a_bank_cannot_report_what_is_ours_to_say() {
    let refused_at = |event_type: &str, data: serde_json::Value| {
        let event =
            json!({ "type": event_type, "occurred_at": "2026-11-22T10:00:00Z", "data": data });
        let errors = ProposedEvents::read(json!({ "events": [event] })).unwrap_err();
        let places: Vec<Location> = errors.into_iter().map(|error| error.location).collect();
        places
    };
    let pointer = |text: &str| Location::Pointer(text.to_owned());
    for event_type in [
        "OperationScheduled",
        "OperationCancelled",
        "OperationSkipped",
    ] {
        assert_eq!(
            refused_at(event_type, json!({ "schedule_id": "rent" })),
            [pointer("/events/0/type")]
        );
    }
    let forged = json!({ "amount": "1.00", "currency": "EUR",
        "schedule_id": "rent", "occurrence": "2026-12-01T08:00:00Z" });
    assert_eq!(
        refused_at("MoneyWithdrawn", forged),
        [
            pointer("/events/0/data/occurrence"),
            pointer("/events/0/data/schedule_id")
        ]
    );
}

#[test]
fn a_stored_movement_has_schedule_and_occurrence_or_neither() {
    let data = json!({ "amount": "1.00", "currency": "EUR", "schedule_id": "rent" });
    let error = Event::from_stored("MoneyWithdrawn", 1, &data).unwrap_err();
    assert!(error.to_string().contains("/schedule_id"), "{error}");
}

#[test]
fn an_occurrence_and_a_change_have_keys_of_their_own() {
    let rent = occurrence();
    assert_eq!(
        rent.key().as_str(),
        "ledgerbell:schedule:rent:2026-12-01T08:00:00Z"
    );
    assert_eq!(
        change_key(&rent.schedule_id, 7).as_str(),
        "ledgerbell:schedule:rent:after:7"
    );
    // They are the correlation ids too, which have 128 characters at most.
    let longest: domain::ScheduleId = "x".repeat(64).parse().unwrap();
    assert!(change_key(&longest, u64::MAX).as_str().len() <= 128);
    let at = "2026-12-01T08:00:00.123456Z".parse().unwrap();
    let longest = Occurrence {
        schedule_id: longest,
        at,
    };
    assert!(longest.key().as_str().len() <= 128);
}

#[test]
fn no_caller_can_give_a_key_of_ours_and_it_is_read_where_it_is_stored() {
    let rent = occurrence();
    for key in [rent.key(), change_key(&rent.schedule_id, 7)] {
        let refused = IdempotencyKey::of_caller(key.as_str()).unwrap_err();
        assert!(refused.to_string().contains("ledgerbell:"), "{refused}");
        let stored = serde_json::to_value(&key).unwrap();
        assert_eq!(
            serde_json::from_value::<IdempotencyKey>(stored).unwrap(),
            key
        );
    }
    for (key, earlier) in [
        (
            earlier::occurrence_key(&rent),
            "schedule:rent:2026-12-01T08:00:00Z",
        ),
        (
            earlier::change_key(&rent.schedule_id, 7),
            "schedule:rent:after:7",
        ),
    ] {
        assert_eq!(key.as_str(), earlier);
        assert_eq!(IdempotencyKey::of_caller(earlier), Ok(key));
    }
}

#[test]
fn times_that_a_caller_may_not_give_any_more_are_read_where_they_are_stored() {
    let mut data = body(json!({ "at": "2030-12-31T23:59:60Z" }), "UTC");
    data["end"] = json!("2031-12-31T23:59:60.123456789Z");
    assert!(Schedule::read(data.clone()).is_err());
    let schedule = Schedule::from_stored(data.clone()).unwrap();
    assert_eq!(schedule.to_json(), data);
    data["schedule_id"] = json!("rent");
    let event = Event::from_stored("OperationScheduled", 1, &data).unwrap();
    assert_eq!(event.to_data(), data);
    let local = body(json!({ "at": "2030-12-31T23:59:60" }), "UTC");
    assert!(Schedule::read(local.clone()).is_err());
    assert!(Schedule::from_stored(local).is_ok());
    let data = json!({ "amount": "1.00", "currency": "EUR", "value_date": "0000-01-01",
        "schedule_id": "rent", "occurrence": "2030-12-31T23:59:60Z" });
    let event = Event::from_stored("MoneyWithdrawn", 1, &data).unwrap();
    assert_eq!(event.to_data(), data);
}
