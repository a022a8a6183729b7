//! The balance of an account, as the read model stores it.

use chrono::{DateTime, Utc};
use domain::chain::{self, ChainError};
use domain::{AccountId, Commit, Head, Version};

/// An account after the last applied commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Balance {
    /// The account's id.
    pub account_id: AccountId,
    /// The account, and the hash that its next commit must name.
    pub head: Head,
    /// When the last applied commit was recorded.
    pub updated_at: DateTime<Utc>,
}

impl Balance {
    /// The version of the last applied event.
    #[must_use]
    pub fn version(&self) -> Version {
        self.head.version()
    }

    /// Returns the balance after the account's next commit.
    ///
    /// # Errors
    /// - [`ChainError::Gap`]: the commit is not the next one; apply the missing ones first.
    /// - Any other: the commit is damaged, or of a later version of the program. Permanent.
    pub fn after(before: Option<&Balance>, commit: &Commit) -> Result<Balance, ChainError> {
        let head = chain::follow(before.map(|balance| &balance.head), commit)?;
        Ok(Balance {
            account_id: commit.account_id.clone(),
            head,
            updated_at: commit.recorded_at,
        })
    }
}
