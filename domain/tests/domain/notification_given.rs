//! Notifications in every state, as they are stored.

use chrono::{DateTime, TimeDelta, Utc};
use domain::notification::{Notification, Phase};
use serde_json::{Value, json};

pub const DIGEST: &str = "0d9e57aa-0000-5000-8000-000000000001";

pub fn now() -> DateTime<Utc> {
    "2026-11-22T10:00:00Z".parse().unwrap()
}

pub fn seconds(count: i64) -> TimeDelta {
    TimeDelta::seconds(count)
}

/// The flat record of a notification, with these attributes beside or instead
/// of the usual ones.
pub fn stored(phase: Phase, attributes: Value) -> Value {
    let mut stored = json!({
        "notification_id": "3f9a1c0e-5d7b-5288-8a61-0c2e94d7b1f6",
        "account_id": "ACC-1",
        "event_id": "00000000-0002-8ec9-a178-4641c05f1b8b",
        "event_version": 2,
        "correlation_id": "corr-1",
        "kind": "deposit",
        "state": phase,
        "reason": null,
        "template": null,
        "content_hash": null,
        "attempts": 0,
        "lease_until": null,
        "retry_at": null,
        "message_id": null,
        "history": [{ "state": phase, "at": "2026-11-22T09:00:00Z" }],
    });
    let Value::Object(attributes) = attributes else {
        panic!("attributes are an object")
    };
    stored.as_object_mut().unwrap().extend(attributes);
    stored
}

pub fn read(stored: Value) -> Notification {
    let text = stored.to_string();
    serde_json::from_value(stored).unwrap_or_else(|error| panic!("{error}: {text}"))
}

/// One notification in each state that there is, by its name.
pub fn every_state() -> Vec<(&'static str, Notification)> {
    let later = now() + seconds(60);
    let attempt =
        json!({ "attempts": 1, "template": "deposit.en@1", "content_hash": "00".repeat(32) });
    let attempted = |phase: Phase, attributes: Value| {
        let mut all = attempt.clone();
        let (all_mut, Value::Object(attributes)) = (all.as_object_mut().unwrap(), attributes)
        else {
            panic!("attributes are an object")
        };
        all_mut.extend(attributes);
        read(stored(phase, all))
    };
    vec![
        (
            "waiting for the end of quiet hours",
            read(stored(
                Phase::Planned,
                json!({ "reason": "quiet-hours", "due_at": later }),
            )),
        ),
        (
            "waiting for the end of the month",
            read(stored(
                Phase::Planned,
                json!({ "reason": "end-of-month", "due_at": later }),
            )),
        ),
        (
            "waiting for a digest",
            read(stored(
                Phase::Planned,
                json!({ "reason": "digest", "due_at": later, "digest_id": DIGEST }),
            )),
        ),
        (
            "held back until a time",
            read(stored(
                Phase::Planned,
                json!({ "reason": "approval", "due_at": later, "digest_id": DIGEST }),
            )),
        ),
        (
            "held back without a time",
            read(stored(Phase::Planned, json!({ "reason": "approval" }))),
        ),
        (
            "in a digest",
            read(stored(
                Phase::Planned,
                json!({ "reason": "digest", "digest_id": DIGEST }),
            )),
        ),
        (
            "sending for an event",
            attempted(Phase::Sending, json!({ "lease_until": later })),
        ),
        (
            "sending for the heartbeat",
            attempted(
                Phase::Sending,
                json!({ "lease_until": later, "due_at": later }),
            ),
        ),
        (
            "deferred for an event",
            attempted(
                Phase::RetryAt,
                json!({ "reason": "throttled", "retry_at": later }),
            ),
        ),
        (
            "deferred for the heartbeat",
            attempted(
                Phase::RetryAt,
                json!({ "reason": "throttled", "retry_at": later, "due_at": later }),
            ),
        ),
        (
            "unknown",
            attempted(Phase::Unknown, json!({ "reason": "timeout" })),
        ),
        (
            "unknown and to be repeated",
            attempted(
                Phase::Unknown,
                json!({ "reason": "timeout", "kind": "security", "due_at": later }),
            ),
        ),
        (
            "sent",
            attempted(Phase::Sent, json!({ "message_id": "m-1" })),
        ),
        (
            "refused",
            attempted(Phase::Rejected, json!({ "reason": "no such address" })),
        ),
        (
            "turned away",
            attempted(
                Phase::Rejected,
                json!({ "reason": "its provider took it and then turned it away", "message_id": "m-1" }),
            ),
        ),
        (
            "skipped",
            read(stored(Phase::Skipped, json!({ "reason": "no-contact" }))),
        ),
        (
            "skipped for an unknown reason",
            read(stored(
                Phase::Skipped,
                json!({ "reason": "moved-to-post", "digest_id": DIGEST }),
            )),
        ),
        (
            "left out of a digest",
            read(stored(
                Phase::Skipped,
                json!({ "reason": "preference-off", "digest_id": DIGEST }),
            )),
        ),
    ]
}
