//! The requests that a replay accepts, and the places of the faults in the others.

use domain::{FieldError, Location};
use handlers::replay::{ReplayKind, ReplayRequest};
use serde_json::{Value, json};

#[track_caller]
fn assert_refused(body: Value, expected: &[&str]) {
    let errors = ReplayRequest::read(body.clone()).unwrap_err();
    let place = |error: &FieldError| match &error.location {
        Location::Pointer(pointer) => pointer.clone(),
        other => panic!("{other:?} is not in the body"),
    };
    let places: Vec<String> = errors.iter().map(place).collect();
    assert_eq!(places, expected, "{body}");
}

fn accepted(body: Value) -> ReplayRequest {
    ReplayRequest::read(body.clone()).unwrap_or_else(|errors| panic!("{body}: {errors:?}"))
}

fn of_accounts(accounts: Value) -> Value {
    json!({ "kind": "projections", "accounts": accounts })
}

fn numbered(count: usize) -> Value {
    (0..count)
        .map(|number| json!(format!("ACC-{number}")))
        .collect()
}

#[test]
fn one_to_a_hundred_different_accounts_can_be_named() {
    assert_eq!(accepted(json!({ "kind": "projections" })).accounts, None);
    for count in [1, 100] {
        let read = accepted(of_accounts(numbered(count)));
        assert_eq!(read.accounts.unwrap().len(), count);
    }
    for accounts in [
        json!([]),
        numbered(101),
        json!(["ACC-1", 2]),
        json!(["ACC-1", "no account id"]),
        json!(["ACC-1", "ACC-2", "ACC-1"]),
        json!("ACC-1"),
    ] {
        assert_refused(of_accounts(accounts), &["/accounts"]);
    }
}

#[test]
fn a_switch_back_names_a_replay_and_no_accounts() {
    let back = |id: &str| json!({ "kind": "switch-back", "replay_id": id });
    let longest = "a".repeat(64);
    for id in ["a", "7", "A.b_c:d-e", &longest] {
        let read = accepted(back(id));
        assert_eq!(
            (read.kind, read.replay_id.as_deref()),
            (ReplayKind::SwitchBack, Some(id))
        );
    }
    let too_long = format!("{longest}a");
    for id in ["", "-a", ".a", "a b", "a/b", "é", &too_long] {
        assert_refused(back(id), &["/replay_id"]);
    }
    assert_refused(json!({ "kind": "switch-back" }), &["/replay_id"]);
    let mut with_accounts = back("a");
    with_accounts["accounts"] = json!(["ACC-1"]);
    assert_refused(with_accounts, &["/accounts"]);
}

fn events(more: Value) -> Value {
    let mut body = json!({ "kind": "events", "from": "2026-11-22T00:00:00Z",
        "to": "2026-11-23T00:00:00Z", "target": "analytics" });
    body.as_object_mut()
        .unwrap()
        .extend(more.as_object().unwrap().clone());
    body
}

#[test]
fn events_go_to_a_consumer_with_a_plain_name_at_a_rate_within_bounds() {
    let longest = "a".repeat(64);
    for target in ["a", "a1", "fraud-2", &longest] {
        let read = accepted(events(json!({ "target": target })));
        assert_eq!(read.target.as_deref(), Some(target));
    }
    let too_long = format!("{longest}a");
    for target in ["", "1a", "-a", "A", "aB", "a_b", "a b", &too_long] {
        assert_refused(events(json!({ "target": target })), &["/target"]);
    }
    for rate in [1, 10_000] {
        let read = accepted(events(json!({ "events_per_second": rate })));
        assert_eq!(read.events_per_second, Some(rate));
    }
    for rate in [
        json!(0),
        json!(10_001),
        json!(-1),
        json!(1.5),
        json!("1"),
        json!(1_u64 << 40),
    ] {
        assert_refused(
            events(json!({ "events_per_second": rate })),
            &["/events_per_second"],
        );
    }
}

#[test]
fn a_range_of_events_ends_after_it_begins() {
    for to in ["2026-11-22T00:00:00Z", "2026-11-21T23:59:59Z"] {
        assert_refused(events(json!({ "to": to })), &["/to"]);
    }
    accepted(events(json!({ "to": "2026-11-22T00:00:00.000001Z" })));
    assert_refused(
        json!({ "kind": "events", "target": "a" }),
        &["/from", "/to"],
    );
}

#[test]
fn a_kind_that_is_unknown_is_the_only_fault() {
    let mut body = events(
        json!({ "kind": "event", "switch": true, "replay_id": "a", "events_per_second": 1 }),
    );
    assert_refused(body.clone(), &["/kind"]);
    body["accounts"] = json!([]);
    assert_refused(body, &["/kind", "/accounts"]);
    assert_refused(
        json!({ "kind": "projections", "target": "a" }),
        &["/target"],
    );
}
