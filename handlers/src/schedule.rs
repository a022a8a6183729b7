//! Scheduled operations: made, changed and cancelled by callers, and run when
//! they are due.
//!
//! The events of the account are the truth, and the schedules table says what
//! is due next. The event is written first; the row follows from it, here or,
//! after a crash in between, when the bus tells of the event. Every occurrence
//! has one idempotency key, under which it is either a movement or an
//! `OperationSkipped`: so it happens once, however often and by how many it is
//! tried. See docs/adr/0012.

mod change;
mod follow;
mod happened;
mod park;
mod run;
mod view;

use std::sync::Arc;
use std::time::Duration;

use domain::{AccountId, ScheduleId};
use serde_json::Value;

use crate::append::Appender;
use crate::error::{Error, Missing, Result};
use crate::ports::{Clock, DeadLetterQueue, EventStore, ScheduleRow, Schedules};
pub use change::{Change, Changed};
pub use park::resume;
pub use run::HeartbeatReport;
pub use view::ScheduleView;

/// Who appends what a schedule does, as the commits have it.
pub const SOURCE: &str = "schedule";
/// The `detail-type` by which the heartbeat calls the function.
pub const HEARTBEAT: &str = "Heartbeat";

pub struct Scheduler {
    pub schedules: Arc<dyn Schedules>,
    pub store: Arc<dyn EventStore>,
    pub appender: Arc<Appender>,
    pub dead_letters: Arc<dyn DeadLetterQueue>,
    pub clock: Arc<dyn Clock>,
}

impl std::fmt::Debug for Scheduler {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Scheduler").finish_non_exhaustive()
    }
}

impl Scheduler {
    /// What the function does: a heartbeat runs what is due, within `budget`;
    /// an event of the bus brings its row up to date.
    ///
    /// # Errors
    /// Where what is due cannot be listed, or the event cannot be followed.
    pub async fn call(&self, event_type: &str, detail: &Value, budget: Duration) -> Result<()> {
        if event_type != HEARTBEAT {
            return self.deliver(detail).await;
        }
        let beat = self.run_due(budget).await?;
        if beat != HeartbeatReport::default() {
            tracing::info!(?beat, "due schedules have run");
        }
        Ok(())
    }

    /// # Errors
    /// `NotFound` for one that never was or is cancelled.
    pub async fn get(&self, account: &AccountId, schedule: &ScheduleId) -> Result<ScheduleView> {
        let row = self.schedules.get(account, schedule).await?;
        row.as_ref().and_then(ScheduleView::of).ok_or_else(|| {
            Error::NotFound(Missing::Schedule {
                account: account.clone(),
                schedule: schedule.clone(),
            })
        })
    }

    /// An account's schedules that are not cancelled. A page may be short; only
    /// a missing cursor is the end.
    ///
    /// # Errors
    /// `NotFound` for an account that was never opened.
    pub async fn of_account(
        &self,
        account: &AccountId,
        cursor: Option<&str>,
        limit: usize,
    ) -> Result<(Vec<ScheduleView>, Option<String>)> {
        let (rows, next) = self.schedules.of_account(account, cursor, limit).await?;
        if rows.is_empty() && cursor.is_none() && self.store.head(account).await?.is_none() {
            return Err(never_opened(account));
        }
        Ok((rows.iter().filter_map(ScheduleView::of).collect(), next))
    }
}

fn never_opened(account: &AccountId) -> Error {
    Error::NotFound(Missing::Account(account.clone()))
}

/// The row as it was before the first event told of it.
fn blank(account: &AccountId, schedule: &ScheduleId) -> ScheduleRow {
    ScheduleRow {
        account_id: account.clone(),
        schedule_id: schedule.clone(),
        schedule: None,
        version: 0,
        created_at: chrono::DateTime::UNIX_EPOCH,
        next_at: None,
        last: None,
        parked: None,
        revision: 0,
    }
}
