//! The hours in which a customer gets no mails.

use chrono::{DateTime, Days, NaiveTime, TimeZone, Utc};
use chrono_tz::Tz;
use serde_json::{Value, json};

use crate::fields::{FieldError, Fields};
use crate::schedule::local_time;

const FORMAT: &str = "%H:%M";

/// The local hours without mails, from one time to another, over midnight if the second is earlier. The end is exclusive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QuietHours {
    from: NaiveTime,
    to: NaiveTime,
}

impl QuietHours {
    /// Reads `{"from": "22:00", "to": "07:00"}`.
    ///
    /// # Errors
    /// Every fault, each with its pointer below `pointer`; a retry does not help.
    pub fn read(value: Value, pointer: &str) -> Result<Self, Vec<FieldError>> {
        let mut fields = Fields::new(value, pointer);
        let from = fields.parsed("from", read_time);
        let to = fields.parsed("to", read_time);
        if from.is_some() && from == to {
            // Ambiguous: the whole day, or none of it.
            fields.refuse("to", "must be another time than \"from\"");
        }
        fields.finish(from.zip(to).map(|(from, to)| QuietHours { from, to }))
    }

    /// Returns the object from which they were read.
    #[must_use]
    pub fn to_json(self) -> Value {
        json!({ "from": self.from.format(FORMAT).to_string(), "to": self.to.format(FORMAT).to_string() })
    }

    fn contains(self, local: NaiveTime) -> bool {
        if self.from < self.to {
            (self.from..self.to).contains(&local)
        } else {
            local >= self.from || local < self.to
        }
    }

    /// The end of the quiet hours, in UTC, if `now` is within them by the clocks of `zone`. Always later than `now`. An end
    /// that clocks skip is the first instant after the gap.
    #[must_use]
    pub fn end_if_quiet(self, now: DateTime<Utc>, zone: Tz) -> Option<DateTime<Utc>> {
        let local = now.with_timezone(&zone).naive_local();
        if !self.contains(local.time()) {
            return None;
        }
        let date = match local.time() < self.to {
            true => local.date(),
            false => local.date().checked_add_days(Days::new(1))?,
        };
        let end = date.and_time(self.to);
        let first = local_time::instant(zone, end)?;
        if first > now {
            return Some(first);
        }
        // Clocks were put back between that end and now, so it occurs once more.
        let last = zone.from_local_datetime(&end).latest()?.to_utc();
        (last > now).then_some(last)
    }
}

fn read_time(text: &str) -> Result<NaiveTime, &'static str> {
    // The parser alone would accept "7:5" too, a second spelling.
    match NaiveTime::parse_from_str(text, FORMAT) {
        Ok(time) if text.len() == 5 => Ok(time),
        _ => Err("must be a time of day like \"22:00\""),
    }
}
