//! Scheduled operations: callers create, change and cancel them, and the heartbeat runs them when they are due.
//!
//! The events of the account are the truth, and the schedules table contains what is due next. The event is written first;
//! the row follows from it, immediately or, after a crash between them, when the bus delivers the event. Every occurrence has
//! one idempotency key, under which it is either a movement or an `OperationSkipped`. So it happens once, no matter how often
//! and by how many workers it is tried. See `docs/adr/0012-one-heartbeat-runs-what-is-due.md`.

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
use crate::ports::{Clock, DeadLetterQueue, EventStore, ScheduleRow, Schedules, Versioned};
pub use change::{Change, Changed};
pub use park::resume;
pub use run::HeartbeatReport;
pub use view::ScheduleView;

/// The source of commits that the scheduler appends. Stored.
pub const SOURCE: &str = "schedule";
/// The `detail-type` with which the heartbeat calls the function.
pub const HEARTBEAT: &str = "Heartbeat";

/// The use cases of schedules.
pub struct Scheduler {
    /// The schedules in their current state.
    pub schedules: Arc<dyn Schedules>,
    /// The event store, with the events of schedules and their idempotency keys.
    pub store: Arc<dyn EventStore>,
    /// The use case that appends changes and occurrences.
    pub appender: Arc<Appender>,
    /// The queue for the letters about parked schedules.
    pub dead_letters: Arc<dyn DeadLetterQueue>,
    /// The clock by which schedules are due.
    pub clock: Arc<dyn Clock>,
}

impl std::fmt::Debug for Scheduler {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Scheduler").finish_non_exhaustive()
    }
}

impl Scheduler {
    /// Handles one invocation of the function: a heartbeat runs the due schedules within `budget`, and an event of the bus
    /// updates its schedule's row.
    ///
    /// # Errors
    /// Those of [`Scheduler::run_due`] for a heartbeat, and those of [`Scheduler::deliver`] for an event.
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

    /// Reads a schedule.
    ///
    /// # Errors
    /// - `NotFound`: the schedule never existed or is cancelled.
    /// - `Retryable`, `Unknown`: the store did not answer; read again.
    /// - `Permanent`: the row cannot be read; a retry does not help.
    pub async fn get(&self, account: &AccountId, schedule: &ScheduleId) -> Result<ScheduleView> {
        let row = self.schedules.get(account, schedule).await?;
        let view = row.and_then(|row| ScheduleView::of(&row.value));
        view.ok_or_else(|| {
            Error::NotFound(Missing::Schedule {
                account: account.clone(),
                schedule: schedule.clone(),
            })
        })
    }

    /// Reads a page of an account's schedules that are not cancelled, at most `limit`. A page may be short; only a missing
    /// cursor is the end.
    ///
    /// # Errors
    /// - `NotFound`: the account was never opened.
    /// - `Invalid`: the cursor is none that was given out here.
    /// - `Retryable`, `Unknown`: a store did not answer; read again.
    /// - `Permanent`: a row cannot be read; a retry does not help.
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

/// The row of a schedule that has no event yet.
fn blank(account: &AccountId, schedule: &ScheduleId) -> Versioned<ScheduleRow> {
    Versioned::new(ScheduleRow {
        account_id: account.clone(),
        schedule_id: schedule.clone(),
        schedule: None,
        version: 0,
        created_at: chrono::DateTime::UNIX_EPOCH,
        next_at: None,
        last: None,
        parked: None,
    })
}
