use async_trait::async_trait;
use chrono::{DateTime, Utc};
use domain::{AccountId, Commit, EventId, IdempotencyKey, Tip, Version};

use serde::{Deserialize, Serialize};

use crate::error::Result;

/// The permanent, append-only history.
#[async_trait]
pub trait EventStore: Send + Sync {
    /// The account's last commit, read consistently; `None` before its opening.
    async fn head(&self, account: &AccountId) -> Result<Option<Tip>>;

    /// Writes the commit, its idempotency key and `marks` together or not at all.
    async fn append(&self, commit: &Commit, marks: &[ReversalMark]) -> Result<Appended>;

    /// What was answered under this key before.
    async fn used_key(
        &self,
        account: &AccountId,
        key: &IdempotencyKey,
    ) -> Result<Option<IdempotencyRecord>>;

    /// The commit that holds this version of the account.
    async fn commit_holding(&self, account: &AccountId, version: Version)
    -> Result<Option<Commit>>;

    /// The event that reversed this one, if any did.
    async fn reversed_by(&self, account: &AccountId, event: EventId) -> Result<Option<EventId>>;

    /// Commits that hold a version above `after_version`, oldest first, read
    /// consistently. A page may be short; only a missing `next` is the end.
    async fn commits(
        &self,
        account: &AccountId,
        after_version: Version,
        limit: usize,
    ) -> Result<CommitPage>;

    /// Commits that hold a version below `before_version`, newest first.
    async fn commits_backwards(
        &self,
        account: &AccountId,
        before_version: Version,
        limit: usize,
    ) -> Result<CommitPage>;

    /// The places of the commits of one slice recorded at `from` or later and
    /// before `to`, in recorded order, from the time index, which lags behind
    /// the store. They are more than `limit` where a microsecond would be cut
    /// in two: within one, an index has no order that all stores share.
    async fn recorded(
        &self,
        slice: u8,
        from: DateTime<Utc>,
        to: DateTime<Utc>,
        newest_first: bool,
        limit: usize,
    ) -> Result<Vec<CommitPosition>>;

    /// The commits at these places, in the same order.
    async fn commits_at(&self, places: &[CommitPosition]) -> Result<Vec<Commit>>;

    /// The account that follows this one in an order of the store's own; the
    /// first, for `None`. Read consistently.
    async fn next_account(&self, after: Option<&AccountId>) -> Result<Option<AccountId>>;

    /// All commits of all accounts, each account's in order and together,
    /// read consistently. `cursor` is what the page before gave.
    async fn scan(&self, cursor: Option<&str>, limit: usize) -> Result<CommitPage>;
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommitPage {
    pub commits: Vec<Commit>,
    /// Where to go on; `None` at the end.
    pub next: Option<String>,
}

/// The place of a commit in recorded order. Commits of one microsecond are
/// ordered by account and version, so that every page ends at a definite one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct CommitPosition {
    pub recorded_at: DateTime<Utc>,
    pub account_id: AccountId,
    pub first_version: Version,
}

impl CommitPosition {
    pub fn of(commit: &Commit) -> Self {
        CommitPosition {
            recorded_at: commit.recorded_at,
            account_id: commit.account_id.clone(),
            first_version: commit.first_version,
        }
    }
}

/// Written beside a reversal, so that an event is reversed once for ever.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReversalMark {
    pub reversed: EventId,
    pub by: EventId,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Appended {
    Done,
    /// The idempotency key had been used.
    KeyUsed(IdempotencyRecord),
    /// Another commit stands at this version: it, if the store told.
    VersionConflict(Option<Box<Commit>>),
    /// One of the events had been reversed meanwhile.
    ReversedMeanwhile,
}

/// What an idempotency key led to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdempotencyRecord {
    pub request_hash: domain::RequestHash,
    pub first_version: Version,
    pub hash: domain::Hash,
    /// The types of the commit's events, in order.
    pub event_types: Vec<String>,
}
