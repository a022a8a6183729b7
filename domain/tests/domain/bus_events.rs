//! The events of the bus: balances around each event, what follows from it,
//! and a form that the published schemas accept.

use std::path::PathBuf;

use domain::integration_event::{ACCOUNT_OVERDRAWN, Detail};
use domain::{Commit, IntegrationEvent};
use serde_json::{Value, json};

use crate::given::{
    Given, closed, deposited, event, on_date, opened, opened_with, reversed, withdrawn,
};
use crate::scheduled;

fn published(commit: &Commit) -> Vec<IntegrationEvent> {
    IntegrationEvent::of_commit(commit).unwrap()
}

pub fn detail(event: &IntegrationEvent) -> Value {
    serde_json::to_value(Detail::from(event)).unwrap()
}

/// Type, balance before and balance after.
fn balances(commit: &Commit) -> Vec<(String, String, String)> {
    published(commit)
        .into_iter()
        .map(|event| {
            (
                event.type_name().to_owned(),
                event.balances.before().to_decimal(),
                event.balances.after().to_decimal(),
            )
        })
        .collect()
}

#[track_caller]
fn assert_balances(commit: &Commit, expected: &[(&str, &str, &str)]) {
    let found = balances(commit);
    let found: Vec<(&str, &str, &str)> = found
        .iter()
        .map(|(a, b, c)| (a.as_str(), b.as_str(), c.as_str()))
        .collect();
    assert_eq!(found, expected);
}

#[test]
fn each_event_of_a_commit_has_the_balances_around_it() {
    let given = Given::commit([
        opened_with(json!({ "opening_balance": "-1.00", "overdraft_limit": "100.00" })),
        deposited("10.00"),
        withdrawn("4.50"),
        reversed(2),
        closed(),
    ]);
    assert_balances(
        &given.0[0],
        &[
            ("AccountOpened", "0.00", "-1.00"),
            ("MoneyDeposited", "-1.00", "9.00"),
            ("MoneyWithdrawn", "9.00", "4.50"),
            ("TransactionReversed", "4.50", "-5.50"),
            ("AccountClosed", "-5.50", "-5.50"),
        ],
    );
}

#[test]
fn the_balances_at_the_ends_of_the_range_are_told_too() {
    let least = opened_with(json!({ "opening_balance": "-92233720368547758.08" }));
    assert_balances(
        &Given::commit([least]).0[0],
        &[("AccountOpened", "0.00", "-92233720368547758.08")],
    );

    let given = Given::commit([
        opened_with(json!({ "opening_balance": "-0.01" })),
        deposited("0.01"),
    ])
    .and([withdrawn("92233720368547758.07"), withdrawn("0.01")]);
    assert_balances(
        &given.0[1],
        &[
            ("MoneyWithdrawn", "0.00", "-92233720368547758.07"),
            ("AccountOverdrawn", "0.00", "-92233720368547758.07"),
            (
                "MoneyWithdrawn",
                "-92233720368547758.07",
                "-92233720368547758.08",
            ),
        ],
    );
}

#[test]
fn an_account_is_overdrawn_when_it_crosses_its_limit_and_not_before_or_again() {
    let given = Given::commit([opened_with(json!({ "overdraft_limit": "50.00" }))]);
    let given = given
        .and([withdrawn("50.00")])
        .and([withdrawn("0.01")])
        .and([withdrawn("1.00")]);
    assert_balances(&given.0[1], &[("MoneyWithdrawn", "0.00", "-50.00")]);
    assert_balances(
        &given.0[2],
        &[
            ("MoneyWithdrawn", "-50.00", "-50.01"),
            ("AccountOverdrawn", "-50.00", "-50.01"),
        ],
    );
    assert_balances(&given.0[3], &[("MoneyWithdrawn", "-50.01", "-51.01")]);
    // Back above the limit and below it again: that is a second crossing.
    let given = given.and([deposited("10.00"), withdrawn("10.00")]);
    let types: Vec<&str> = published(&given.0[4])
        .iter()
        .map(IntegrationEvent::type_name)
        .collect();
    assert_eq!(
        types,
        ["MoneyDeposited", "MoneyWithdrawn", ACCOUNT_OVERDRAWN]
    );
}

#[test]
fn a_reversed_deposit_can_overdraw_an_account() {
    let given =
        Given::commit([opened(), deposited("10.00"), withdrawn("10.00")]).and([reversed(2)]);
    assert_balances(
        &given.0[1],
        &[
            ("TransactionReversed", "0.00", "-10.00"),
            ("AccountOverdrawn", "0.00", "-10.00"),
        ],
    );
}

