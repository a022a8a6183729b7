//! A schedule that runs once, at an instant or at a local time.

use chrono::{DateTime, NaiveDateTime, Utc};
use chrono_tz::Tz;

use super::local_time;
use crate::time::{WrittenBy, as_kept, is_leap_second};

/// An instant (RFC 3339 with a zone) or a local time of the schedule's zone,
/// `yyyy-mm-ddThh:mm[:ss]`, optionally as EventBridge writes it: `at(...)`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct At {
    text: String,
    time: Time,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Time {
    Moment(DateTime<Utc>),
    Local(NaiveDateTime),
}

impl At {
    /// # Errors
    /// With what a fault of the field says.
    pub fn parse(text: &str, by: WrittenBy) -> Result<Self, String> {
        let inner = text
            .trim()
            .strip_prefix("at(")
            .and_then(|inner| inner.strip_suffix(')'))
            .unwrap_or(text.trim());
        let local = ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"]
            .into_iter()
            .find_map(|format| NaiveDateTime::parse_from_str(inner, format).ok());
        let time = match local {
            // chrono alone would also accept "2026-1-2T9:00".
            Some(local) if inner.len() == 16 || inner.len() == 19 => {
                (by == WrittenBy::Store || !is_leap_second(&local)).then_some(Time::Local(local))
            }
            // An occurrence is identified by its stored time.
            _ => (by.parse_time(inner).ok()).map(|moment| Time::Moment(as_kept(moment))),
        };
        time.map(|time| At {
            text: text.trim().to_owned(),
            time,
        })
        .ok_or_else(|| {
            "must be a local time like \"2026-12-01T09:00\", or a time of RFC 3339 with a zone"
                .to_owned()
        })
    }

    /// The text that it was read from.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    pub(super) fn instant(&self, zone: Tz) -> Option<DateTime<Utc>> {
        match self.time {
            Time::Moment(moment) => Some(moment),
            Time::Local(local) => local_time::instant(zone, local),
        }
    }
}
