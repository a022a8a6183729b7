//! A schedule, as the API returns it.

use domain::time::format_time;
use domain::{AccountId, EventId, ScheduleId, Version};
use serde::Serialize;
use serde_json::{Value, json};

use crate::ports::{LastRun, ScheduleRow};

/// The occurrences that a view names.
const NEXT_RUNS: usize = 5;

/// A schedule, as the API returns it. Its JSON is described in `docs/openapi.json`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ScheduleView {
    /// The schedule's account.
    pub account_id: AccountId,
    /// The schedule's id, unique within the account.
    pub schedule_id: ScheduleId,
    /// The schedule: `operation`, `when`, `time_zone` and `end`.
    #[serde(flatten)]
    pub schedule: Value,
    /// `active`, `finished` after the last occurrence, or `parked` if the next occurrence can never succeed. Then a dead letter
    /// has the reason.
    pub state: &'static str,
    /// The version of the event that gave the schedule this form; its ETag.
    pub version: Version,
    /// The time of that event, in RFC 3339.
    pub created_at: String,
    /// The next occurrence, in RFC 3339 and UTC; `None` after the last.
    pub next_at: Option<String>,
    /// The times of the occurrences in English, for people.
    pub when_text: String,
    /// The next occurrences in RFC 3339 and UTC, at most five, `next_at` first.
    pub next_runs: Vec<String>,
    /// The last occurrence and its outcome; `None` before the first.
    pub last: Option<Value>,
}

impl ScheduleView {
    /// Returns the view of a row; `None` if the schedule is cancelled.
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
            when_text: schedule.in_words(),
            next_runs: std::iter::successors(row.next_at, |run| {
                schedule.next_after(row.created_at, *run)
            })
            .take(NEXT_RUNS)
            .map(format_time)
            .collect(),
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
