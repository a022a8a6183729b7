//! When an event happened, according to the bank: at a time, or on a date alone.

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use serde::{Deserialize, Serialize};

use crate::time::parse_stored_date;

/// When an event happened, according to the bank. A statement's booking has only a date, and no zone makes a time of it: what
/// is shown of it is the date, to customers in every zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Written", into = "Written")]
pub enum Occurred {
    /// At this time.
    At(DateTime<Utc>),
    /// On this date; the bank gave no time.
    On(NaiveDate),
}

impl Occurred {
    /// The time by which it is compared with other times: that of a date is its 00:00:00 in UTC.
    #[must_use]
    pub fn at(self) -> DateTime<Utc> {
        match self {
            Occurred::At(time) => time,
            Occurred::On(date) => date.and_time(NaiveTime::MIN).and_utc(),
        }
    }

    /// The date, if the bank gave a date alone.
    #[must_use]
    pub fn on(self) -> Option<NaiveDate> {
        match self {
            Occurred::At(_) => None,
            Occurred::On(date) => Some(date),
        }
    }

    /// Reads its members in an event.
    ///
    /// # Errors
    /// The date is not one, or is not the day of the time; a retry does not help.
    pub(crate) fn of_members(
        occurred_at: DateTime<Utc>,
        occurred_on: Option<&str>,
    ) -> Result<Self, &'static str> {
        let Some(date) = occurred_on else {
            return Ok(Occurred::At(occurred_at));
        };
        let occurred = Occurred::On(parse_stored_date(date)?);
        // Two readers of one event must not see it on two days.
        if occurred.at() != occurred_at {
            return Err("occurred_at must be 00:00:00Z of occurred_on");
        }
        Ok(occurred)
    }
}

/// Its members in an event, wherever one is stored or published. `occurred_at` is always there, for readers that know nothing
/// of dates; `occurred_on` only with a date, so that the bytes and hashes of all other events stay as they were.
#[derive(Serialize, Deserialize)]
struct Written {
    occurred_at: DateTime<Utc>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    occurred_on: Option<String>,
}

impl From<Occurred> for Written {
    fn from(occurred: Occurred) -> Self {
        Written {
            occurred_at: occurred.at(),
            occurred_on: occurred.on().map(|date| date.to_string()),
        }
    }
}

impl TryFrom<Written> for Occurred {
    type Error = &'static str;

    fn try_from(written: Written) -> Result<Self, Self::Error> {
        Occurred::of_members(written.occurred_at, written.occurred_on.as_deref())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn read(members: Value) -> Result<Occurred, String> {
        serde_json::from_value(members).map_err(|error| error.to_string())
    }

    #[test]
    fn a_time_has_one_member_and_a_date_has_its_midnight_beside_it() {
        let time: DateTime<Utc> = "2003-10-20T10:00:00.5Z".parse().unwrap();
        let date: NaiveDate = "2003-10-20".parse().unwrap();
        for (occurred, members) in [
            (
                Occurred::At(time),
                json!({ "occurred_at": "2003-10-20T10:00:00.500Z" }),
            ),
            (
                Occurred::On(date),
                json!({ "occurred_at": "2003-10-20T00:00:00Z", "occurred_on": "2003-10-20" }),
            ),
        ] {
            assert_eq!(json!(occurred), members);
            assert_eq!(read(members).unwrap(), occurred);
        }
    }

    #[test]
    fn a_date_that_contradicts_its_time_is_not_read() {
        for members in [
            json!({ "occurred_at": "2003-10-20T00:00:01Z", "occurred_on": "2003-10-20" }),
            json!({ "occurred_at": "2003-10-19T00:00:00Z", "occurred_on": "2003-10-20" }),
            json!({ "occurred_at": "2003-10-20T00:00:00Z", "occurred_on": "2003-10-2" }),
            json!({ "occurred_on": "2003-10-20" }),
        ] {
            assert!(read(members.clone()).is_err(), "{members}");
        }
    }

    #[test]
    fn a_midnight_is_a_time_and_no_date() {
        let midnight = json!({ "occurred_at": "2003-10-20T00:00:00Z" });
        assert_eq!(read(midnight).unwrap().on(), None);
    }
}
