//! The read model, with writes on condition of its revision.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use domain::AccountId;
use handlers::error::Result;
use handlers::ports::{ReadModel, ReadModelRow};

use super::faults::Faults;

/// A read model in memory.
#[derive(Debug)]
pub struct MemoryReadModel {
    faults: Arc<Faults>,
    rows: Mutex<BTreeMap<AccountId, ReadModelRow>>,
}

impl MemoryReadModel {
    pub(super) fn new(faults: Arc<Faults>) -> Self {
        MemoryReadModel {
            faults,
            rows: Mutex::default(),
        }
    }

    /// Returns the row of an account.
    pub fn row(&self, account: &AccountId) -> Option<ReadModelRow> {
        self.lock().get(account).cloned()
    }

    /// Returns all rows.
    pub fn rows(&self) -> Vec<ReadModelRow> {
        self.lock().values().cloned().collect()
    }

    /// Replaces or removes a row without any condition.
    pub fn tamper(&self, account: &AccountId, row: Option<ReadModelRow>) {
        let mut rows = self.lock();
        match row {
            Some(row) => rows.insert(account.clone(), row),
            None => rows.remove(account),
        };
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<AccountId, ReadModelRow>> {
        self.rows.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl ReadModel for MemoryReadModel {
    async fn load(&self, account: &AccountId) -> Result<Option<ReadModelRow>> {
        self.faults
            .call("read_model.load", || Ok(self.row(account)))
            .await
    }

    async fn save(&self, row: &ReadModelRow, expected: Option<u64>) -> Result<bool> {
        let write = || {
            let mut rows = self.lock();
            let actual = rows.get(&row.account_id).map(|row| row.revision);
            if actual != expected {
                return Ok(false);
            }
            rows.insert(row.account_id.clone(), row.clone());
            Ok(true)
        };
        self.faults.call("read_model.save", write).await
    }

    async fn list(
        &self,
        cursor: Option<&str>,
        limit: usize,
    ) -> Result<(Vec<ReadModelRow>, Option<String>)> {
        let read = || {
            let rows = self.lock();
            let mut rest = rows
                .values()
                .filter(|row| cursor.is_none_or(|cursor| row.account_id.as_str() > cursor));
            let page: Vec<ReadModelRow> = rest.by_ref().take(limit).cloned().collect();
            let more = rest.next().is_some();
            let next = page
                .last()
                .filter(|_| more)
                .map(|row| row.account_id.to_string());
            Ok((page, next))
        };
        self.faults.call("read_model.list", read).await
    }
}
