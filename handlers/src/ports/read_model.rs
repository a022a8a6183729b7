use async_trait::async_trait;
use chrono::{DateTime, Utc};
use domain::{AccountId, Version};
use projections::Balance;

use super::versioned::{Saved, Versioned};
use crate::error::Result;

/// The read model of balances: one row an account, after its last applied commit.
#[async_trait]
pub trait ReadModel: Send + Sync {
    /// Reads a row, consistently, because the next write depends on it. `None` before the first commit is applied.
    async fn load(&self, account: &AccountId) -> Result<Option<Versioned<ReadModelRow>>>;

    /// Writes a row over the revision at which it was read, or as the first one.
    async fn save(&self, row: &Versioned<ReadModelRow>) -> Result<Saved>;

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
    /// The account after its last applied commit; `None` if it was parked at the first one.
    pub balance: Option<Balance>,
    /// Present while the account waits for an operator.
    pub parked: Option<Parked>,
}

impl ReadModelRow {
    /// The row before the first commit is applied, of which nothing is stored.
    pub fn blank(account: &AccountId) -> Versioned<Self> {
        Versioned::new(ReadModelRow {
            account_id: account.clone(),
            balance: None,
            parked: None,
        })
    }

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
