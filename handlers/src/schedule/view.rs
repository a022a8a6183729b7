//! A schedule, as the API shows it.

use domain::time::format_time;
use domain::{AccountId, EventId, ScheduleId, Version};
use serde::Serialize;
use serde_json::{Value, json};

use crate::ports::{LastRun, ScheduleRow};

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ScheduleView {
    pub account_id: AccountId,
    pub schedule_id: ScheduleId,
    /// `operation`, `when`, `time_zone` and `end`.
    #[serde(flatten)]
    pub schedule: Value,
    /// `active`; `finished` when nothing comes any more; `parked` when what is
    /// next cannot be worked off, and a dead letter says why.
    pub state: &'static str,
    /// The account's version of the event that made it so; its ETag.
    pub version: Version,
    pub created_at: String,
    pub next_at: Option<String>,
    pub last: Option<Value>,
}

impl ScheduleView {
    /// `None` for a cancelled one.
    pub fn of(row: &ScheduleRow) -> Option<Self> {
        let schedule = row.schedule.as_ref()?;
        let state = match (row.next_at, &row.parked) {
            (Some(_), Some(_)) => "parked",
            (Some(_), None) => "active",
            (None, _) => "finished",
        };
        Some(ScheduleView {
            account_id: row.account_id.clone(),
            schedule_id: row.schedule_id.clone(),
            schedule: schedule.to_json(),
            state,
            version: row.version,
            created_at: format_time(row.created_at),
            next_at: row.next_at.map(format_time),
            last: row.last.as_ref().map(|last| shown(row, last)),
        })
    }
}

fn shown(row: &ScheduleRow, last: &LastRun) -> Value {
    let mut shown = json!({
        "occurrence": format_time(last.occurrence),
        "outcome": if last.skipped.is_some() { "skipped" } else { "done" },
        "event_id": EventId::new(&row.account_id, last.version),
        "version": last.version,
    });
    if let Some(reason) = last.skipped {
        shown["reason"] = json!(reason);
    }
    shown
}
