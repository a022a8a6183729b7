//! The row follows the events.

use chrono::{DateTime, Utc};
use domain::schedule_event::{change_key, earlier};
use domain::{AccountId, Commit, Event, Schedule, ScheduleId, Version};
use serde_json::Value;

use super::{Scheduler, blank};
use crate::contention::Rounds;
use crate::error::{Contended, Error, Result};
use crate::ports::{IdempotencyRecord, ScheduleRow};

/// How often a row is written when others write it at the same time.
const MAX_ATTEMPTS: u32 = 8;

/// What an event says of a schedule.
pub(super) struct Said {
    pub(super) schedule_id: ScheduleId,
    pub(super) version: Version,
    pub(super) at: DateTime<Utc>,
    /// `None`: it is cancelled.
    pub(super) schedule: Option<Schedule>,
}

impl Scheduler {
    /// What the bus has the function do for `OperationScheduled` and
    /// `OperationCancelled`. The event is a doorbell: what it is about is read
    /// from the store.
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

    /// Brings the row up to what an event says; an older event changes nothing.
    pub(super) async fn follow(&self, account: &AccountId, said: Said) -> Result<ScheduleRow> {
        let mut rounds = Rounds::at_once(MAX_ATTEMPTS);
        while rounds.next().await.is_some() {
            let row = self.schedules.get(account, &said.schedule_id).await?;
            let row = row.unwrap_or_else(|| blank(account, &said.schedule_id));
            if row.version >= said.version {
                return Ok(row);
            }
            let next_at = said
                .schedule
                .as_ref()
                .and_then(|schedule| schedule.next_after(said.at, said.at));
            let followed = ScheduleRow {
                schedule: said.schedule.clone(),
                version: said.version,
                created_at: said.at,
                next_at,
                parked: None,
                revision: row.revision + 1,
                ..row
            };
            if self.schedules.save(&followed).await? {
                return Ok(followed);
            }
        }
        Err(rounds.lost(Contended::Schedule(said.schedule_id)))
    }

    /// The row, brought up to the change that came after it. `None`: none came.
    pub(super) async fn changed_since(&self, row: &ScheduleRow) -> Result<Option<ScheduleRow>> {
        let key = change_key(&row.schedule_id, row.version);
        let Some(used) = self.store.used_key(&row.account_id, &key).await? else {
            return self.changed_by_an_earlier_version(row).await;
        };
        match self.change_under(row, &used).await? {
            Some(change) => self.follow(&row.account_id, change).await.map(Some),
            None => Err(foreign_key(&row.account_id, &used)),
        }
    }

    /// The same for a change that a version without a key space of its own has
    /// recorded. Callers could take those keys, and what they have recorded
    /// under one is none of ours.
    pub(super) async fn changed_by_an_earlier_version(
        &self,
        row: &ScheduleRow,
    ) -> Result<Option<ScheduleRow>> {
        let key = earlier::change_key(&row.schedule_id, row.version);
        let Some(used) = self.store.used_key(&row.account_id, &key).await? else {
            return Ok(None);
        };
        match self.change_under(row, &used).await? {
            Some(change) => self.follow(&row.account_id, change).await.map(Some),
            None => Ok(None),
        }
    }

    /// What the commit under this key says of the schedule.
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

/// A request of a caller has taken a key of ours, before they were refused.
pub(super) fn foreign_key(account: &AccountId, used: &IdempotencyRecord) -> Error {
    Error::Permanent(
        format!(
            "the commit of account {account} at version {} has a key of a schedule and is not its",
            used.first_version
        )
        .into(),
    )
}

/// What a commit says of schedules.
fn said(commit: &Commit) -> Result<Vec<Said>> {
    let events = domain::chain::decode(commit)
        .map_err(|error| Error::Permanent(error.to_string().into()))?;
    let said = |((version, event), recorded): ((Version, Event), &domain::RecordedEvent)| {
        let (schedule_id, schedule) = match event {
            Event::OperationScheduled(scheduled) => {
                (scheduled.schedule_id, Some(scheduled.schedule))
            }
            Event::OperationCancelled(schedule_id) => (schedule_id, None),
            _ => return None,
        };
        Some(Said {
            schedule_id,
            version,
            at: recorded.occurred_at,
            schedule,
        })
    };
    Ok(events
        .into_iter()
        .zip(&commit.events)
        .filter_map(said)
        .collect())
}
