//! Parking: what is due and can never be worked off is put aside, with a dead
//! letter, so that it is not tried at every beat for ever.

use std::time::Duration;

use domain::{AccountId, ScheduleId};

use super::Scheduler;
use crate::contention::Rounds;
use crate::dead_letter::InternalDeadLetter;
use crate::error::{Contended, Error, Result};
use crate::ports::{Due, ScheduleRow, Schedules};

/// How often a row is written when others write it at the same time.
const MAX_ATTEMPTS: u32 = 8;

/// Whether it fails at the next beat as it has at this one.
pub(super) fn is_for_good(error: &Error) -> bool {
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
    /// # Errors
    /// Where the letter or the row cannot be written: then it is still due.
    pub(super) async fn park(&self, due: &Due, because: &Error) -> Result<()> {
        let reason = because.to_string();
        let letter = InternalDeadLetter::ScheduleParked {
            account_id: due.account_id.clone(),
            schedule_id: due.schedule_id.clone(),
            occurrence: due.next_at,
            reason: reason.clone(),
            at: self.clock.now(),
        };
        // The letter first: what is parked and nobody is told of is lost, and a
        // second letter does no harm.
        self.dead_letters
            .put(&letter.to_body()?, Duration::ZERO)
            .await?;
        self.schedules.park(due, &reason).await.map(drop)
    }
}

/// Makes a parked schedule due again, from the occurrence at which it stopped.
/// `false` where it is not parked, or not there, any more.
///
/// # Errors
/// `Permanent` for a row that cannot be read; `Busy` where others write it.
pub async fn resume(
    schedules: &dyn Schedules,
    account: &AccountId,
    schedule: &ScheduleId,
) -> Result<bool> {
    let mut rounds = Rounds::at_once(MAX_ATTEMPTS);
    while rounds.next().await.is_some() {
        let row = schedules.get(account, schedule).await?;
        let Some(row) = row.filter(|row| row.parked.is_some()) else {
            return Ok(false);
        };
        let due = ScheduleRow {
            parked: None,
            revision: row.revision + 1,
            ..row
        };
        if schedules.save(&due).await? {
            return Ok(true);
        }
    }
    Err(rounds.lost(Contended::Schedule(schedule.clone())))
}
