//! Running what is due.

use std::collections::BTreeSet;
use std::time::Duration;

use chrono::{DateTime, SubsecRound, Utc};
use domain::account::Status;
use domain::event::MovementKind;
use domain::record::{ProposedContent, ProposedEvent, ProposedEvents};
use domain::{
    Account, Event, Occurrence, OccurrenceSkipReason, OperationSkipped, Schedule, Version,
};
use tracing::Instrument;

use super::happened::skipped_because;
use super::park::is_for_good;
use super::{SOURCE, Scheduler};
use crate::append::Append;
use crate::contention::Rounds;
use crate::error::{Contended, Error, Result};
use crate::ports::{DUE_SHARDS, Due, LastRun, ScheduleRow};
use crate::telemetry;

/// Schedules of one slice that a beat looks at. What is left is still due at
/// the next one.
const MAX_DUE: usize = 1000;
/// Occurrences of one beat. After a long silence the rest runs at the next
/// ones, so that a beat has an end that does not hang on the clock alone.
const MAX_OCCURRENCES: u64 = 2000;
/// How often an occurrence is tried when others write to its account.
const MAX_ATTEMPTS: u32 = 12;

/// What a beat has done.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct HeartbeatReport {
    /// Occurrences that moved money.
    pub done: u64,
    /// Occurrences that were recorded as skipped.
    pub skipped: u64,
    /// Schedules that failed: they stay due, or are parked with a dead letter
    /// where they can never be worked off. The log has why.
    pub failed: u64,
    /// Something may be due still, as the budget was used up.
    pub unfinished: bool,
}

impl Scheduler {
    /// Runs what is due, the longest due first, for at most `budget`. Missed
    /// occurrences all run. A schedule that fails does not stop the others: it
    /// stays due where it may go well later, and is parked otherwise.
    ///
    /// # Errors
    /// Where the schedules that are due cannot be listed.
    pub async fn run_due(&self, budget: Duration) -> Result<HeartbeatReport> {
        let started = self.clock.now();
        let deadline = started + budget;
        let mut due = BTreeSet::new();
        for slice in 0..DUE_SHARDS {
            due.extend(self.schedules.due(slice, started, MAX_DUE).await?);
        }
        let mut beat = HeartbeatReport::default();
        while let Some(first) = due.pop_first() {
            if self.clock.now() >= deadline || beat.done + beat.skipped >= MAX_OCCURRENCES {
                beat.unfinished = true;
                break;
            }
            let span = tracing::error_span!(
                "schedule",
                account_id = %first.account_id, schedule_id = %first.schedule_id
            );
            match self.run(&first, started).instrument(span.clone()).await {
                Ok(None) => {}
                Ok(Some(row)) => {
                    match row.last.as_ref().and_then(|last| last.skipped) {
                        Some(_) => beat.skipped += 1,
                        None => beat.done += 1,
                    }
                    // Only forward: no row keeps a beat from its end.
                    due.extend(
                        next_of(&row)
                            .filter(|next| next.next_at > first.next_at && next.next_at <= started),
                    );
                }
                Err(error) => {
                    beat.failed += 1;
                    span.in_scope(|| telemetry::schedule_failed_when_due(&first, &error));
                    if is_for_good(&error)
                        && let Err(error) = self.park(&first, &error).await
                    {
                        span.in_scope(|| telemetry::schedule_not_parked(&first, &error));
                    }
                }
            }
        }
        Ok(beat)
    }

