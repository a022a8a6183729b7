//! Creating, changing and cancelling a schedule.

use chrono::SubsecRound;
use domain::account::Status;
use domain::record::{ProposedContent, ProposedEvent, ProposedEvents};
use domain::schedule_event::change_key;
use domain::{
    AccountId, CorrelationId, Event, FieldError, Occurred, OperationScheduled, Schedule,
    ScheduleId, Version,
};

use super::follow::Said;
use super::{Scheduler, blank, never_opened};
use crate::append::Append;
use crate::contention::Rounds;
use crate::error::{Contended, Error, Missing, Refusal, Result};
use crate::ports::ScheduleRow;

/// Attempts of a change while others change the same schedule. After the last, it fails as `Busy`.
const MAX_ATTEMPTS: u32 = 5;

/// A request to create, replace or cancel a schedule.
#[derive(Debug, Clone)]
pub struct Change {
    /// The schedule's account.
    pub account_id: AccountId,
    /// The schedule's id, unique within the account.
    pub schedule_id: ScheduleId,
    /// The new schedule; `None` cancels it.
    pub schedule: Option<Schedule>,
    /// The version that the schedule must have, 0 if it must not exist; `None` for any.
    pub if_match: Option<Version>,
    /// The caller; recorded with the event.
    pub source: String,
    /// The id that follows the request through all logs; recorded with the event.
    pub correlation_id: CorrelationId,
}

/// The result of a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changed {
    /// The schedule after the change.
    pub row: ScheduleRow,
    /// Whether it did not exist before, or was cancelled.
    pub created: bool,
}

impl Scheduler {
    /// Creates, replaces or cancels a schedule. Idempotent: a change to the current state records nothing.
    ///
    /// A change takes effect with its event: occurrences that were due before it and have not run will not run.
    ///
    /// # Errors
    /// - `Invalid`: the schedule never runs, or has another currency than the account; a retry does not help.
    /// - `NotFound`: the account was never opened, or a schedule to cancel never existed.
    /// - `VersionConflict`: the schedule is not at the version of `if_match`; read it and decide again.
    /// - `Refused`: the account is closed.
    /// - `Busy`: every optimistic write lost its race; retry.
    /// - `Retryable`, `Unknown`: a store did not answer, and the change may be recorded; retry.
    /// - `Permanent`: stored data cannot be read, or a caller's commit has a key of the schedule; a retry does not help.
    pub async fn change(&self, change: &Change) -> Result<Changed> {
        let mut rounds = Rounds::at_once(MAX_ATTEMPTS);
        while rounds.next().await.is_some() {
            let row = self
                .schedules
                .get(&change.account_id, &change.schedule_id)
                .await?
                .unwrap_or_else(|| blank(&change.account_id, &change.schedule_id))
                .value;
            let existed = row.schedule.is_some();
            if row.version > 0 && row.schedule == change.schedule {
                // Most likely a retry. But a later change may be recorded that the row does not show yet.
                match self.changed_since(&row).await? {
                    Some(_) => continue,
                    None => {
                        return Ok(Changed {
                            row,
                            created: false,
                        });
                    }
                }
            }
            let actual = if existed { row.version } else { 0 };
            if let Some(expected) = change.if_match
                && expected != actual
            {
                return Err(Error::VersionConflict { expected, actual });
            }
            if row.version == 0 && change.schedule.is_none() {
                // The event may be recorded and only the row missing.
                return match self.changed_since(&row).await? {
                    Some(_) => continue,
                    None => Err(Error::NotFound(Missing::Schedule {
                        account: change.account_id.clone(),
                        schedule: change.schedule_id.clone(),
                    })),
                };
            }
            if let Some(row) = self.record(change, &row).await? {
                return Ok(Changed {
                    row,
                    created: !existed,
                });
            }
        }
        Err(rounds.lost(Contended::Schedule(change.schedule_id.clone())))
    }

    /// Appends the change after the row's version. Returns `None` if another change was first, which the row now shows.
    async fn record(&self, change: &Change, row: &ScheduleRow) -> Result<Option<ScheduleRow>> {
        let now = self.clock.now().trunc_subsecs(0);
        let event = match &change.schedule {
            Some(schedule) => {
                self.check(change, schedule).await?;
                schedule.first(now).map_err(Error::invalid)?;
                Event::OperationScheduled(Box::new(OperationScheduled {
                    schedule_id: change.schedule_id.clone(),
                    schedule: schedule.clone(),
                }))
            }
            None => Event::OperationCancelled(change.schedule_id.clone()),
        };
        if self.changed_by_an_earlier_version(row).await?.is_some() {
            return Ok(None);
        }
        let request = Append {
            account_id: change.account_id.clone(),
            idempotency_key: change_key(&change.schedule_id, row.version),
            if_match: None,
            source: change.source.clone(),
            correlation_id: change.correlation_id.clone(),
            proposed: ProposedEvents::of(vec![ProposedEvent {
                occurred: Occurred::At(now),
                content: ProposedContent::Event(event),
            }]),
        };
        match self.appender.append(&request).await {
            Ok(recorded) => {
                let said = Said {
                    schedule_id: change.schedule_id.clone(),
                    version: recorded.last_version(),
                    at: now,
                    schedule: change.schedule.clone(),
                };
                let row = self.follow(&change.account_id, said).await?;
                Ok(Some(row.value))
            }
            Err(Error::KeyReused) => {
                self.changed_since(row).await?;
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    async fn check(&self, change: &Change, schedule: &Schedule) -> Result<()> {
        let last = self.store.head(&change.account_id).await?;
        let last = last.ok_or_else(|| never_opened(&change.account_id))?;
        let account = last.account();
        if account.status == Status::Closed {
            return Err(Error::Refused(Refusal::AccountClosed(
                change.account_id.clone(),
            )));
        }
        if schedule.operation.movement.amount.currency() != account.currency() {
            return Err(Error::invalid(FieldError::pointer(
                "/operation/data/currency",
                format!("must be {}, the account's currency", account.currency()),
            )));
        }
        Ok(())
    }
}
