//! The hash by which a retry is distinguished from another request under the same idempotency key.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::hash::{Hash, canonical_bytes};
use crate::record::{ProposedContent, ProposedEvent};
use crate::time::format_time;
use crate::{Event, Movement};

/// The hash of one request, by scheme 1: the 32 bytes of SHA-256 over the canonical form (RFC 8785) of its events. It does not
/// depend on the spacing and order of the request's JSON.
///
/// The scheme has its own encoder, which is independent of later schemas of the events: a new member with a default would
/// change the hash of a repeated request. A scheme 2 would put one byte before its digest, and be recognised by its length.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RequestHash(Hash);

impl RequestHash {
    /// Returns the hash of these events, with or without notification of customers.
    #[must_use]
    pub fn of(events: &[ProposedEvent], notify: bool) -> Self {
        let events: Vec<Value> = events.iter().map(event).collect();
        // `notify` is left out if true, as in all requests from before it existed.
        let request = match notify {
            true => Value::Array(events),
            false => json!({ "events": events, "notify": false }),
        };
        RequestHash(Hash::of(&[], &canonical_bytes(&request)))
    }

    /// Returns the hash with these stored bytes.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        RequestHash(Hash::from_bytes(bytes))
    }

    /// The stored bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

impl fmt::Display for RequestHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for RequestHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

fn event(proposed: &ProposedEvent) -> Value {
    let (name, data) = match &proposed.content {
        ProposedContent::Event(event) => (event.type_name(), data(event)),
        ProposedContent::Reversal { reverses, reason } => (
            "TransactionReversed",
            json!({ "reverses": reverses, "reason": reason }),
        ),
    };
    // A date is hashed as the midnight that it is read back with. Imports before `occurred_on` existed sent that midnight, and
    // the same statement has the same keys today: it must be known, and not another body under a key of theirs.
    json!({ "type": name, "occurred_at": format_time(proposed.occurred.at()), "data": data })
}

fn data(event: &Event) -> Value {
    match event {
        Event::AccountOpened(opening) => json!({
            "customer_id": opening.customer_id,
            "currency": opening.currency,
            "overdraft_limit": opening.overdraft_limit.to_decimal(),
            "opening_balance": opening.opening_balance.to_decimal(),
        }),
        Event::MoneyDeposited(movement) | Event::MoneyWithdrawn(movement)
            if movement.scheduled.is_none() =>
        {
            reported(movement)
        }
        Event::AccountClosed => json!({}),
        // Of no caller: a schedule looks up its keys, and compares no hash.
        Event::MoneyDeposited(_)
        | Event::MoneyWithdrawn(_)
        | Event::TransactionReversed(_)
        | Event::OperationScheduled(_)
        | Event::OperationCancelled(_)
        | Event::OperationSkipped(_) => event.to_data(),
    }
}

