//! The read model, with writes on condition of its revision.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use domain::AccountId;
use handlers::error::Result;
use handlers::ports::{ReadModel, ReadModelRow, Saved, Versioned};

use super::faults::Faults;
use super::versioned::{Rows, replace};

/// A read model in memory.
#[derive(Debug)]
pub struct MemoryReadModel {
    faults: Arc<Faults>,
    rows: Mutex<Rows<AccountId, ReadModelRow>>,
}

impl MemoryReadModel {
    pub(super) fn new(faults: Arc<Faults>) -> Self {
        MemoryReadModel {
            faults,
            rows: Mutex::default(),
        }
    }

    /// Returns the row of an account.
    pub fn row(&self, account: &AccountId) -> Option<Versioned<ReadModelRow>> {
        self.lock().get(account).cloned()
    }

    /// Returns all rows.
    pub fn rows(&self) -> Vec<Versioned<ReadModelRow>> {
        self.lock().values().cloned().collect()
    }

    /// Replaces or removes a row without any condition.
    pub fn tamper(&self, account: &AccountId, row: Option<Versioned<ReadModelRow>>) {
        let mut rows = self.lock();
        match row {
            Some(row) => rows.insert(account.clone(), row),
            None => rows.remove(account),
        };
    }

    pub(super) fn faults(&self) -> &Faults {
        &self.faults
    }

    fn lock(&self) -> MutexGuard<'_, Rows<AccountId, ReadModelRow>> {
        self.rows.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl ReadModel for MemoryReadModel {
    async fn load(&self, account: &AccountId) -> Result<Option<Versioned<ReadModelRow>>> {
        self.faults
            .call("read_model.load", || Ok(self.row(account)))
            .await
    }

    async fn save(&self, row: &Versioned<ReadModelRow>) -> Result<Saved> {
        let key = &row.value.account_id;
        let write = || Ok(replace(&mut self.lock(), key.clone(), row.clone()));
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
                .map(|stored| &stored.value)
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
