//! Parking: a schedule whose next occurrence can never succeed is put aside, with a dead letter, so that the heartbeat does
//! not try it for ever.

use std::time::Duration;

use domain::{AccountId, ScheduleId};

use super::Scheduler;
use crate::contention::Rounds;
use crate::dead_letter::InternalDeadLetter;
use crate::error::{Contended, Error, Result};
use crate::ports::{Due, ScheduleRow, Schedules};

/// Attempts to write a row while others write it. After the last, the redrive fails as `Busy`.
const MAX_ATTEMPTS: u32 = 8;

/// Whether an occurrence that failed with this error would fail at every heartbeat.
pub(super) fn is_permanent(error: &Error) -> bool {
    match error {
        Error::Permanent(_) | Error::Invalid(_) | Error::NotFound(_) | Error::KeyReused => true,
        Error::VersionConflict { .. }
        | Error::Refused(_)
        | Error::Busy { .. }
        | Error::Retryable(_)
        | Error::Unknown(_) => false,
    }
}

impl Scheduler {
    /// Parks the schedule, with a dead letter.
    ///
    /// # Errors
    /// The letter or the row cannot be written: the schedule is still due.
    pub(super) async fn park(&self, due: &Due, because: &Error) -> Result<()> {
        let reason = because.to_string();
        let letter = InternalDeadLetter::ScheduleParked {
            account_id: due.account_id.clone(),
            schedule_id: due.schedule_id.clone(),
            occurrence: due.next_at,
            reason: reason.clone(),
            at: self.clock.now(),
        };
        // The letter first: a parked schedule without a letter would be lost, and a second letter does no harm.
        self.dead_letters
            .put(&letter.to_body()?, Duration::ZERO)
            .await?;
        self.schedules.park(due, &reason).await.map(drop)
    }
}

/// Resumes a parked schedule at the occurrence at which it stopped. Returns `false` if it is not parked, or does not exist.
/// Idempotent.
///
/// # Errors
/// - `Busy`: every optimistic write lost its race; retry.
/// - `Retryable`, `Unknown`: the store did not answer; retry.
/// - `Permanent`: the row cannot be read; a retry does not help.
pub async fn resume(
    schedules: &dyn Schedules,
    account: &AccountId,
    schedule: &ScheduleId,
) -> Result<bool> {
    let mut rounds = Rounds::at_once(MAX_ATTEMPTS);
    while rounds.next().await.is_some() {
        let row = schedules.get(account, schedule).await?;
        let Some(row) = row.filter(|row| row.value.parked.is_some()) else {
            return Ok(false);
        };
        let due = row.map(|row| ScheduleRow {
            parked: None,
            ..row
        });
        if schedules.save(&due).await?.is_written() {
            return Ok(true);
        }
    }
    Err(rounds.lost(Contended::Schedule(schedule.clone())))
}
