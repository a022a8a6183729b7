use async_trait::async_trait;
use chrono::{DateTime, Utc};
use domain::{AccountId, Head};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::error::Result;

/// Replays, their progress, and the shadow they build.
#[async_trait]
pub trait Replays: Send + Sync {
    async fn load(&self, replay_id: &str) -> Result<Option<ReplayJob>>;

    /// Writes the job if the stored one has the revision before this one.
    async fn save(&self, job: &ReplayJob) -> Result<bool>;

    async fn save_shadow(&self, replay_id: &str, rows: &[ShadowRow]) -> Result<()>;

    async fn shadow(
        &self,
        replay_id: &str,
        cursor: Option<&str>,
        limit: usize,
    ) -> Result<(Vec<ShadowRow>, Option<String>)>;
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ReplayJob {
    pub replay_id: String,
    pub revision: u64,
    /// What was asked for, how far it is, and what came out; as the API shows it.
    pub document: Value,
    /// Where the next page of work starts.
    pub cursor: Option<String>,
}

/// An account as the replay has computed it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShadowRow {
    pub account_id: AccountId,
    pub head: Head,
    pub updated_at: DateTime<Utc>,
    /// The row whose place this one has taken, if it has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replaced: Option<ReplacedRow>,
}

/// A row of the read model, as it was before a switch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReplacedRow {
    pub head: Head,
    pub updated_at: DateTime<Utc>,
}
