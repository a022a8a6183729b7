//! The balance of an account, as it is read.

use chrono::{DateTime, Utc};
use domain::chain::{self, ChainError};
use domain::{AccountId, Commit, Head, Version};

/// An account after the last commit that was applied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Balance {
    pub account_id: AccountId,
    pub head: Head,
    /// When the last applied commit was recorded.
    pub updated_at: DateTime<Utc>,
}

impl Balance {
    pub fn version(&self) -> Version {
        self.head.version()
    }

    /// The balance after one more commit, which must be the next of the account.
    pub fn after(before: Option<&Balance>, commit: &Commit) -> Result<Balance, ChainError> {
        let head = chain::follow(before.map(|balance| &balance.head), commit)?;
        Ok(Balance {
            account_id: commit.account_id.clone(),
            head,
            updated_at: commit.recorded_at,
        })
    }
}
