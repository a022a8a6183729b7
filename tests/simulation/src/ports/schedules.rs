//! Nothing is scheduled in the simulation: the table stays empty.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use domain::{AccountId, ScheduleId};
use handlers::ports::{Due, ScheduleRow, Schedules};
use handlers::{Error, Result};

use super::Port;

#[async_trait]
impl Schedules for Port {
    async fn get(&self, _: &AccountId, _: &ScheduleId) -> Result<Option<ScheduleRow>> {
        Ok(None)
    }

    async fn save(&self, row: &ScheduleRow) -> Result<bool> {
        Err(Error::Permanent(format!(
            "schedule {} of account {}: nothing is scheduled here",
            row.schedule_id, row.account_id
        )))
    }

    async fn park(&self, _: &Due, _: &str) -> Result<bool> {
        Ok(false)
    }

    async fn of_account(
        &self,
        _: &AccountId,
        _: Option<&str>,
        _: usize,
    ) -> Result<(Vec<ScheduleRow>, Option<String>)> {
        Ok((Vec::new(), None))
    }

    async fn due(&self, _: u8, _: DateTime<Utc>, _: usize) -> Result<Vec<Due>> {
        Ok(Vec::new())
    }
}
