//! A commit: one to twenty-five events of an account, written at once and
//! never changed, each bound to the one before by its hash.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::account::Account;
use crate::event::{DecodeError, Event};
use crate::hash::{Hash, canonical_bytes, is_plain};
use crate::time::{format_recorded_at, format_time};
use crate::{AccountId, CorrelationId, EventId, IdempotencyKey, RequestHash, Version};

/// An event in its place, with its data as they were written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordedEvent {
    /// The id, which follows from account and version.
    pub event_id: EventId,
    /// The name of its type, such as `MoneyDeposited`.
    #[serde(rename = "type")]
    pub event_type: String,
    /// The schema of `data`.
    pub schema: u32,
    /// When it happened, as the caller reports it.
    pub occurred_at: DateTime<Utc>,
    /// What else the event says, as it was written.
    pub data: Value,
}

impl RecordedEvent {
    /// Reads the data as an event of today's schema.
    ///
    /// # Errors
    /// For data that this version of the program cannot read; a retry fails as well.
    pub fn decode(&self) -> Result<Event, DecodeError> {
        Event::from_stored(&self.event_type, self.schema, &self.data)
    }
}

/// The end of an account's stream: all that the next commit needs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// The hash of the last commit.
    pub hash: Hash,
    /// The account after the last commit; its version is that of the last event.
    pub account: Account,
}

impl Head {
    /// The version of the last event.
    #[must_use]
    pub fn version(&self) -> Version {
        self.account.version
    }
}

/// The last commit of an account, as far as the next one depends on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tip {
    /// Hash and account.
    pub head: Head,
    /// When the last commit was recorded.
    pub recorded_at: DateTime<Utc>,
}

impl Tip {
    /// The version of the last event.
    #[must_use]
    pub fn version(&self) -> Version {
        self.head.version()
    }

    /// The account after the last commit.
    #[must_use]
    pub fn account(&self) -> &Account {
        &self.head.account
    }

    /// When the next commit is recorded by a clock that shows `now`: never
    /// before this one, as a clock may have stepped back.
    #[must_use]
    pub fn next_recorded_at(&self, now: DateTime<Utc>) -> DateTime<Utc> {
        now.max(self.recorded_at)
    }
}

/// One to twenty-five events of an account, written at once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Commit {
    /// The account that the events are of.
    pub account_id: AccountId,
    /// Version of the first event.
    pub first_version: Version,
    /// The events, by version.
    pub events: Vec<RecordedEvent>,
    /// When it was recorded, in whole microseconds.
    pub recorded_at: DateTime<Utc>,
    /// Who appended it.
    pub source: String,
    /// The correlation id of the request.
    pub correlation_id: CorrelationId,
    /// The key under which it was requested.
    pub idempotency_key: IdempotencyKey,
    /// The hash by which a retry of the request is known.
    pub request_hash: RequestHash,
    /// Whether customers are told of its events. What they are not told when it
    /// is recorded they are never told: history that was loaded.
    pub notify: bool,
    /// The account after this commit.
    pub after: Account,
    /// The hash of the commit before it; zeros for the first.
    pub prev_hash: Hash,
    /// The hash of this commit; see [`Commit::compute_hash`].
    pub hash: Hash,
}

impl Commit {
    /// The version of the last event.
    #[must_use]
    #[expect(
        clippy::arithmetic_side_effects,
        reason = "an account has fewer than 2^64 events, and a commit has one at least"
    )]
    pub fn last_version(&self) -> Version {
        self.first_version + self.events.len() as Version - 1
    }

    /// The end of the account's stream, if this is its last commit.
    #[must_use]
    pub fn head(&self) -> Head {
        Head {
            hash: self.hash,
            account: self.after.clone(),
        }
    }

    /// The same, with the time of recording.
    #[must_use]
    pub fn tip(&self) -> Tip {
        Tip {
            head: self.head(),
            recorded_at: self.recorded_at,
        }
    }

    /// The hash that this commit must have after `prev_hash`.
    #[must_use]
    pub fn compute_hash(&self) -> Hash {
        Hash::of(self.prev_hash.as_bytes(), &self.canonical_bytes())
    }

    /// The bytes that the hash is taken of behind those of `prev_hash`: one JSON
    /// object in its canonical form (RFC 8785). With the two hashes they are
    /// the whole commit; see [`Commit::read`].
    pub fn canonical_bytes(&self) -> Vec<u8> {
        let content = Content {
            account_id: &self.account_id,
            after: serde_json::to_value(&self.after).unwrap_or_default(),
            correlation_id: &self.correlation_id,
            events: self.events.iter().map(EventContent::of).collect(),
            first_version: self.first_version,
            idempotency_key: &self.idempotency_key,
            notify: self.notify,
            recorded_at: format_recorded_at(self.recorded_at),
            request_hash: self.request_hash,
            source: &self.source,
        };
        content.canonical_bytes()
    }

    /// Reads what [`Commit::canonical_bytes`] wrote. Nothing is checked but the
    /// form: [`crate::chain::follow`] is for the rest.
    ///
    /// # Errors
    /// What is missing, not known, or not of its type.
    pub fn read(content: &[u8], prev_hash: Hash, hash: Hash) -> Result<Self, serde_json::Error> {
        let content: ReadContent = serde_json::from_slice(content)?;
        Ok(Commit {
            account_id: content.account_id,
            first_version: content.first_version,
            events: content.events,
            recorded_at: content.recorded_at,
            source: content.source,
            correlation_id: content.correlation_id,
            idempotency_key: content.idempotency_key,
            request_hash: content.request_hash,
            notify: content.notify,
            after: content.after,
            prev_hash,
            hash,
        })
    }
}

