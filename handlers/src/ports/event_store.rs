use async_trait::async_trait;
use chrono::{DateTime, Utc};
use domain::{AccountId, Commit, EventId, IdempotencyKey, Tip, Version};

use serde::{Deserialize, Serialize};

use crate::error::Result;

/// The event store: the permanent, append-only history of all accounts.
#[async_trait]
pub trait EventStore: Send + Sync {
    /// Reads the account's last commit, consistently; `None` before its opening.
    async fn head(&self, account: &AccountId) -> Result<Option<Tip>>;

    /// Writes the commit, its idempotency key and `marks`, all or none.
    ///
    /// The write is on the condition that none of them exists; [`Appended`] says which did. After `Unknown`, the same call
    /// returns `KeyUsed` if the first one succeeded.
    async fn append(&self, commit: &Commit, marks: &[ReversalMark]) -> Result<Appended>;

    /// Reads the outcome of the request with this key, consistently; `None` if the key was not used.
    async fn used_key(
        &self,
        account: &AccountId,
        key: &IdempotencyKey,
    ) -> Result<Option<IdempotencyRecord>>;

    /// Reads the commit that contains this version of the account, consistently.
    async fn commit_holding(&self, account: &AccountId, version: Version)
    -> Result<Option<Commit>>;

    /// Reads which event reversed this one, consistently; `None` if none did.
    async fn reversed_by(&self, account: &AccountId, event: EventId) -> Result<Option<EventId>>;

    /// Reads commits that contain a version above `after_version`, oldest first and consistently. A page may be short; only a
    /// missing `next` is the end.
    async fn commits(
        &self,
        account: &AccountId,
        after_version: Version,
        limit: usize,
    ) -> Result<CommitPage>;

    /// Reads commits that contain a version below `before_version`, newest first.
    async fn commits_backwards(
        &self,
        account: &AccountId,
        before_version: Version,
        limit: usize,
    ) -> Result<CommitPage>;

    /// Reads the positions of the commits of one shard that were recorded at `from` or later and before `to`, in recorded
    /// order (or reversed).
    ///
    /// They come from the time index, which follows the store with a delay. There are more than `limit` if the last
    /// microsecond has more, because stores order commits of one microsecond differently.
    async fn recorded(
        &self,
        slice: u8,
        from: DateTime<Utc>,
        to: DateTime<Utc>,
        newest_first: bool,
        limit: usize,
    ) -> Result<Vec<CommitPosition>>;

    /// Reads the commits at these positions, consistently and in the same order.
    ///
    /// # Errors
    /// - `Permanent`: there is no commit at one of the positions; a retry does not help.
    async fn commits_at(&self, places: &[CommitPosition]) -> Result<Vec<Commit>>;

    /// Reads the account that follows this one in the store's own order, or the first for `None`. Consistent.
    async fn next_account(&self, after: Option<&AccountId>) -> Result<Option<AccountId>>;

    /// Reads the commits of all accounts, consistently; those of an account are together and in order. `cursor` is the `next`
    /// of the previous page.
    async fn scan(&self, cursor: Option<&str>, limit: usize) -> Result<CommitPage>;
}

/// A page of commits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommitPage {
    /// The commits, in the order of the query.
    pub commits: Vec<Commit>,
    /// The cursor of the next page; `None` at the end.
    pub next: Option<String>,
}

/// The position of a commit in recorded order. Commits of one microsecond are ordered by account and version, so that every
/// page ends at a definite one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct CommitPosition {
    /// The time at which the commit was recorded.
    pub recorded_at: DateTime<Utc>,
    /// The commit's account.
    pub account_id: AccountId,
    /// The version of the commit's first event.
    pub first_version: Version,
}

impl CommitPosition {
    /// Returns the position of a commit.
    pub fn of(commit: &Commit) -> Self {
        CommitPosition {
            recorded_at: commit.recorded_at,
            account_id: commit.account_id.clone(),
            first_version: commit.first_version,
        }
    }
}

/// A mark that an event is reversed, written together with the reversal. An event has at most one, so it is reversed once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReversalMark {
    /// The event that is reversed.
    pub reversed: EventId,
    /// The event that reverses it.
    pub by: EventId,
}

/// The outcome of an append. All but `Done` wrote nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Appended {
    /// The commit is written.
    Done,
    /// The idempotency key was used before. Comes before the other conflicts.
    KeyUsed(IdempotencyRecord),
    /// Another commit has this version; the commit, if the store returned it. Decide again from the account's new head.
    VersionConflict(Option<Box<Commit>>),
    /// Another writer reversed one of the events. Decide again.
    ReversedMeanwhile,
}

/// The record behind an idempotency key: the commit that its request wrote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdempotencyRecord {
    /// The hash of the request, by which another request under the same key is refused.
    pub request_hash: domain::RequestHash,
    /// The version of the commit's first event.
    pub first_version: Version,
    /// The commit's hash.
    pub hash: domain::Hash,
    /// The types of the commit's events, in order.
    pub event_types: Vec<String>,
}
