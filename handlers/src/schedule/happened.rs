//! The outcome of an occurrence that was recorded before.

use domain::schedule_event::earlier;
use domain::{Event, Occurrence, OccurrenceSkipReason};

use super::Scheduler;
use super::follow::foreign_key;
use crate::error::{Error, Result};
use crate::ports::{IdempotencyRecord, LastRun, ScheduleRow};

impl Scheduler {
    /// Reads the outcome of an occurrence whose key is used.
    pub(super) async fn happened(
        &self,
        row: &ScheduleRow,
        occurrence: &Occurrence,
    ) -> Result<LastRun> {
        let used = self
            .store
            .used_key(&row.account_id, &occurrence.key())
            .await?;
        let used =
            used.ok_or_else(|| Error::Permanent("a key that was used leads to nothing".into()))?;
        self.left_under(row, occurrence, &used)
            .await?
            .ok_or_else(|| foreign_key(&row.account_id, &used))
    }

    /// Reads the outcome of an occurrence that an earlier version recorded and that the row does not show. Callers could use
    /// that version's keys too: another commit under the key does not count.
    pub(super) async fn happened_in_an_earlier_version(
        &self,
        row: &ScheduleRow,
        occurrence: &Occurrence,
    ) -> Result<Option<LastRun>> {
        let key = earlier::occurrence_key(occurrence);
        match self.store.used_key(&row.account_id, &key).await? {
            Some(used) => self.left_under(row, occurrence, &used).await,
            None => Ok(None),
        }
    }

    async fn left_under(
        &self,
        row: &ScheduleRow,
        occurrence: &Occurrence,
        used: &IdempotencyRecord,
    ) -> Result<Option<LastRun>> {
        let commit = self.commit(&row.account_id, used.first_version).await?;
        let events = domain::chain::decode(&commit)
            .map_err(|error| Error::Permanent(error.to_string().into()))?;
        let of_this = |event: &Event| match event {
            Event::MoneyDeposited(movement) | Event::MoneyWithdrawn(movement) => {
                movement.scheduled.as_ref() == Some(occurrence)
            }
            Event::OperationSkipped(skipped) => skipped.occurrence == *occurrence,
            Event::AccountOpened(_)
            | Event::TransactionReversed(_)
            | Event::AccountClosed
            | Event::OperationScheduled(_)
            | Event::OperationCancelled(_) => false,
        };
        let mut events = events.into_iter();
        let left = events.find(|(_, event)| of_this(event));
        Ok(left.map(|(version, event)| LastRun {
            occurrence: occurrence.at,
            version,
            skipped: skipped_because(&event),
        }))
    }
}

pub(super) fn skipped_because(event: &Event) -> Option<OccurrenceSkipReason> {
    if let Event::OperationSkipped(skipped) = event {
        Some(skipped.reason)
    } else {
        None
    }
}
