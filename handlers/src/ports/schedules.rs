use async_trait::async_trait;
use chrono::{DateTime, Utc};
use domain::{AccountId, OccurrenceSkipReason, Schedule, ScheduleId, Version};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::error::Result;

/// How many lanes the index of what is due has. A lane takes about a thousand
/// writes a second, and every beat asks each of them.
pub const DUE_SHARDS: u8 = 4;

/// The schedules as they stand: which there are, and when each is due next.
/// What they are is in the events; this can be built again from there.
#[async_trait]
pub trait Schedules: Send + Sync {
    /// Read consistently.
    async fn get(&self, account: &AccountId, schedule: &ScheduleId) -> Result<Option<ScheduleRow>>;

    /// Writes the row if the stored one has the revision before this one
    /// (none, for revision 1). `false` when another was quicker.
    async fn save(&self, row: &ScheduleRow) -> Result<bool>;

    /// An account's schedules by their ids, cancelled ones too.
    async fn of_account(
        &self,
        account: &AccountId,
        cursor: Option<&str>,
        limit: usize,
    ) -> Result<(Vec<ScheduleRow>, Option<String>)>;

    /// Takes a schedule out of what is due, for a reason, where it is still due
    /// at `due.next_at`; its row may be one that cannot be read. `false` where it
    /// is due at another time meanwhile, or not at all.
    async fn park(&self, due: &Due, reason: &str) -> Result<bool>;

    /// Those of a slice that are due at `now` and not parked, the longest due
    /// first, up to `limit`. It comes from an index that may lag: who acts on it reads the
    /// row first.
    async fn due(&self, slice: u8, now: DateTime<Utc>, limit: usize) -> Result<Vec<Due>>;
}

/// Says that a schedule is due, or was when the index was written.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Due {
    pub next_at: DateTime<Utc>,
    pub account_id: AccountId,
    pub schedule_id: ScheduleId,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScheduleRow {
    pub account_id: AccountId,
    pub schedule_id: ScheduleId,
    /// `None`: cancelled. The row stays, so that an older event that comes
    /// late does not bring it back.
    pub schedule: Option<Schedule>,
    /// The account's version at which an event says so.
    pub version: Version,
    /// When that event happened: what a rate is counted from.
    pub created_at: DateTime<Utc>,
    /// The occurrence that has not run yet and is next; `None` at the end.
    pub next_at: Option<DateTime<Utc>>,
    pub last: Option<LastRun>,
    /// Why the next occurrence cannot be worked off: it is due no more until
    /// somebody redrives the dead letter that says so, or changes the schedule.
    pub parked: Option<String>,
    /// Counts the writes of this row: two writers cannot both win.
    pub revision: u64,
}

/// The occurrence that ran last, and what came of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LastRun {
    pub occurrence: DateTime<Utc>,
    /// The account's version of the event that it left.
    pub version: Version,
    /// Why it moved nothing; `None`: it did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub skipped: Option<OccurrenceSkipReason>,
}

impl ScheduleRow {
    /// The lane of the due index that this schedule is in.
    pub fn slice(&self) -> u8 {
        let mut digest = Sha256::new();
        digest.update(self.account_id.as_str());
        digest.update([0]);
        digest.update(self.schedule_id.as_str());
        digest.finalize()[0] % DUE_SHARDS
    }
}