#[expect(
    clippy::indexing_slicing,
    reason = "a value that was made as an object takes members"
)]
fn reported(movement: &Movement) -> Value {
    let mut data = json!({
        "amount": movement.amount.to_decimal(),
        "currency": movement.amount.currency(),
    });
    let value_date = movement.value_date.map(|date| date.to_string());
    for (name, text) in [
        ("channel", &movement.channel),
        ("counterparty", &movement.counterparty),
        ("reference", &movement.reference),
        ("value_date", &value_date),
    ] {
        if let Some(text) = text {
            data[name] = json!(text);
        }
    }
    data
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::record::ProposedEvents;

    fn hash_of(event_type: &str, data: Value, notify: bool) -> RequestHash {
        let event =
            json!({ "type": event_type, "occurred_at": "2026-11-22T11:00:00+01:00", "data": data });
        let body = json!({ "events": [event], "notify": notify });
        ProposedEvents::read(body).unwrap().request_hash
    }

    /// Keys that callers have used are kept with these values for ever.
    #[test]
    fn the_hash_of_a_request_never_changes() {
        let movement = json!({ "amount": "500", "currency": "JPY", "channel": "card",
            "counterparty": "Caf\u{e9} Zo\u{eb}", "reference": "two\u{2028}lines", "value_date": "2026-11-23" });
        let reversal = json!({ "reverses": "00000000-0002-85eb-8766-88ef9ab65883" });
        for (event_type, data, notify, expected) in [
            (
                "AccountOpened",
                json!({ "customer_id": "ana", "currency": "EUR" }),
                true,
                "84771ecc24c31c8ad7704d8c44c9370c0a993b45f69eb854bbd5dbaecc8d3ec8",
            ),
            (
                "MoneyDeposited",
                json!({ "currency": "EUR", "amount": "125.50" }),
                true,
                "b1012864dfa702dab3feba93423c56c1eba879c84b05ba792e1662118cfaffb0",
            ),
            (
                "MoneyWithdrawn",
                movement,
                true,
                "176a094d4798ccaebe3a249e3477ba091674df5bc3cb11804ebe6db8eddddf93",
            ),
            (
                "TransactionReversed",
                reversal,
                true,
                "2649571a4ec47dcfeaf714742a660456c4f1e186d445080515844cdece09b147",
            ),
            (
                "AccountClosed",
                json!({}),
                false,
                "448a9e8512e6e61ac00d34753617abec492b79660454f90ebec5fff0763002cb",
            ),
        ] {
            let hash = hash_of(event_type, data, notify);
            assert_eq!(hash.to_string(), expected, "{event_type}");
        }
    }

    #[test]
    fn a_movement_of_a_schedule_has_another_hash_for_each_occurrence() {
        let amount = crate::Money::from_minor(100, "EUR".parse().unwrap());
        let hash_at = |at: Option<&str>| {
            let scheduled = at.map(|at| crate::Occurrence {
                schedule_id: "rent".parse().unwrap(),
                at: at.parse().unwrap(),
            });
            let movement = Movement {
                amount,
                channel: None,
                counterparty: None,
                reference: None,
                value_date: None,
                scheduled,
            };
            let content = ProposedContent::Event(Event::MoneyWithdrawn(movement));
            let occurred = crate::Occurred::At(chrono::DateTime::UNIX_EPOCH);
            RequestHash::of(&[ProposedEvent { occurred, content }], true)
        };
        let hashes = [
            None,
            Some("2026-12-01T08:00:00Z"),
            Some("2027-01-01T08:00:00Z"),
        ]
        .map(hash_at);
        assert!(hashes[0] != hashes[1] && hashes[1] != hashes[2]);
    }

    #[test]
    fn a_date_has_the_hash_of_its_midnight_in_utc() {
        let hash = |name: &str, value: &str| {
            let event = json!({ "type": "AccountClosed", name: value, "data": {} });
            ProposedEvents::read(json!({ "events": [event] }))
                .unwrap()
                .request_hash
        };
        let date = hash("occurred_on", "2003-10-20");
        assert_eq!(date, hash("occurred_at", "2003-10-20T00:00:00Z"));
        assert_ne!(date, hash("occurred_at", "2003-10-20T00:00:01Z"));
        assert_ne!(date, hash("occurred_on", "2003-10-21"));
    }

    proptest! {
        #[test]
        fn a_hash_is_read_back_from_its_bytes_and_from_its_digits(bytes: [u8; 32]) {
            let hash = RequestHash::from_bytes(bytes);
            prop_assert_eq!(hash.as_bytes(), &bytes[..]);
            let text = serde_json::to_value(hash).unwrap();
            prop_assert_eq!(&text, &json!(hash.to_string()));
            prop_assert_eq!(format!("{hash:?}"), hash.to_string());
            prop_assert_eq!(serde_json::from_value::<RequestHash>(text).unwrap(), hash);
        }

        #[test]
        fn whatever_else_a_movement_says_gives_another_hash(
            one in proptest::option::of("[a-z]{1,8}"),
            other in proptest::option::of("[a-z]{1,8}"),
            field in proptest::sample::select(vec!["channel", "counterparty", "reference"]),
        ) {
            let hash = |text: &Option<String>| {
                let mut data = json!({ "amount": "1.00", "currency": "EUR" });
                if let Some(text) = text {
                    data[field] = json!(text);
                }
                hash_of("MoneyDeposited", data, true)
            };
            prop_assert_eq!(hash(&one) == hash(&other), one == other);
        }
    }
}
