//! The schedules in their current state.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use domain::time::as_kept;
use domain::{AccountId, ScheduleId};
use handlers::error::Result;
use handlers::ports::{Due, Saved, ScheduleRow, Schedules, Versioned};

use super::faults::Faults;
use super::versioned::{self, replace};

type Rows = versioned::Rows<(AccountId, ScheduleId), ScheduleRow>;

/// Schedules in memory.
#[derive(Debug)]
pub struct MemorySchedules {
    faults: Arc<Faults>,
    rows: Mutex<Rows>,
}

impl MemorySchedules {
    pub(super) fn new(faults: Arc<Faults>) -> Self {
        MemorySchedules {
            faults,
            rows: Mutex::default(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Rows> {
        self.rows.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Removes all rows, as if the table had been lost.
    pub fn lose(&self) {
        self.lock().clear();
    }
}

/// Returns the row as a table stores it: in whole microseconds.
fn kept(row: ScheduleRow) -> ScheduleRow {
    ScheduleRow {
        next_at: row.next_at.map(as_kept),
        ..row
    }
}

#[async_trait]
impl Schedules for MemorySchedules {
    async fn get(
        &self,
        account: &AccountId,
        schedule: &ScheduleId,
    ) -> Result<Option<Versioned<ScheduleRow>>> {
        let key = (account.clone(), schedule.clone());
        self.faults
            .call("schedules.get", || Ok(self.lock().get(&key).cloned()))
            .await
    }

    async fn save(&self, row: &Versioned<ScheduleRow>) -> Result<Saved> {
        let write = || {
            let ScheduleRow {
                account_id,
                schedule_id,
                ..
            } = &row.value;
            let key = (account_id.clone(), schedule_id.clone());
            Ok(replace(&mut self.lock(), key, row.clone().map(kept)))
        };
        self.faults.call("schedules.save", write).await
    }

    async fn park(&self, due: &Due, reason: &str) -> Result<bool> {
        let write = || {
            let key = (due.account_id.clone(), due.schedule_id.clone());
            let mut rows = self.lock();
            let Some(stored) = rows.get_mut(&key) else {
                return Ok(false);
            };
            let row = &mut stored.value;
            if row.next_at != Some(due.next_at) || row.parked.is_some() {
                return Ok(false);
            }
            row.parked = Some(reason.to_owned());
            stored.revision += 1;
            Ok(true)
        };
        self.faults.call("schedules.park", write).await
    }

    async fn of_account(
        &self,
        account: &AccountId,
        cursor: Option<&str>,
        limit: usize,
    ) -> Result<(Vec<ScheduleRow>, Option<String>)> {
        let read = || {
            let rows = self.lock();
            let mut rest = rows.values().map(|stored| &stored.value).filter(|row| {
                row.account_id == *account
                    && cursor.is_none_or(|cursor| row.schedule_id.as_str() > cursor)
            });
            let page: Vec<ScheduleRow> = rest.by_ref().take(limit).cloned().collect();
            let more = rest.next().is_some();
            let next = page
                .last()
                .filter(|_| more)
                .map(|row| row.schedule_id.to_string());
            Ok((page, next))
        };
        self.faults.call("schedules.of_account", read).await
    }

    async fn due(&self, slice: u8, now: DateTime<Utc>, limit: usize) -> Result<Vec<Due>> {
        let read = || {
            let mut due: Vec<Due> = self
                .lock()
                .values()
                .map(|stored| &stored.value)
                .filter(|row| row.slice() == slice && row.parked.is_none())
                .filter_map(|row| {
                    Some(Due {
                        next_at: row.next_at.filter(|next_at| *next_at <= now)?,
                        account_id: row.account_id.clone(),
                        schedule_id: row.schedule_id.clone(),
                    })
                })
                .collect();
            due.sort();
            due.truncate(limit);
            Ok(due)
        };
        self.faults.call("schedules.due", read).await
    }
}
