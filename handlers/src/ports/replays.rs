use async_trait::async_trait;
use chrono::{DateTime, Utc};
use domain::time::parse_stored_time;
use domain::{AccountId, Head};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::versioned::{Saved, Versioned};
use crate::error::Result;

/// The replays, their progress, and their shadows: the rows that they compute beside the read model.
#[async_trait]
pub trait Replays: Send + Sync {
    /// Reads a replay's job, consistently; `None` if there is no such replay.
    async fn load(&self, replay_id: &str) -> Result<Option<Versioned<ReplayJob>>>;

    /// Writes a job over the revision at which it was read, or as the first one.
    async fn save(&self, job: &Versioned<ReplayJob>) -> Result<Saved>;

    /// Finds all replays, in no particular order. One that was requested a moment ago may be missing.
    ///
    /// There are as many as operators have ever requested, and each is a few bytes of an index. So they are read at once.
    async fn list(&self) -> Result<Vec<ReplayKey>>;

    /// Writes shadow rows, each in the place of the account's previous one. Idempotent; after an error, some may be written.
    async fn save_shadow(&self, replay_id: &str, rows: &[ShadowRow]) -> Result<()>;

    /// Reads a page of the shadow, in the order of the accounts' ids, and the cursor of the next page.
    async fn shadow(
        &self,
        replay_id: &str,
        cursor: Option<&str>,
        limit: usize,
    ) -> Result<(Vec<ShadowRow>, Option<String>)>;
}

/// A replay and its progress.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ReplayJob {
    /// The replay's id.
    pub replay_id: String,
    /// The request, the progress and the result, as the API returns them.
    pub document: Value,
    /// The cursor of the next page of work; `None` at the beginning and after the end.
    pub cursor: Option<String>,
}

impl ReplayJob {
    /// Returns the time of the request; `None` if the document has none.
    pub fn requested_at(&self) -> Option<DateTime<Utc>> {
        parse_stored_time(self.document["requested_at"].as_str()?).ok()
    }
}

/// A replay as the index of replays has it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct ReplayKey {
    /// The replay's id.
    pub replay_id: String,
    /// The time of the request; `None` if a version without the index wrote the job last. Then only the job has it.
    #[serde(default)]
    pub requested_at: Option<DateTime<Utc>>,
}

/// An account as a replay has computed it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShadowRow {
    /// The account.
    pub account_id: AccountId,
    /// The account after the last commit that the replay read.
    pub head: Head,
    /// The time at which that commit was recorded.
    pub updated_at: DateTime<Utc>,
    /// The row of the read model that this one replaced; `None` before the switch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replaced: Option<ReplacedRow>,
}

/// A row of the read model as it was before a switch, for switching back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReplacedRow {
    /// The account after the last commit that was applied to the row.
    pub head: Head,
    /// The time at which that commit was recorded.
    pub updated_at: DateTime<Utc>,
}
