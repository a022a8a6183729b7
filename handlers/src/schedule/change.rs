//! Making, changing and cancelling a schedule.

use chrono::SubsecRound;
use domain::account::Status;
use domain::record::{ProposedContent, ProposedEvent, ProposedEvents};
use domain::schedule_event::change_key;
use domain::{
    AccountId, CorrelationId, Event, FieldError, OperationScheduled, Schedule, ScheduleId, Version,
};

use super::follow::Said;
use super::{Scheduler, blank, never_opened};
use crate::append::Append;
use crate::contention::Rounds;
use crate::error::{Contended, Error, Missing, Refusal, Result};
use crate::ports::ScheduleRow;

/// How often a change is tried when others change the same schedule.
const MAX_ATTEMPTS: u32 = 5;

/// A caller's wish for a schedule.
#[derive(Debug, Clone)]
pub struct Change {
    pub account_id: AccountId,
    pub schedule_id: ScheduleId,
    /// What it is to be; `None`: cancelled.
    pub schedule: Option<Schedule>,
    /// The version that it must have; 0: there must be none.
    pub if_match: Option<Version>,
    pub source: String,
    pub correlation_id: CorrelationId,
}

/// What a change has led to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changed {
    pub row: ScheduleRow,
    /// There was none before, or it was cancelled.
    pub created: bool,
}

impl Scheduler {
    /// Makes, replaces or cancels a schedule. What it is already, it stays, and
    /// nothing is recorded. A change takes effect with its event: occurrences
    /// that were due before and have not run do not run any more.
    ///
    /// # Errors
    /// `NotFound` for an account that was never opened, and for cancelling what
    /// never was; `Conflict` for a schedule of a closed account;
    /// `VersionConflict` where the schedule is not at `if_match`; `Invalid` for
    /// one that never runs or is in another currency.
    pub async fn change(&self, change: &Change) -> Result<Changed> {
        let mut rounds = Rounds::at_once(MAX_ATTEMPTS);
        while rounds.next().await.is_some() {
            let row = self
                .schedules
                .get(&change.account_id, &change.schedule_id)
                .await?
                .unwrap_or_else(|| blank(&change.account_id, &change.schedule_id));
            let existed = row.schedule.is_some();
            if row.version > 0 && row.schedule == change.schedule {
                // A retry, most likely. A change that is recorded and that the
                // row does not show yet counts as well.
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
                // The row may be what is missing.
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

    /// Appends the change after what the row says. `None`: another change had
    /// come after it, and the row follows that now.
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
                occurred_at: now,
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
                self.follow(&change.account_id, said).await.map(Some)
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
