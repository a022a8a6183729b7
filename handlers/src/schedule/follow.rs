//! Updating a schedule's row from its events.

use chrono::{DateTime, Utc};
use domain::schedule_event::{change_key, earlier};
use domain::{AccountId, Commit, Event, Schedule, ScheduleId, Version};
use serde_json::Value;

use super::{Scheduler, blank};
use crate::contention::Rounds;
use crate::error::{Contended, Error, Result};
use crate::ports::{IdempotencyRecord, ScheduleRow, Versioned};

/// Attempts to write a row while others write it. After the last, the event is delivered again.
const MAX_ATTEMPTS: u32 = 8;

/// The content of an event of a schedule.
pub(super) struct Said {
    pub(super) schedule_id: ScheduleId,
    pub(super) version: Version,
    pub(super) at: DateTime<Utc>,
    /// The schedule; `None` if the event cancels it.
    pub(super) schedule: Option<Schedule>,
}

impl Scheduler {
    /// Updates the row of the schedule that an `OperationScheduled` or `OperationCancelled` is about. Idempotent.
    ///
    /// The event is only a wake-up: its content is read from the store.
    ///
    /// # Errors
    /// - `Permanent`: the event has no account and version, or the store lacks its commit; a retry does not help.
    /// - `Busy`: every optimistic write lost its race; deliver the event again.
    /// - `Retryable`, `Unknown`: a store did not answer; deliver the event again.
    pub async fn deliver(&self, detail: &Value) -> Result<()> {
        let metadata = &detail["metadata"];
        let account = metadata["account_id"].as_str().map(str::parse::<AccountId>);
        let (Some(Ok(account)), Some(version)) = (account, metadata["version"].as_u64()) else {
            return Err(Error::Permanent(
                "the event names no account and version".into(),
            ));
        };
        let commit = self.commit(&account, version).await?;
        for said in said(&commit)?
            .into_iter()
            .filter(|said| said.version == version)
        {
            self.follow(&account, said).await?;
        }
        Ok(())
    }

    /// Updates the row from an event. An older event than the row's changes nothing.
    pub(super) async fn follow(
        &self,
        account: &AccountId,
        said: Said,
    ) -> Result<Versioned<ScheduleRow>> {
        let mut rounds = Rounds::at_once(MAX_ATTEMPTS);
        while rounds.next().await.is_some() {
            let row = self.schedules.get(account, &said.schedule_id).await?;
            let row = row.unwrap_or_else(|| blank(account, &said.schedule_id));
            if row.value.version >= said.version {
                return Ok(row);
            }
            let next_at = said
                .schedule
                .as_ref()
                .and_then(|schedule| schedule.next_after(said.at, said.at));
            let followed = row.map(|row| ScheduleRow {
                schedule: said.schedule.clone(),
                version: said.version,
                created_at: said.at,
                next_at,
                parked: None,
                ..row
            });
            if self.schedules.save(&followed).await?.is_written() {
                return Ok(followed.written());
            }
        }
        Err(rounds.lost(Contended::Schedule(said.schedule_id)))
    }

    /// Updates the row to the change that followed its version. Returns `None` if there is none.
    pub(super) async fn changed_since(
        &self,
        row: &ScheduleRow,
    ) -> Result<Option<Versioned<ScheduleRow>>> {
        let key = change_key(&row.schedule_id, row.version);
        let Some(used) = self.store.used_key(&row.account_id, &key).await? else {
            return self.changed_by_an_earlier_version(row).await;
        };
        match self.change_under(row, &used).await? {
            Some(change) => self.follow(&row.account_id, change).await.map(Some),
            None => Err(foreign_key(&row.account_id, &used)),
        }
    }

    /// Like [`Scheduler::changed_since`], for a change that an earlier version recorded, whose keys callers could use too. A
    /// caller's commit under such a key does not count.
    pub(super) async fn changed_by_an_earlier_version(
        &self,
        row: &ScheduleRow,
    ) -> Result<Option<Versioned<ScheduleRow>>> {
        let key = earlier::change_key(&row.schedule_id, row.version);
        let Some(used) = self.store.used_key(&row.account_id, &key).await? else {
            return Ok(None);
        };
        match self.change_under(row, &used).await? {
            Some(change) => self.follow(&row.account_id, change).await.map(Some),
            None => Ok(None),
        }
    }

    /// Reads what the commit under this key contains about the schedule.
    async fn change_under(
        &self,
        row: &ScheduleRow,
        used: &IdempotencyRecord,
    ) -> Result<Option<Said>> {
        let commit = self.commit(&row.account_id, used.first_version).await?;
        let mut all = said(&commit)?.into_iter();
        Ok(all.find(|said| said.schedule_id == row.schedule_id))
    }

    pub(super) async fn commit(&self, account: &AccountId, version: Version) -> Result<Commit> {
        let commit = self.store.commit_holding(account, version).await?;
        commit.ok_or_else(|| {
            Error::Permanent(format!("account {account} has no version {version}").into())
        })
    }
}

/// The error for a caller's commit under one of our keys, recorded before such keys were refused.
pub(super) fn foreign_key(account: &AccountId, used: &IdempotencyRecord) -> Error {
    Error::Permanent(
        format!(
            "the commit of account {account} at version {} has a key of a schedule and is not its",
            used.first_version
        )
        .into(),
    )
}

/// Returns the events of schedules in a commit.
fn said(commit: &Commit) -> Result<Vec<Said>> {
    let events = domain::chain::decode(commit)
        .map_err(|error| Error::Permanent(error.to_string().into()))?;
    let said = |((version, event), recorded): ((Version, Event), &domain::RecordedEvent)| {
        let (schedule_id, schedule) = match event {
            Event::OperationScheduled(scheduled) => {
                (scheduled.schedule_id, Some(scheduled.schedule))
            }
            Event::OperationCancelled(schedule_id) => (schedule_id, None),
            Event::AccountOpened(_)
            | Event::MoneyDeposited(_)
            | Event::MoneyWithdrawn(_)
            | Event::TransactionReversed(_)
            | Event::AccountClosed
            | Event::OperationSkipped(_) => return None,
        };
        Some(Said {
            schedule_id,
            version,
            at: recorded.occurred.at(),
            schedule,
        })
    };
    Ok(events
        .into_iter()
        .zip(&commit.events)
        .filter_map(said)
        .collect())
}
