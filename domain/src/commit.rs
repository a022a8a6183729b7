//! A commit: one to twenty-five events of an account, written at once and
//! never changed, each bound to the one before by its hash.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::account::Account;
use crate::event::{DecodeError, Event};
use crate::hash::{Hash, canonical_bytes};
use crate::time::{format_recorded_at, format_time};
use crate::{AccountId, EventId, IdempotencyKey, Version};

/// An event in its place, with its data as they were written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordedEvent {
    pub event_id: EventId,
    #[serde(rename = "type")]
    pub event_type: String,
    pub schema: u32,
    pub occurred_at: DateTime<Utc>,
    pub data: Value,
}

impl RecordedEvent {
    pub fn decode(&self) -> Result<Event, DecodeError> {
        Event::from_stored(&self.event_type, self.schema, &self.data)
    }
}

/// The end of an account's stream: all that the next commit needs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    pub hash: Hash,
    /// The account after the last commit; its version is that of the last event.
    pub account: Account,
}

impl Head {
    pub fn version(&self) -> Version {
        self.account.version
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Commit {
    pub account_id: AccountId,
    /// Version of the first event.
    pub first_version: Version,
    pub events: Vec<RecordedEvent>,
    pub recorded_at: DateTime<Utc>,
    /// Who appended it.
    pub source: String,
    pub correlation_id: String,
    pub idempotency_key: IdempotencyKey,
    pub request_hash: String,
    /// The account after this commit.
    pub after: Account,
    pub prev_hash: Hash,
    pub hash: Hash,
}

impl Commit {
    pub fn last_version(&self) -> Version {
        self.first_version + self.events.len() as Version - 1
    }

    pub fn head(&self) -> Head {
        Head {
            hash: self.hash,
            account: self.after.clone(),
        }
    }

    /// The hash that this commit must have after `prev_hash`.
    pub fn compute_hash(&self) -> Hash {
        let content = json!({
            "account_id": self.account_id,
            "first_version": self.first_version,
            "events": self.events.iter().map(|event| json!({
                "event_id": event.event_id,
                "type": event.event_type,
                "schema": event.schema,
                "occurred_at": format_time(event.occurred_at),
                "data": event.data,
            })).collect::<Vec<_>>(),
            "recorded_at": format_recorded_at(self.recorded_at),
            "source": self.source,
            "correlation_id": self.correlation_id,
            "idempotency_key": self.idempotency_key,
            "request_hash": self.request_hash,
            "after": self.after,
        });
        Hash::of(self.prev_hash.as_bytes(), &canonical_bytes(&content))
    }
}