#[test]
fn an_account_that_is_opened_below_its_limit_is_not_told_as_overdrawn() {
    let given = Given::commit([opened_with(json!({ "opening_balance": "-10.00" }))]);
    assert_balances(&given.0[0], &[("AccountOpened", "0.00", "-10.00")]);
}

#[test]
fn what_follows_from_an_event_names_its_cause_and_has_an_id_of_its_own() {
    let given = Given::commit([opened()]).and([withdrawn("1.00")]);
    let [withdrawal, overdrawn] = &published(&given.0[1])[..] else {
        panic!("two events");
    };
    assert_eq!(
        overdrawn.metadata.causation_id,
        Some(withdrawal.metadata.event_id)
    );
    assert_ne!(overdrawn.metadata.event_id, withdrawal.metadata.event_id);
    assert_eq!(overdrawn.metadata.version, withdrawal.metadata.version);
    assert_eq!(published(&given.0[1]), published(&given.0[1]));
}

pub fn docs() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/events"))
}

pub fn read_json(path: PathBuf) -> Value {
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

#[track_caller]
fn assert_valid(event_type: &str, detail: &Value) {
    let schema = read_json(docs().join(format!("{event_type}.v1.schema.json")));
    let validator = jsonschema::options()
        .should_validate_formats(true)
        .build(&schema)
        .unwrap();
    let errors: Vec<String> = validator
        .iter_errors(detail)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    assert_eq!(errors, Vec::<String>::new(), "{event_type}: {detail:#}");
}

/// One of each type, with all its fields.
pub fn one_of_each() -> Vec<IntegrationEvent> {
    let movement = json!({
        "amount": "125.50", "currency": "EUR", "channel": "sepa", "reference": "Salary November",
        "counterparty": "Example Works Ltd", "value_date": "2026-11-22",
    });
    let mut reversal = reversed(2);
    reversal["data"]["reason"] = json!("entered twice");
    let given = Given::commit([opened_with(
        json!({ "overdraft_limit": "50.00", "opening_balance": "-12.34" }),
    )])
    .and([event("MoneyDeposited", movement.clone())])
    .and([event("MoneyWithdrawn", movement)])
    .and([reversal])
    .and([closed()]);
    given
        .0
        .iter()
        .flat_map(published)
        .chain(scheduled::one_of_each().iter().flat_map(published))
        .collect()
}

#[test]
fn the_events_of_the_bus_are_as_their_golden_files_and_as_their_schemas() {
    let events = one_of_each();
    let types: Vec<&str> = events.iter().map(IntegrationEvent::type_name).collect();
    assert_eq!(
        types,
        [
            "AccountOpened",
            "MoneyDeposited",
            "MoneyWithdrawn",
            "TransactionReversed",
            "AccountOverdrawn",
            "AccountClosed",
            "OperationScheduled",
            "MoneyWithdrawn",
            "OperationSkipped",
            "OperationCancelled",
        ]
    );
    for event in events {
        let detail = detail(&event);
        assert_valid(event.type_name(), &detail);
        // A scheduled withdrawal stands beside a reported one.
        let name = match event.fact.movement() {
            Some(movement) if movement.scheduled.is_some() => "MoneyWithdrawn-by-schedule",
            _ => event.type_name(),
        };
        insta::assert_json_snapshot!(name, detail);
        let read = IntegrationEvent::from_wire(event.type_name(), &detail);
        assert_eq!(read, Ok(event));
    }
}

/// A dead letter keeps an event as text, and a later version redrives it.
#[test]
fn the_text_of_an_event_is_the_same_to_the_byte() {
    let texts: Vec<String> = one_of_each()
        .iter()
        .map(|event| serde_json::to_string(&Detail::from(event)).unwrap())
        .collect();
    insta::assert_snapshot!(texts.join("\n"));
}

#[test]
fn an_event_without_its_optional_fields_is_valid_too() {
    let given = Given::commit([opened(), deposited("1.00"), withdrawn("2.00"), reversed(3)]);
    for event in published(&given.0[0]) {
        assert_valid(event.type_name(), &detail(&event));
    }
}

#[test]
fn a_replayed_event_and_a_redriven_one_are_valid_too() {
    for mut event in one_of_each() {
        event.metadata.replay = Some("0193553f-6d1c-7b1a-9c39-2f0f7a5e8d11".to_owned());
        event.metadata.target = Some("analytics".to_owned());
        assert_valid(event.type_name(), &detail(&event));
        event.metadata.replay = None;
        event.metadata.redrive = Some("0193553f-6d1c-7b1a-9c39-2f0f7a5e8d12".to_owned());
        assert_valid(event.type_name(), &detail(&event));
    }
}

#[test]
fn events_of_which_nobody_is_told_say_so_and_so_does_what_follows_from_them() {
    let given = Given::commit([opened()]).and_loaded([deposited("1.00"), withdrawn("200.00")]);
    for (commit, notify) in given.0.iter().zip([true, false]) {
        for event in published(commit) {
            let detail = detail(&event);
            assert_valid(event.type_name(), &detail);
            let said = detail["metadata"].get("notify");
            assert_eq!(said, (!notify).then_some(&json!(false)), "{detail}");
            let read = IntegrationEvent::from_wire(event.type_name(), &detail);
            assert_eq!(read, Ok(event));
        }
    }
    assert!(
        published(&given.0[1])
            .iter()
            .any(|event| event.type_name() == "AccountOverdrawn")
    );
}

#[test]
fn an_event_of_a_date_has_it_beside_its_time_and_so_has_what_follows_from_it() {
    let on = |event| on_date(event, "2003-10-20");
    let given = Given::commit([
        on(opened()),
        on(deposited("1.00")),
        on(withdrawn("2.00")),
        on(reversed(2)),
        on(closed()),
    ]);
    let events = published(&given.0[0]);
    assert!(
        events
            .iter()
            .any(|event| event.type_name() == ACCOUNT_OVERDRAWN)
    );
    for event in events {
        let detail = detail(&event);
        assert_valid(event.type_name(), &detail);
        assert_eq!(detail["metadata"]["occurred_at"], "2003-10-20T00:00:00Z");
        assert_eq!(detail["metadata"]["occurred_on"], "2003-10-20");
        let text = serde_json::to_string(&Detail::from(&event)).unwrap();
        assert!(
            text.contains(r#"Z","occurred_on":"2003-10-20","recorded_at""#),
            "{text}"
        );
        let read = IntegrationEvent::from_wire(event.type_name(), &detail);
        assert_eq!(read, Ok(event));
    }
}

#[test]
fn every_published_example_is_valid_and_can_be_read() {
    let mut seen = 0;
    for entry in std::fs::read_dir(docs().join("examples")).unwrap() {
        let example = read_json(entry.unwrap().path());
        let event_type = example["detail-type"].as_str().unwrap();
        assert_valid(event_type, &example["detail"]);
        assert_eq!(example["source"], "ledgerbell");
        if event_type != "ReplayRequested" {
            let event = IntegrationEvent::from_wire(event_type, &example["detail"]).unwrap();
            assert_eq!(detail(&event)["data"], example["detail"]["data"]);
        }
        seen += 1;
    }
    assert_eq!(seen, 10);
}

#[test]
fn the_schemas_refuse_what_does_not_belong_there() {
    let event = &one_of_each()[1];
    let mut detail = detail(event);
    detail["data"]["email"] = json!("ana@example.com");
    let schema = read_json(docs().join("MoneyDeposited.v1.schema.json"));
    assert!(
        !jsonschema::validator_for(&schema)
            .unwrap()
            .is_valid(&detail)
    );
}

#[test]
fn what_an_event_says_of_money_and_schedules_is_answered_by_its_fact() {
    let given = Given::commit([
        opened_with(json!({ "overdraft_limit": "100.00", "opening_balance": "5.00" })),
        deposited("10.00"),
        withdrawn("120.00"),
        closed(),
    ]);
    let found: Vec<(&str, i128, Option<String>)> = published(&given.0[0])
        .iter()
        .map(|event| {
            let limit = event.fact.overdraft_limit();
            let limit = limit.map(|limit| limit.to_decimal());
            (event.type_name(), event.balances.change(), limit)
        })
        .collect();
    assert_eq!(
        found,
        [
            ("AccountOpened", 500, Some("100.00".to_owned())),
            ("MoneyDeposited", 1_000, None),
            ("MoneyWithdrawn", -12_000, None),
            ("AccountOverdrawn", -12_000, Some("100.00".to_owned())),
            ("AccountClosed", 0, None),
        ]
    );
    let [_, withdrawn, skipped, cancelled] = scheduled::one_of_each().try_into().unwrap();
    let occurrence = |commit: &Commit| {
        let event = published(commit).remove(0);
        event
            .fact
            .occurrence()
            .map(|occurrence| occurrence.at.to_rfc3339())
    };
    let at = |text: &str| Some(text.to_owned());
    assert_eq!(occurrence(&withdrawn), at("2026-12-01T08:00:00+00:00"));
    assert_eq!(occurrence(&skipped), at("2027-01-01T08:00:00+00:00"));
    assert_eq!(occurrence(&cancelled), None);
    assert_eq!(occurrence(&given.0[0]), None);
}