    /// Runs one occurrence; answers with the row after it. `None`: nothing was
    /// due after all.
    async fn run(&self, due: &Due, now: DateTime<Utc>) -> Result<Option<ScheduleRow>> {
        let found = self
            .schedules
            .get(&due.account_id, &due.schedule_id)
            .await?;
        let Some(mut row) = found else {
            return Ok(None);
        };
        let mut rounds = Rounds::at_once(MAX_ATTEMPTS);
        while rounds.next().await.is_some() {
            let Some((schedule, at)) = row.schedule.clone().zip(row.next_at) else {
                return Ok(None);
            };
            if at > now || row.parked.is_some() {
                return Ok(None);
            }
            // In this order: a change that is recorded after the head was read
            // makes the append fail, and one before is seen by its key.
            let head = self.store.head(&row.account_id).await?.ok_or_else(|| {
                Error::Permanent(format!("account {} has no events", row.account_id).into())
            })?;
            if let Some(changed) = self.changed_since(&row).await? {
                row = changed;
                continue;
            }
            let occurrence = Occurrence {
                schedule_id: row.schedule_id.clone(),
                at,
            };
            let ran = self.happened_in_an_earlier_version(&row, &occurrence);
            if let Some(last) = ran.await? {
                return self.advance(row, &schedule, last).await;
            }
            let event = decide(&schedule, head.account(), occurrence.clone());
            let last = match self.append(&row, &occurrence, event, head.version()).await {
                Ok(last) => last,
                Err(Error::VersionConflict { .. }) => continue,
                Err(error) => return Err(error),
            };
            return self.advance(row, &schedule, last).await;
        }
        Err(rounds.lost(Contended::AccountOfSchedule(row.account_id)))
    }

    async fn append(
        &self,
        row: &ScheduleRow,
        occurrence: &Occurrence,
        event: Event,
        version: Version,
    ) -> Result<LastRun> {
        let key = occurrence.key();
        let skipped = skipped_because(&event);
        let request = Append {
            account_id: row.account_id.clone(),
            idempotency_key: key.clone(),
            if_match: Some(version),
            source: SOURCE.to_owned(),
            correlation_id: occurrence.correlation_id(),
            proposed: ProposedEvents::of(vec![ProposedEvent {
                occurred_at: self.clock.now().trunc_subsecs(0),
                content: ProposedContent::Event(event),
            }]),
        };
        match self.appender.append(&request).await {
            Ok(recorded) => Ok(LastRun {
                occurrence: occurrence.at,
                version: recorded.last_version(),
                skipped,
            }),
            // It has happened before, and the row does not know.
            Err(Error::KeyReused) => self.happened(row, occurrence).await,
            Err(error) => Err(error),
        }
    }

    /// Notes that the occurrence has run, and when the next one is.
    async fn advance(
        &self,
        row: ScheduleRow,
        schedule: &Schedule,
        last: LastRun,
    ) -> Result<Option<ScheduleRow>> {
        // A closed account is never opened again: the first skip is the last.
        let over = last.skipped == Some(OccurrenceSkipReason::AccountClosed);
        let next_at = schedule
            .next_after(row.created_at, last.occurrence)
            .filter(|_| !over);
        let advanced = ScheduleRow {
            next_at,
            last: Some(last),
            parked: None,
            revision: row.revision + 1,
            ..row
        };
        // Who was quicker has noted the same, or has changed the schedule.
        let saved = self.schedules.save(&advanced).await?;
        Ok(saved.then_some(advanced))
    }
}

fn next_of(row: &ScheduleRow) -> Option<Due> {
    Some(Due {
        next_at: row.next_at?,
        account_id: row.account_id.clone(),
        schedule_id: row.schedule_id.clone(),
    })
}

/// What an occurrence comes to, for an account that stands like this.
fn decide(schedule: &Schedule, account: &Account, occurrence: Occurrence) -> Event {
    let kind = schedule.operation.kind;
    let mut movement = schedule.operation.movement.clone();
    let available =
        i128::from(account.balance.minor()) + i128::from(account.overdraft_limit.minor());
    let reason = if account.status == Status::Closed {
        Some(OccurrenceSkipReason::AccountClosed)
    } else if kind == MovementKind::Withdrawal && available < i128::from(movement.amount.minor()) {
        Some(OccurrenceSkipReason::InsufficientFunds)
    } else {
        None
    };
    if let Some(reason) = reason {
        return Event::OperationSkipped(OperationSkipped {
            occurrence,
            reason,
            movement: kind,
            amount: movement.amount,
        });
    }
    movement.scheduled = Some(occurrence);
    match kind {
        MovementKind::Deposit => Event::MoneyDeposited(movement),
        MovementKind::Withdrawal => Event::MoneyWithdrawn(movement),
    }
}
