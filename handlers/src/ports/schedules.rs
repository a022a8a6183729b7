use async_trait::async_trait;
use chrono::{DateTime, Utc};
use domain::{AccountId, OccurrenceSkipReason, Schedule, ScheduleId, Version};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::versioned::{Saved, Versioned};
use crate::error::Result;

/// The shards of the index of due schedules and notifications. A shard takes about a thousand writes a second, and every
/// heartbeat queries each of them. The shards are stored: a smaller number would hide what is due in those above it.
pub const DUE_SHARDS: u8 = 4;

/// The schedules in their current state, and when each is due next. Derived from the events, from which a replay rebuilds it.
#[async_trait]
pub trait Schedules: Send + Sync {
    /// Reads a schedule, consistently.
    async fn get(
        &self,
        account: &AccountId,
        schedule: &ScheduleId,
    ) -> Result<Option<Versioned<ScheduleRow>>>;

    /// Writes a row over the revision at which it was read, or as the first one.
    async fn save(&self, row: &Versioned<ScheduleRow>) -> Result<Saved>;

    /// Reads a page of an account's schedules in the order of their ids, including cancelled ones.
    async fn of_account(
        &self,
        account: &AccountId,
        cursor: Option<&str>,
        limit: usize,
    ) -> Result<(Vec<ScheduleRow>, Option<String>)>;

    /// Parks a schedule, for this reason, if it is still due at `due.next_at`. Its row may be unreadable. Returns `false` if it
    /// is due at another time, or not at all.
    async fn park(&self, due: &Due, reason: &str) -> Result<bool>;

    /// Finds at most `limit` schedules of one shard that are due at `now` and not parked, the longest due first.
    ///
    /// The index may be out of date; read the row before acting on it.
    async fn due(&self, slice: u8, now: DateTime<Utc>, limit: usize) -> Result<Vec<Due>>;
}

/// An entry of the index of due schedules, which may be out of date.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Due {
    /// The occurrence that is due, in UTC.
    pub next_at: DateTime<Utc>,
    /// The schedule's account.
    pub account_id: AccountId,
    /// The schedule.
    pub schedule_id: ScheduleId,
}

/// A schedule in its current state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScheduleRow {
    /// The schedule's account.
    pub account_id: AccountId,
    /// The schedule's id, unique within the account.
    pub schedule_id: ScheduleId,
    /// The schedule; `None` if cancelled. The row of a cancelled one stays, so that a late older event does not revive it.
    pub schedule: Option<Schedule>,
    /// The version of the event that gave the schedule this form, or cancelled it.
    pub version: Version,
    /// The time at which that event occurred, from which a rate counts.
    pub created_at: DateTime<Utc>,
    /// The next occurrence, in UTC; `None` after the last.
    pub next_at: Option<DateTime<Utc>>,
    /// The last occurrence; `None` before the first.
    pub last: Option<LastRun>,
    /// Why the next occurrence can never succeed. It is not due until an operator redrives the dead letter about it, or
    /// somebody changes the schedule.
    pub parked: Option<String>,
}

/// The last occurrence of a schedule and its outcome.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LastRun {
    /// The occurrence's time, in UTC.
    pub occurrence: DateTime<Utc>,
    /// The version of the event that recorded it.
    pub version: Version,
    /// Why it moved no money; `None` if it did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub skipped: Option<OccurrenceSkipReason>,
}

impl ScheduleRow {
    /// The shard of the index of due schedules that this one is in, below [`DUE_SHARDS`].
    pub fn slice(&self) -> u8 {
        let mut digest = Sha256::new();
        digest.update(self.account_id.as_str());
        digest.update([0]);
        digest.update(self.schedule_id.as_str());
        digest.finalize()[0] % DUE_SHARDS
    }
}
