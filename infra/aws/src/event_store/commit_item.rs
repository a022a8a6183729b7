//! A commit as an item.

use chrono::{DateTime, Utc};
use domain::time::format_recorded_at;
use domain::{
    Account, AccountId, Commit, CorrelationId, Hash, IdempotencyKey, RecordedEvent, RequestHash,
    Version,
};
use handlers::{Error, Result};
use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;

/// A commit as stored. Hashes are bytes, half the size of their digits, so that a small commit stays below 1 KB, the size
/// of one write unit.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct CommitItem {
    account_id: AccountId,
    version: Version,
    #[serde(with = "super::packed_events")]
    events: Vec<RecordedEvent>,
    recorded_at: String,
    source: String,
    correlation_id: CorrelationId,
    idempotency_key: IdempotencyKey,
    request_hash: ByteBuf,
    /// Absent where it is true, and from commits that are older than it.
    #[serde(
        default = "domain::commit::notified",
        skip_serializing_if = "domain::commit::is_notified"
    )]
    notify: bool,
    after: Account,
    prev_hash: ByteBuf,
    hash: ByteBuf,
    slice: u8,
}

impl CommitItem {
    pub(crate) fn of(commit: &Commit) -> Result<Self> {
        Ok(CommitItem {
            account_id: commit.account_id.clone(),
            version: commit.first_version,
            events: commit.events.clone(),
            recorded_at: format_recorded_at(commit.recorded_at),
            source: commit.source.clone(),
            correlation_id: commit.correlation_id.clone(),
            idempotency_key: commit.idempotency_key.clone(),
            request_hash: bytes(commit.request_hash.as_bytes()),
            notify: commit.notify,
            after: commit.after.clone(),
            prev_hash: bytes(commit.prev_hash.as_bytes()),
            hash: bytes(commit.hash.as_bytes()),
            slice: commit.account_id.slice(),
        })
    }

    pub(crate) fn into_commit(self) -> Result<Commit> {
        let recorded_at: DateTime<Utc> = self.recorded_at.parse().map_err(|_| {
            Error::Permanent(format!("{:?} is not a time", self.recorded_at).into())
        })?;
        Ok(Commit {
            account_id: self.account_id,
            first_version: self.version,
            events: self.events,
            recorded_at,
            source: self.source,
            correlation_id: self.correlation_id,
            idempotency_key: self.idempotency_key,
            request_hash: RequestHash::from_bytes(digest(&self.request_hash)?),
            notify: self.notify,
            after: self.after,
            prev_hash: Hash::from_bytes(digest(&self.prev_hash)?),
            hash: Hash::from_bytes(digest(&self.hash)?),
        })
    }
}

pub(crate) fn bytes(digest: &[u8]) -> ByteBuf {
    ByteBuf::from(digest.to_vec())
}

pub(crate) fn digest(bytes: &[u8]) -> Result<[u8; 32]> {
    bytes.try_into().map_err(|_| {
        Error::Permanent(format!("a hash has {} bytes instead of 32", bytes.len()).into())
    })
}
