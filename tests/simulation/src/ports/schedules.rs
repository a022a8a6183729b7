use async_trait::async_trait;
use chrono::{DateTime, Utc};
use domain::{AccountId, ScheduleId};
use handlers::Result;
use handlers::ports::{Due, Saved, ScheduleRow, Schedules, Versioned};

use super::Port;
use crate::faults::Hop;
use crate::kernel::Core;

#[async_trait]
impl Schedules for Port {
    async fn get(
        &self,
        account: &AccountId,
        schedule: &ScheduleId,
    ) -> Result<Option<Versioned<ScheduleRow>>> {
        let key = (account.clone(), schedule.clone());
        self.call(Hop::SchedulesRead, move |core| {
            core.state.schedules.get(&key).cloned()
        })
        .await
    }

    async fn save(&self, row: &Versioned<ScheduleRow>) -> Result<Saved> {
        let row = row.clone();
        self.call(Hop::SchedulesWrite, move |core| core.save_schedule(&row))
            .await
    }

    async fn park(&self, due: &Due, reason: &str) -> Result<bool> {
        let (due, reason) = (due.clone(), reason.to_owned());
        self.call(Hop::SchedulesWrite, move |core| {
            let key = (due.account_id.clone(), due.schedule_id.clone());
            let stored = core.state.schedules.get_mut(&key);
            let stored = stored.filter(|stored| stored.value.next_at == Some(due.next_at));
            let Some(stored) = stored.filter(|stored| stored.value.parked.is_none()) else {
                return false;
            };
            stored.value.parked = Some(reason.clone());
            stored.revision += 1;
            true
        })
        .await
    }

    async fn of_account(
        &self,
        account: &AccountId,
        _cursor: Option<&str>,
        limit: usize,
    ) -> Result<(Vec<ScheduleRow>, Option<String>)> {
        let account = account.clone();
        self.call(Hop::SchedulesRead, move |core| {
            let rows = core.state.schedules.values().map(|stored| &stored.value);
            let of = rows.filter(|row| row.account_id == account);
            (of.take(limit).cloned().collect(), None)
        })
        .await
    }

    async fn due(&self, slice: u8, now: DateTime<Utc>, limit: usize) -> Result<Vec<Due>> {
        self.call(Hop::SchedulesRead, move |core| {
            let rows = core.state.schedules.values().map(|stored| &stored.value);
            let rows = rows.filter(|row| row.slice() == slice && row.parked.is_none());
            let due = rows.filter_map(|row| {
                Some(Due {
                    next_at: row.next_at.filter(|next_at| *next_at <= now)?,
                    account_id: row.account_id.clone(),
                    schedule_id: row.schedule_id.clone(),
                })
            });
            let mut due: Vec<Due> = due.collect();
            due.sort();
            due.truncate(limit);
            due
        })
        .await
    }
}

impl Core {
    fn save_schedule(&mut self, next: &Versioned<ScheduleRow>) -> Saved {
        let row = &next.value;
        let key = (row.account_id.clone(), row.schedule_id.clone());
        let stored = self.state.schedules.get(&key);
        if stored.map_or(0, |stored| stored.revision) != next.revision {
            return Saved::Stale;
        }
        self.tell(|_| {
            format!(
                "schedule {} of {} is next at {:?}",
                row.schedule_id, row.account_id, row.next_at
            )
        });
        if let Some(next_at) = row.next_at {
            self.beat_at(crate::kernel::micros_at(next_at));
        }
        // What the store keeps of a time.
        let mut kept = next.clone().written();
        kept.value.next_at = row.next_at.map(to_micros);
        self.state.schedules.insert(key, kept);
        Saved::Written
    }
}

/// As the store writes the time by which a schedule is due (infra/aws).
fn to_micros(time: DateTime<Utc>) -> DateTime<Utc> {
    DateTime::from_timestamp_micros(time.timestamp_micros()).unwrap_or(time)
}
