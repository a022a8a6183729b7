use async_trait::async_trait;
use chrono::{DateTime, Utc};
use domain::{AccountId, Version};
use projections::Balance;

use crate::error::Result;

/// The read model of balances: one row an account, after its last applied commit.
#[async_trait]
pub trait ReadModel: Send + Sync {
    /// Reads a row, consistently, because the next write depends on it. `None` before the first commit is applied.
    async fn load(&self, account: &AccountId) -> Result<Option<ReadModelRow>>;

    /// Writes the row if the stored one has the revision `expected`, or if there is none for `None`. Returns `false` if another
    /// writer was first.
    async fn save(&self, row: &ReadModelRow, expected: Option<u64>) -> Result<bool>;

    /// Reads a page of all rows, in no particular order, and the cursor of the next page.
    async fn list(
        &self,
        cursor: Option<&str>,
        limit: usize,
    ) -> Result<(Vec<ReadModelRow>, Option<String>)>;
}

/// A row of the read model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadModelRow {
    /// The account.
    pub account_id: AccountId,
    /// Counts the writes of this row, so that of two writers only one succeeds.
    pub revision: u64,
    /// The account after its last applied commit; `None` if it was parked at the first one.
    pub balance: Option<Balance>,
    /// Present while the account waits for an operator.
    pub parked: Option<Parked>,
}

impl ReadModelRow {
    /// The version of the last applied event; 0 if there is none.
    pub fn version(&self) -> Version {
        self.balance.as_ref().map_or(0, Balance::version)
    }
}

/// Why the projection of an account has stopped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parked {
    /// The reason, for an operator.
    pub reason: String,
    /// The time at which the account was parked.
    pub at: DateTime<Utc>,
    /// The highest version whose record arrived since and was not applied; 0 if none did.
    ///
    /// The account resumes only if the store has all versions up to here. Each change is a revision of the row, so that
    /// none is lost while the account is being resumed.
    pub turned_away: Version,
}
