//! The events of schedules in an account's history.

use std::fmt;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::event::{MovementKind, read_amount, read_kind};
use crate::fields::{FieldError, Fields};
use crate::identifiers::OWN_KEYS;
use crate::time::{format_time, parse_stored_time};
use crate::{CorrelationId, IdempotencyKey, Money, Schedule, ScheduleId, Version};

/// The data of a created schedule. Its intervals count from the time at which the event occurred.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OperationScheduled {
    /// The schedule's id, unique within the account.
    pub schedule_id: ScheduleId,
    /// The schedule.
    pub schedule: Schedule,
}

/// An occurrence of a schedule.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Occurrence {
    /// The schedule that was due.
    pub schedule_id: ScheduleId,
    /// The time at which it was due.
    pub at: DateTime<Utc>,
}

/// The data of an occurrence that moved no money.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OperationSkipped {
    /// The occurrence.
    pub occurrence: Occurrence,
    /// The reason.
    pub reason: OccurrenceSkipReason,
    /// The direction of its movement.
    pub movement: MovementKind,
    /// The amount of its movement.
    pub amount: Money,
}

/// The reason why an occurrence moved no money.
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

    /// The stored name, which the API returns too.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
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
    /// The key under which it is recorded once, as a movement or as a skip. It has at most 112 of the 255 characters of a key,
    /// and callers cannot use it.
    #[must_use]
    pub fn key(&self) -> IdempotencyKey {
        plain_key(format!(
            "{OWN_KEYS}schedule:{}:{}",
            self.schedule_id,
            format_time(self.at)
        ))
    }

    /// The correlation id of its consequences: its key.
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

/// The key of the change that follows the schedule's event at `version`, so that of several writers only one changes it.
/// Version 0 is for the creation of the schedule.
#[must_use]
pub fn change_key(schedule_id: &ScheduleId, version: Version) -> IdempotencyKey {
    plain_key(format!("{OWN_KEYS}schedule:{schedule_id}:after:{version}"))
}

/// The keys of earlier versions of this program, which shared the callers' key space. A commit under such a key may be a
/// caller's, and counts only if its content is the expected one.
pub mod earlier {
    use super::{Occurrence, plain_key};
    use crate::time::format_time;
    use crate::{IdempotencyKey, ScheduleId, Version};

    /// The key of an occurrence.
    #[must_use]
    pub fn occurrence_key(occurrence: &Occurrence) -> IdempotencyKey {
        let at = format_time(occurrence.at);
        plain_key(format!("schedule:{}:{at}", occurrence.schedule_id))
    }

    /// The key of a change.
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
        let mut data = Map::new();
        if let Value::Object(schedule) = self.schedule.to_json() {
            data = schedule;
        }
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
