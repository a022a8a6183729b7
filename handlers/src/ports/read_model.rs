use async_trait::async_trait;
use chrono::{DateTime, Utc};
use domain::{AccountId, Version};
use projections::Balance;

use crate::error::Result;

/// The accounts as they are read.
#[async_trait]
pub trait ReadModel: Send + Sync {
    /// Read consistently, as what is written back depends on it.
    async fn load(&self, account: &AccountId) -> Result<Option<ReadModelRow>>;

    /// Writes the row if the stored one still is the one at `expected`
    /// (`None`: there is none). `false` when another was quicker.
    async fn save(&self, row: &ReadModelRow, expected: Option<u64>) -> Result<bool>;

    /// All accounts, in no particular order, and the cursor of the next page.
    async fn list(
        &self,
        cursor: Option<&str>,
        limit: usize,
    ) -> Result<(Vec<ReadModelRow>, Option<String>)>;
}

/// A row of the read model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadModelRow {
    pub account_id: AccountId,
    /// Counts the writes of this row: two writers cannot both win.
    pub revision: u64,
    /// `None` while the account could not be projected even once.
    pub balance: Option<Balance>,
    /// Set while the account waits for an operator.
    pub parked: Option<Parked>,
}

impl ReadModelRow {
    pub fn version(&self) -> Version {
        self.balance.as_ref().map_or(0, Balance::version)
    }
}

/// Why the projection of an account has stopped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parked {
    pub reason: String,
    pub at: DateTime<Utc>,
    /// The highest version whose record came since and was turned away: whoever
    /// takes the account up has to tell up to here. Each turning away is a
    /// revision of the row, so that none falls beside a taking up.
    pub turned_away: Version,
}