/// What the hash is about. The fields are in the order of RFC 8785, by name.
#[derive(Serialize)]
struct Content<'a> {
    account_id: &'a AccountId,
    after: Value,
    correlation_id: &'a CorrelationId,
    events: Vec<EventContent<'a>>,
    first_version: Version,
    idempotency_key: &'a IdempotencyKey,
    /// Left out where it is true: commits that are older than it keep their hash.
    #[serde(skip_serializing_if = "is_told")]
    notify: bool,
    recorded_at: String,
    request_hash: RequestHash,
    source: &'a str,
}

/// The same, read.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ReadContent {
    account_id: AccountId,
    after: Account,
    correlation_id: CorrelationId,
    events: Vec<RecordedEvent>,
    first_version: Version,
    idempotency_key: IdempotencyKey,
    #[serde(default = "told")]
    notify: bool,
    recorded_at: DateTime<Utc>,
    request_hash: RequestHash,
    source: String,
}

/// What `notify` is where nothing is said of it.
#[must_use]
pub fn told() -> bool {
    true
}

/// Whether nothing has to be said of `notify`.
#[must_use]
pub fn is_told(notify: &bool) -> bool {
    *notify
}

#[derive(Serialize)]
struct EventContent<'a> {
    data: &'a Value,
    event_id: EventId,
    occurred_at: String,
    schema: u32,
    #[serde(rename = "type")]
    event_type: &'a str,
}

impl<'a> EventContent<'a> {
    fn of(event: &'a RecordedEvent) -> Self {
        EventContent {
            data: &event.data,
            event_id: event.event_id,
            occurred_at: format_time(event.occurred_at),
            schema: event.schema,
            event_type: &event.event_type,
        }
    }
}

impl Content<'_> {
    /// Where every value is plain, it is canonical as it is written, and that
    /// is many times quicker than to sort and to format it anew.
    fn canonical_bytes(&self) -> Vec<u8> {
        let plain = is_plain(&self.after) && self.events.iter().all(|event| is_plain(event.data));
        if plain && let Ok(bytes) = serde_json::to_vec(self) {
            return bytes;
        }
        canonical_bytes(&serde_json::to_value(self).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decision::{Context, decide};
    use crate::record::ProposedEvents;
    use proptest::prelude::*;
    use serde_json::json;

    /// A later version may store such a number, and this one computes the hash all the same.
    #[test]
    fn data_with_a_number_that_no_double_holds_is_hashed_in_its_canonical_form() {
        let opened = json!({ "type": "AccountOpened", "occurred_at": "2026-11-22T09:00:00Z",
            "data": { "customer_id": "ana", "currency": "EUR" } });
        let proposed = ProposedEvents::read(json!({ "events": [opened] })).unwrap();
        let context = Context {
            account_id: "ACC-1".parse().unwrap(),
            recorded_at: DateTime::UNIX_EPOCH,
            source: "test".to_owned(),
            correlation_id: "c".parse().unwrap(),
            idempotency_key: "k".parse().unwrap(),
        };
        let mut commit = decide(None, &proposed, &Default::default(), context).unwrap();
        commit.events[0].data["number"] = json!((1_i64 << 53) + 1);
        let bytes = commit.canonical_bytes();
        let value: Value = serde_json::from_slice(&bytes).unwrap();
        assert_eq!(bytes, serde_json_canonicalizer::to_vec(&value).unwrap());
    }

    proptest! {
        #[test]
        fn what_is_hashed_is_the_canonical_form_however_it_was_made(
            reference in "\\PC{1,40}",
            counterparty in proptest::option::of("\\PC{1,40}"),
            minor in 1..=i64::from(u32::MAX),
            notify: bool,
        ) {
            let opened = json!({ "type": "AccountOpened", "occurred_at": "2026-11-22T09:00:00Z",
                "data": { "customer_id": "ana", "currency": "EUR" } });
            let mut data = json!({ "amount": format!("{}.{:02}", minor / 100, minor % 100),
                "currency": "EUR", "reference": reference });
            if let Some(counterparty) = counterparty {
                data["counterparty"] = json!(counterparty);
            }
            let deposited = json!({ "type": "MoneyDeposited", "occurred_at": "2026-11-22T09:00:01Z", "data": data });
            let Ok(proposed) = ProposedEvents::read(json!({ "events": [opened, deposited], "notify": notify })) else {
                // Some texts are refused.
                return Ok(());
            };
            let context = Context {
                account_id: "ACC-1".parse().unwrap(),
                recorded_at: DateTime::UNIX_EPOCH,
                source: "test".to_owned(),
                correlation_id: "c".parse().unwrap(),
                idempotency_key: "k".parse().unwrap(),
            };
            let commit = decide(None, &proposed, &Default::default(), context).unwrap();
            let mut content = json!({
                "account_id": commit.account_id,
                "first_version": commit.first_version,
                "events": commit.events.iter().map(|event| json!({
                    "event_id": event.event_id,
                    "type": event.event_type,
                    "schema": event.schema,
                    "occurred_at": format_time(event.occurred_at),
                    "data": event.data,
                })).collect::<Vec<_>>(),
                "recorded_at": format_recorded_at(commit.recorded_at),
                "source": commit.source,
                "correlation_id": commit.correlation_id,
                "idempotency_key": commit.idempotency_key,
                "request_hash": commit.request_hash,
                "after": commit.after,
            });
            if !notify {
                content["notify"] = json!(false);
            }
            let expected = Hash::of(
                commit.prev_hash.as_bytes(),
                &serde_json_canonicalizer::to_vec(&content).unwrap(),
            );
            prop_assert_eq!(commit.compute_hash(), expected);
            let read = Commit::read(&commit.canonical_bytes(), commit.prev_hash, commit.hash).unwrap();
            prop_assert_eq!(read, commit);
        }
    }
}
