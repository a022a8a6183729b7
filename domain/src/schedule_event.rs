//! What schedules leave in an account's history.

use std::fmt;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::event::{MovementKind, read_amount, read_kind};
use crate::fields::{FieldError, Fields};
use crate::identifiers::OWN_KEYS;
use crate::time::{format_time, parse_stored_time};
use crate::{CorrelationId, IdempotencyKey, Money, Schedule, ScheduleId, Version};

/// A schedule as it was made. What follows from it is counted from the time at
/// which that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OperationScheduled {
    /// The name of the schedule, within its account.
    pub schedule_id: ScheduleId,
    /// What is done, and when.
    pub schedule: Schedule,
}

/// One time at which a schedule had something to do.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Occurrence {
    /// The schedule that was due.
    pub schedule_id: ScheduleId,
    /// When it was due.
    pub at: DateTime<Utc>,
}

/// An occurrence that moved nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OperationSkipped {
    /// The occurrence that moved nothing.
    pub occurrence: Occurrence,
    /// Why it moved nothing.
    pub reason: OccurrenceSkipReason,
    /// What it would have moved.
    pub movement: MovementKind,
    /// How much it would have moved.
    pub amount: Money,
}

/// Why an occurrence moved nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OccurrenceSkipReason {
    /// The balance and the overdraft limit together were below the amount.
    InsufficientFunds,
    /// The account was closed by then.
    AccountClosed,
}

impl OccurrenceSkipReason {
    /// Every reason.
    pub const ALL: [OccurrenceSkipReason; 2] = [
        OccurrenceSkipReason::InsufficientFunds,
        OccurrenceSkipReason::AccountClosed,
    ];

    /// The name by which it is stored and shown.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            OccurrenceSkipReason::InsufficientFunds => "insufficient-funds",
            OccurrenceSkipReason::AccountClosed => "account-closed",
        }
    }
}

impl fmt::Display for OccurrenceSkipReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Occurrence {
    /// The key under which it happens, once, whatever comes of it. It has at
    /// most 112 of the 255 characters of a key, and no caller can take it.
    #[must_use]
    pub fn key(&self) -> IdempotencyKey {
        plain_key(format!(
            "{OWN_KEYS}schedule:{}:{}",
            self.schedule_id,
            format_time(self.at)
        ))
    }

    /// The correlation id of all that comes of it: its key.
    #[must_use]
    pub fn correlation_id(&self) -> CorrelationId {
        CorrelationId::from(&self.key())
    }

    pub(crate) fn put(&self, data: &mut Map<String, Value>) {
        data.insert("schedule_id".to_owned(), json!(self.schedule_id));
        data.insert("occurrence".to_owned(), json!(format_time(self.at)));
    }

    fn read(fields: &mut Fields) -> Option<Self> {
        let schedule_id = fields.parsed("schedule_id", str::parse);
        let at = fields.parsed("occurrence", parse_stored_time);
        schedule_id
            .zip(at)
            .map(|(schedule_id, at)| Occurrence { schedule_id, at })
    }

    /// Both fields, or neither.
    pub(crate) fn read_optional(fields: &mut Fields) -> Option<Self> {
        let schedule_id = fields.optional_parsed("schedule_id", str::parse);
        let at = fields.optional_parsed("occurrence", parse_stored_time);
        if schedule_id.is_some() != at.is_some() {
            fields.refuse("schedule_id", "stands with occurrence, or not at all");
        }
        schedule_id
            .zip(at)
            .map(|(schedule_id, at)| Occurrence { schedule_id, at })
    }
}

/// The key under which what the account's event at `version` says of a
/// schedule is changed: so that one change follows each, whoever is quicker.
/// Version 0: the schedule is made for the first time.
#[must_use]
pub fn change_key(schedule_id: &ScheduleId, version: Version) -> IdempotencyKey {
    plain_key(format!("{OWN_KEYS}schedule:{schedule_id}:after:{version}"))
}

/// The keys of versions of this program that shared the callers' key space.
/// What is recorded under one may be a caller's, and is believed only where it
/// says of itself what it is.
pub mod earlier {
    use super::{Occurrence, plain_key};
    use crate::time::format_time;
    use crate::{IdempotencyKey, ScheduleId, Version};

    /// The key under which an occurrence happened.
    #[must_use]
    pub fn occurrence_key(occurrence: &Occurrence) -> IdempotencyKey {
        let at = format_time(occurrence.at);
        plain_key(format!("schedule:{}:{at}", occurrence.schedule_id))
    }

    /// The key under which a schedule was changed.
    #[must_use]
    pub fn change_key(schedule_id: &ScheduleId, version: Version) -> IdempotencyKey {
        plain_key(format!("schedule:{schedule_id}:after:{version}"))
    }
}

fn plain_key(text: String) -> IdempotencyKey {
    text.parse()
        .expect("ids, digits and colons are visible ASCII, and fewer than 255")
}

impl OperationScheduled {
    pub(crate) fn to_data(&self) -> Map<String, Value> {
        let mut data = match self.schedule.to_json() {
            Value::Object(data) => data,
            _ => Map::new(),
        };
        data.insert("schedule_id".to_owned(), json!(self.schedule_id));
        data
    }
}

impl OperationSkipped {
    pub(crate) fn to_data(&self) -> Map<String, Value> {
        let mut data = Map::new();
        self.occurrence.put(&mut data);
        data.insert("reason".to_owned(), json!(self.reason));
        data.insert("movement".to_owned(), json!(self.movement));
        data.insert("amount".to_owned(), json!(self.amount.to_decimal()));
        data.insert("currency".to_owned(), json!(self.amount.currency()));
        data
    }
}

pub(crate) fn read_scheduled(mut fields: Fields) -> Result<OperationScheduled, Vec<FieldError>> {
    let schedule_id = fields.parsed("schedule_id", str::parse);
    let mut body = Map::new();
    for name in ["operation", "when", "time_zone", "end"] {
        if let Some(value) = fields.take(name) {
            body.insert(name.to_owned(), value);
        }
    }
    let schedule = Schedule::from_fields(fields.part(Value::Object(body), ""))
        .map_err(|errors| fields.add_errors(errors))
        .ok();
    let scheduled = schedule_id
        .zip(schedule)
        .map(|(schedule_id, schedule)| OperationScheduled {
            schedule_id,
            schedule,
        });
    fields.finish(scheduled)
}

pub(crate) fn read_cancelled(mut fields: Fields) -> Result<ScheduleId, Vec<FieldError>> {
    let schedule_id = fields.parsed("schedule_id", str::parse);
    fields.finish(schedule_id)
}

pub(crate) fn read_skipped(mut fields: Fields) -> Result<OperationSkipped, Vec<FieldError>> {
    let occurrence = Occurrence::read(&mut fields);
    let reason = fields.parsed("reason", |text| {
        OccurrenceSkipReason::ALL
            .into_iter()
            .find(|reason| reason.as_str() == text)
            .ok_or("must be \"insufficient-funds\" or \"account-closed\"")
    });
    let movement = read_kind(&mut fields);
    let amount = read_amount(&mut fields);
    let skipped = match (occurrence, reason, movement, amount) {
        (Some(occurrence), Some(reason), Some(movement), Some(amount)) => Some(OperationSkipped {
            occurrence,
            reason,
            movement,
            amount,
        }),
        _ => None,
    };
    fields.finish(skipped)
}
