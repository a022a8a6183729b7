//! A commit: one to twenty-five events of an account, written together and never changed. Its hash binds it to the previous
//! commit.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::account::Account;
use crate::event::{DecodeError, Event};
use crate::hash::{Hash, canonical_bytes, is_plain};
use crate::time::{format_recorded_at, format_time};
use crate::{AccountId, CorrelationId, EventId, IdempotencyKey, Occurred, RequestHash, Version};

/// An event of a commit, with its data as stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "ReadEvent")]
pub struct RecordedEvent {
    /// The id, which is derived from account and version.
    pub event_id: EventId,
    /// The name of its type, such as `MoneyDeposited`.
    #[serde(rename = "type")]
    pub event_type: String,
    /// The schema of `data`.
    pub schema: u32,
    /// When it happened, according to the caller.
    #[serde(flatten)]
    pub occurred: Occurred,
    /// The type's own data, as stored.
    pub data: Value,
}

/// An event as it is read. A flattened field would make serde copy each event, its data included, before reading it.
#[derive(Deserialize)]
struct ReadEvent {
    event_id: EventId,
    #[serde(rename = "type")]
    event_type: String,
    schema: u32,
    occurred_at: DateTime<Utc>,
    #[serde(default)]
    occurred_on: Option<String>,
    data: Value,
}

impl TryFrom<ReadEvent> for RecordedEvent {
    type Error = &'static str;

    fn try_from(read: ReadEvent) -> Result<Self, Self::Error> {
        Ok(RecordedEvent {
            event_id: read.event_id,
            event_type: read.event_type,
            schema: read.schema,
            occurred: Occurred::of_members(read.occurred_at, read.occurred_on.as_deref())?,
            data: read.data,
        })
    }
}

impl RecordedEvent {
    /// Reads the data as an event of today's schema.
    ///
    /// # Errors
    /// This version of the program cannot read the data; a retry does not help.
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

/// The part of an account's last commit on which the next one depends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tip {
    /// Hash and account.
    pub head: Head,
    /// The time at which the last commit was recorded.
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

    /// The time of the next commit, if the clock shows `now`: never before this commit's, because the clock may have stepped
    /// back.
    #[must_use]
    pub fn next_recorded_at(&self, now: DateTime<Utc>) -> DateTime<Utc> {
        now.max(self.recorded_at)
    }
}

/// One to twenty-five events of an account, written together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Commit {
    /// The account that the events are of.
    pub account_id: AccountId,
    /// Version of the first event.
    pub first_version: Version,
    /// The events, by version.
    pub events: Vec<RecordedEvent>,
    /// The time at which it was recorded, in whole microseconds.
    pub recorded_at: DateTime<Utc>,
    /// The caller that appended it.
    pub source: String,
    /// The correlation id of the request.
    pub correlation_id: CorrelationId,
    /// The key under which it was requested.
    pub idempotency_key: IdempotencyKey,
    /// The hash by which a retry of the request is recognised.
    pub request_hash: RequestHash,
    /// Whether customers are notified of its events. Imported history is not notified, then or ever.
    pub notify: bool,
    /// The account after this commit.
    pub after: Account,
    /// The hash of the previous commit; zeros for the first.
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

    /// Returns the tip: the head, with the time of recording.
    #[must_use]
    pub fn tip(&self) -> Tip {
        Tip {
            head: self.head(),
            recorded_at: self.recorded_at,
        }
    }

    /// Computes the hash that this commit must have after `prev_hash`.
    #[must_use]
    pub fn compute_hash(&self) -> Hash {
        Hash::of(self.prev_hash.as_bytes(), &self.canonical_bytes())
    }

    /// The bytes that are hashed after those of `prev_hash`: a JSON object in canonical form (RFC 8785). Together with the two
    /// hashes they are the whole commit; see [`Commit::read`].
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

    /// Reads a commit from its canonical bytes. Checks only the form; [`crate::chain::follow`] checks the rest.
    ///
    /// # Errors
    /// A member is missing, unknown, or of another type; a retry does not help.
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

/// The hashed content. The fields are in the order of RFC 8785, by name.
#[derive(Serialize)]
struct Content<'a> {
    account_id: &'a AccountId,
    after: Value,
    correlation_id: &'a CorrelationId,
    events: Vec<EventContent<'a>>,
    first_version: Version,
    idempotency_key: &'a IdempotencyKey,
    /// Left out if true, so that older commits keep their hashes.
    #[serde(skip_serializing_if = "is_notified")]
    notify: bool,
    recorded_at: String,
    request_hash: RequestHash,
    source: &'a str,
}

/// The hashed content, as it is read.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ReadContent {
    account_id: AccountId,
    after: Account,
    correlation_id: CorrelationId,
    events: Vec<RecordedEvent>,
    first_version: Version,
    idempotency_key: IdempotencyKey,
    #[serde(default = "notified")]
    notify: bool,
    recorded_at: DateTime<Utc>,
    request_hash: RequestHash,
    source: String,
}

/// The value of `notify` if it is absent.
#[must_use]
pub fn notified() -> bool {
    true
}

/// Whether `notify` is left out.
#[must_use]
pub fn is_notified(notify: &bool) -> bool {
    *notify
}

#[derive(Serialize)]
struct EventContent<'a> {
    data: &'a Value,
    event_id: EventId,
    occurred_at: String,
    /// Left out with a time, so that older commits keep their hashes.
    #[serde(skip_serializing_if = "Option::is_none")]
    occurred_on: Option<NaiveDate>,
    schema: u32,
    #[serde(rename = "type")]
    event_type: &'a str,
}

impl<'a> EventContent<'a> {
    fn of(event: &'a RecordedEvent) -> Self {
        EventContent {
            data: &event.data,
            event_id: event.event_id,
            occurred_at: format_time(event.occurred.at()),
            occurred_on: event.occurred.on(),
            schema: event.schema,
            event_type: &event.event_type,
        }
    }
}

impl Content<'_> {
    /// If every value is plain, serde_json's text is canonical, which is many times faster than sorting and formatting.
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
            date in proptest::option::of("20[0-9]{2}-[01][0-9]-[0-3][0-9]"),
        ) {
            let opened = json!({ "type": "AccountOpened", "occurred_at": "2026-11-22T09:00:00Z",
                "data": { "customer_id": "ana", "currency": "EUR" } });
            let mut data = json!({ "amount": format!("{}.{:02}", minor / 100, minor % 100),
                "currency": "EUR", "reference": reference });
            if let Some(counterparty) = counterparty {
                data["counterparty"] = json!(counterparty);
            }
            let mut deposited = json!({ "type": "MoneyDeposited", "data": data });
            match date {
                Some(date) => deposited["occurred_on"] = json!(date),
                None => deposited["occurred_at"] = json!("2026-11-22T09:00:01Z"),
            }
            let Ok(proposed) = ProposedEvents::read(json!({ "events": [opened, deposited], "notify": notify })) else {
                // Some texts and dates are refused.
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
                "events": commit.events.iter().map(|event| {
                    let mut content = json!({
                        "event_id": event.event_id,
                        "type": event.event_type,
                        "schema": event.schema,
                        "occurred_at": format_time(event.occurred.at()),
                        "data": event.data,
                    });
                    if let Some(date) = event.occurred.on() {
                        content["occurred_on"] = json!(date.to_string());
                    }
                    content
                }).collect::<Vec<_>>(),
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
