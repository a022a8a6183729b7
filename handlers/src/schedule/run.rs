//! Running due schedules.

use std::collections::BTreeSet;
use std::time::Duration;

use chrono::{DateTime, SubsecRound, Utc};
use domain::account::Status;
use domain::event::MovementKind;
use domain::record::{ProposedContent, ProposedEvent, ProposedEvents};
use domain::{
    Account, Event, Occurred, Occurrence, OccurrenceSkipReason, OperationSkipped, Schedule, Version,
};
use tracing::Instrument;

use super::happened::skipped_because;
use super::park::is_permanent;
use super::{SOURCE, Scheduler};
use crate::append::Append;
use crate::contention::Rounds;
use crate::error::{Contended, Error, Result};
use crate::ports::{DUE_SHARDS, Due, LastRun, ScheduleRow, Versioned};
use crate::telemetry;

/// Due schedules of one shard that a heartbeat reads. The rest waits for the next heartbeat.
const MAX_DUE: usize = 1000;
/// Occurrences of one heartbeat, so that it ends even if the clock stands still. The rest waits for the next heartbeat.
const MAX_OCCURRENCES: u64 = 2000;
/// Attempts of an occurrence while others write to its account. After the last, it is still due.
const MAX_ATTEMPTS: u32 = 12;

/// The result of a heartbeat.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct HeartbeatReport {
    /// Occurrences that moved money.
    pub done: u64,
    /// Occurrences that were recorded as skipped.
    pub skipped: u64,
    /// Schedules that failed. They are still due, or parked with a dead letter if they can never succeed. The log has the
    /// errors.
    pub failed: u64,
    /// Whether schedules may still be due, because the budget was used up.
    pub unfinished: bool,
}

impl Scheduler {
    /// Runs the due schedules, the longest due first, for at most `budget` and one occurrence. All missed occurrences run.
    /// Idempotent: each occurrence is recorded once.
    ///
    /// A schedule that fails does not stop the others. It stays due after a transient failure, and is parked after a permanent
    /// one.
    ///
    /// # Errors
    /// - `Retryable`, `Unknown`: the due schedules could not be listed; the next heartbeat tries again.
    /// - `Permanent`: the store refused the query; a retry does not help.
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
                    // Only forward, so that no row prevents the heartbeat's end.
                    due.extend(
                        next_of(&row)
                            .filter(|next| next.next_at > first.next_at && next.next_at <= started),
                    );
                }
                Err(error) => {
                    beat.failed += 1;
                    span.in_scope(|| telemetry::schedule_failed_when_due(&first, &error));
                    if is_permanent(&error)
                        && let Err(error) = self.park(&first, &error).await
                    {
                        span.in_scope(|| telemetry::schedule_not_parked(&first, &error));
                    }
                }
            }
        }
        Ok(beat)
    }

    /// Runs one occurrence. Returns the row after it, or `None` if nothing was due after all.
    async fn run(&self, due: &Due, now: DateTime<Utc>) -> Result<Option<ScheduleRow>> {
        let found = self
            .schedules
            .get(&due.account_id, &due.schedule_id)
            .await?;
        let Some(mut stored) = found else {
            return Ok(None);
        };
        let mut rounds = Rounds::at_once(MAX_ATTEMPTS);
        while rounds.next().await.is_some() {
            let row = &stored.value;
            let Some((schedule, at)) = row.schedule.clone().zip(row.next_at) else {
                return Ok(None);
            };
            if at > now || row.parked.is_some() {
                return Ok(None);
            }
            // In this order: a change that is recorded after this read of the head makes the append fail, and an earlier one
            // is found by its key.
            let head = self.store.head(&row.account_id).await?.ok_or_else(|| {
                Error::Permanent(format!("account {} has no events", row.account_id).into())
            })?;
            if let Some(changed) = self.changed_since(row).await? {
                stored = changed;
                continue;
            }
            let occurrence = Occurrence {
                schedule_id: row.schedule_id.clone(),
                at,
            };
            let ran = self.happened_in_an_earlier_version(row, &occurrence);
            if let Some(last) = ran.await? {
                return self.advance(stored, &schedule, last).await;
            }
            let event = decide(&schedule, head.account(), occurrence.clone());
            let last = match self.append(row, &occurrence, event, head.version()).await {
                Ok(last) => last,
                Err(Error::VersionConflict { .. }) => continue,
                Err(error) => return Err(error),
            };
            return self.advance(stored, &schedule, last).await;
        }
        let account = stored.value.account_id;
        Err(rounds.lost(Contended::AccountOfSchedule(account)))
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
                occurred: Occurred::At(self.clock.now().trunc_subsecs(0)),
                content: ProposedContent::Event(event),
            }]),
        };
        match self.appender.append(&request).await {
            Ok(recorded) => Ok(LastRun {
                occurrence: occurrence.at,
                version: recorded.last_version(),
                skipped,
            }),
            // It was recorded before, and the row does not show it.
            Err(Error::KeyReused) => self.happened(row, occurrence).await,
            Err(error) => Err(error),
        }
    }

    /// Writes the occurrence's outcome and the time of the next one to the row.
    async fn advance(
        &self,
        row: Versioned<ScheduleRow>,
        schedule: &Schedule,
        last: LastRun,
    ) -> Result<Option<ScheduleRow>> {
        // A closed account is never opened again, so the first skip is the last.
        let over = last.skipped == Some(OccurrenceSkipReason::AccountClosed);
        let next_at = schedule
            .next_after(row.value.created_at, last.occurrence)
            .filter(|_| !over);
        let advanced = row.map(|row| ScheduleRow {
            next_at,
            last: Some(last),
            parked: None,
            ..row
        });
        // A faster writer has written the same, or has changed the schedule.
        let saved = self.schedules.save(&advanced).await?;
        Ok(saved.is_written().then_some(advanced.value))
    }
}

fn next_of(row: &ScheduleRow) -> Option<Due> {
    Some(Due {
        next_at: row.next_at?,
        account_id: row.account_id.clone(),
        schedule_id: row.schedule_id.clone(),
    })
}

/// Returns the event of an occurrence: the movement, or a skip if the account does not allow it.
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
