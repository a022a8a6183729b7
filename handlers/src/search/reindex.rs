//! The maintenance of what the search finds by.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::error::Result;
use crate::ports::{CustomerIndex, Customers, ReadModel};

/// Writes the index of customers and accounts that were stored before there was one.
pub struct Reindexer {
    /// The read model, whose rows carry the keys of their index.
    pub read_model: Arc<dyn ReadModel>,
    /// The stored customers.
    pub customers: Arc<dyn Customers>,
    /// The index of the customers.
    pub customer_index: Arc<dyn CustomerIndex>,
}

impl std::fmt::Debug for Reindexer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Reindexer").finish_non_exhaustive()
    }
}

/// How far the work is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// Among the customers, at this cursor.
    Customers(Option<String>),
    /// Among the accounts, at this cursor.
    Accounts(Option<String>),
}

/// A part of the work that is done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reindexed {
    /// The customers and accounts that were written.
    pub indexed: usize,
    /// How to continue; `None` at the end.
    pub next: Option<Standing>,
}

impl Reindexer {
    /// Writes the index of at most `limit` customers or accounts anew, from their newest state. Idempotent, and others may
    /// write meanwhile: their later state counts.
    ///
    /// # Errors
    /// - `Invalid`: the cursor is none that was given out here.
    /// - `Retryable`, `Unknown`: the store did not answer; repeat it.
    /// - `Permanent`: stored data cannot be read or written; a retry does not help.
    pub async fn run(&self, from: Standing, limit: usize) -> Result<Reindexed> {
        match from {
            Standing::Customers(cursor) => {
                let (customers, next) = self.customer_index.all(cursor.as_deref(), limit).await?;
                let mut indexed = 0;
                for customer in &customers {
                    if let Some(newest) = self.customers.latest(customer).await? {
                        // A later revision has brought its own terms.
                        let saved = self.customer_index.index(&newest).await?;
                        indexed += usize::from(saved.is_written());
                    }
                }
                let next = match next {
                    Some(cursor) => Standing::Customers(Some(cursor)),
                    None => Standing::Accounts(None),
                };
                Ok(Reindexed {
                    indexed,
                    next: Some(next),
                })
            }
            Standing::Accounts(cursor) => {
                let (rows, next) = self.read_model.list(cursor.as_deref(), limit).await?;
                let mut indexed = 0;
                for row in rows {
                    if let Some(row) = self.read_model.load(&row.account_id).await? {
                        // Who was first has written the keys with the row.
                        indexed += usize::from(self.read_model.save(&row).await?.is_written());
                    }
                }
                Ok(Reindexed {
                    indexed,
                    next: next.map(|cursor| Standing::Accounts(Some(cursor))),
                })
            }
        }
    }
}
