//! Schedules: operations on an account, and their times.
//!
//! The times follow EventBridge Scheduler's expressions
//! (<https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html>),
//! with answers of our own where a clock is put forward (see [`local_time`]) and
//! for when a rate begins (see [`Rate`]).

pub mod at;
pub mod cron;
pub mod local_time;
pub mod rate;
mod read;

use chrono::{DateTime, Datelike, Utc};
use chrono_tz::Tz;
use serde_json::{Value, json};

use crate::FieldError;
use crate::event::{Movement, MovementKind};
use crate::fields::Fields;
use crate::time::{WrittenBy, as_kept, format_time};
pub use at::At;
pub use cron::Cron;
pub use rate::Rate;

/// Years within which an occurrence is searched. 29 February on a given weekday is up to 40 years away (around 2100, which is
/// no leap year). A schedule without one is refused.
pub const HORIZON_YEARS: i32 = 41;

/// A schedule: an operation, its times, and its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schedule {
    /// The operation of each occurrence.
    pub operation: Operation,
    /// The times of the occurrences.
    pub when: When,
    /// The time zone of the local times in `when`.
    pub time_zone: Tz,
    /// The last instant at which it may run; `None` for no end.
    pub end: Option<DateTime<Utc>>,
}

/// The movement that each occurrence makes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Operation {
    /// The direction in which money moves.
    pub kind: MovementKind,
    /// The movement, without a value date: each occurrence has a day of its own.
    pub movement: Movement,
}

/// The times at which a schedule is due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum When {
    /// Once.
    At(At),
    /// At intervals, counted from the schedule's creation.
    Rate(Rate),
    /// At the local times of a pattern.
    Cron(Cron),
}

impl Schedule {
    /// Reads `{"operation": {"type", "data"}, "when": {"at"|"rate"|"cron"},
    /// "time_zone", "end"?}`. A time zone that is left out is UTC.
    ///
    /// # Errors
    /// Every fault, each with its pointer; a retry does not help.
    pub fn read(body: Value) -> Result<Self, Vec<FieldError>> {
        read::schedule(Fields::new(body, ""), WrittenBy::Caller)
    }

    /// Reads the JSON of [`Schedule::to_json`], written by any version, including times that callers may no longer use.
    ///
    /// # Errors
    /// Every field that cannot be read; a retry does not help.
    pub fn from_stored(body: Value) -> Result<Self, Vec<FieldError>> {
        Schedule::from_fields(Fields::new(body, ""))
    }

    pub(crate) fn from_fields(fields: Fields) -> Result<Self, Vec<FieldError>> {
        read::schedule(fields, WrittenBy::Store)
    }

    /// Returns the schedule as JSON, with its defaults.
    #[must_use]
    #[expect(
        clippy::indexing_slicing,
        reason = "a value that was made as an object takes members"
    )]
    pub fn to_json(&self) -> Value {
        let mut body = json!({
            "operation": self.operation.to_json(),
            "when": self.when.to_json(),
            "time_zone": self.time_zone.name(),
        });
        if let Some(end) = self.end {
            body["end"] = json!(format_time(end));
        }
        body
    }

    /// The times of the occurrences in English, for people, like `At 09:00, on day 1, Europe/Paris time`.
    #[must_use]
    pub fn in_words(&self) -> String {
        let zone = self.time_zone.name();
        match &self.when {
            When::At(at) => {
                let local = at.instant(self.time_zone).map(|instant| {
                    let local = instant.with_timezone(&self.time_zone);
                    local.format("%-d %B %Y at %H:%M").to_string()
                });
                let local = local.unwrap_or_else(|| at.as_str().to_owned());
                format!("Once, on {local}, {zone} time")
            }
            When::Rate(rate) => rate.in_words(),
            When::Cron(cron) => format!("{}, {zone} time", cron.in_words()),
        }
    }

    /// The first occurrence after `instant`, for a schedule that was created at `created_at`, in whole microseconds, as stored.
    /// `None` if there is none within [`HORIZON_YEARS`].
    #[must_use]
    pub fn next_after(
        &self,
        created_at: DateTime<Utc>,
        instant: DateTime<Utc>,
    ) -> Option<DateTime<Utc>> {
        let created_at = as_kept(created_at);
        // Occurrences from before its creation are not made up for.
        let instant = instant.max(created_at);
        let next = match &self.when {
            When::At(at) => at.instant(self.time_zone),
            When::Rate(rate) => rate.next_after(created_at, instant),
            When::Cron(cron) => cron.next_after(self.time_zone, instant),
        }?;
        let in_time = self.end.is_none_or(|end| next <= end);
        let to_come = next > instant;
        (to_come && in_time && is_within_horizon(next, instant)).then_some(next)
    }

    /// The first occurrence of a schedule that is created now.
    ///
    /// # Errors
    /// The field because of which there will never be an occurrence; a retry does not help.
    pub fn first(&self, now: DateTime<Utc>) -> Result<DateTime<Utc>, FieldError> {
        if let Some(first) = self.next_after(now, now) {
            return Ok(first);
        }
        let endless = Schedule {
            end: None,
            ..self.clone()
        };
        if let Some(first) = endless.next_after(now, now) {
            let detail = format!("is before the first occurrence, {}", format_time(first));
            return Err(FieldError::pointer("/end", detail));
        }
        Err(match &self.when {
            When::At(at) => FieldError::pointer(
                "/when/at",
                match at.instant(self.time_zone) {
                    Some(at) if at <= now => "is in the past".to_owned(),
                    _ => format!("is too far ahead: more than {HORIZON_YEARS} years"),
                },
            ),
            When::Rate(_) => FieldError::pointer("/when/rate", "is too far ahead"),
            When::Cron(_) => FieldError::pointer(
                "/when/cron",
                format!("has no occurrence within the next {HORIZON_YEARS} years"),
            ),
        })
    }
}

#[expect(
    clippy::arithmetic_side_effects,
    reason = "years of a date are far within 32 bits"
)]
fn is_within_horizon(next: DateTime<Utc>, now: DateTime<Utc>) -> bool {
    next.year() <= now.year() + HORIZON_YEARS
}

impl Operation {
    /// The type of the event of an occurrence.
    #[must_use]
    pub fn type_name(&self) -> &'static str {
        match self.kind {
            MovementKind::Deposit => "MoneyDeposited",
            MovementKind::Withdrawal => "MoneyWithdrawn",
        }
    }

    /// The object that it was read from.
    #[must_use]
    pub fn to_json(&self) -> Value {
        json!({ "type": self.type_name(), "data": self.movement.to_data() })
    }
}

impl When {
    /// The object that it was read from.
    #[must_use]
    pub fn to_json(&self) -> Value {
        match self {
            When::At(at) => json!({ "at": at.as_str() }),
            When::Rate(rate) => json!({ "rate": rate.as_str() }),
            When::Cron(cron) => json!({ "cron": cron.as_str() }),
        }
    }
}
