//! Times as people write them: a date, or a time of RFC 3339.

use std::str::FromStr;

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use chrono_tz::Tz;
use clap::Args;
use domain::schedule::local_time;
use domain::time::{format_time, parse_date, parse_time};

use crate::exit::Failure;
use crate::output;

/// An instant, or the start of a day in the zone of `--time-zone`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Moment {
    Instant(DateTime<Utc>),
    Day(NaiveDate),
}

impl FromStr for Moment {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let day = parse_date(text).map(Moment::Day);
        day.or_else(|_| parse_time(text).map(Moment::Instant))
            .map_err(|_| {
                "must be a date like 2026-11-22, or a time of RFC 3339 with a zone like 2026-11-22T10:00:00Z, of the years \
                 1900 to 9999"
            })
    }
}

/// The zone of dates that are given without a time.
#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct Zone {
    /// Time zone in which a date without a time begins, such as Europe/Paris
    #[arg(long, value_name = "ZONE", default_value = "UTC", value_parser = zone)]
    time_zone: Tz,
}

fn zone(text: &str) -> Result<Tz, &'static str> {
    const MESSAGE: &str = "must be a name of the IANA time zone database, such as Europe/Paris";
    text.parse().map_err(|_| MESSAGE)
}

impl Zone {
    pub(crate) fn name(self) -> &'static str {
        self.time_zone.name()
    }

    /// Returns the instant, and shows it on a terminal if it depends on the zone.
    ///
    /// # Errors
    /// `WrongUse`: the day begins beyond the range of times.
    pub(crate) fn instant(self, flag: &str, moment: Moment) -> Result<DateTime<Utc>, Failure> {
        let day = match moment {
            Moment::Instant(instant) => return Ok(instant),
            Moment::Day(day) => day,
        };
        let instant = self
            .start_of(day)
            .ok_or_else(|| Failure::WrongUse(format!("{flag}: {day} has no start")))?;
        output::note(self.echo(flag, day, instant));
        Ok(instant)
    }

    fn start_of(self, day: NaiveDate) -> Option<DateTime<Utc>> {
        local_time::instant(self.time_zone, day.and_time(NaiveTime::MIN))
    }

    fn echo(self, flag: &str, day: NaiveDate, instant: DateTime<Utc>) -> String {
        let instant = format_time(instant);
        format!(
            "{flag} {day} is the start of that day in {}: {instant}",
            self.name()
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_is_the_start_of_that_day_in_the_zone() {
        for (zone, day, instant) in [
            ("UTC", "2026-11-01", "2026-11-01T00:00:00Z"),
            ("Europe/Paris", "2026-11-01", "2026-10-31T23:00:00Z"),
            ("America/New_York", "2026-11-02", "2026-11-02T05:00:00Z"),
            // Its clocks are put forward at midnight.
            ("Asia/Beirut", "2026-03-29", "2026-03-28T22:00:00Z"),
        ] {
            let zone = Zone {
                time_zone: zone.parse().unwrap(),
            };
            let found = zone.instant("--from", day.parse().unwrap()).unwrap();
            assert_eq!(format_time(found), instant, "{zone:?} {day}");
        }
    }

    #[test]
    fn the_zone_and_the_instant_are_echoed() {
        let zone = Zone {
            time_zone: "Europe/Paris".parse().unwrap(),
        };
        let day = NaiveDate::from_ymd_opt(2026, 11, 1).unwrap();
        assert_eq!(
            zone.echo("--from", day, zone.start_of(day).unwrap()),
            "--from 2026-11-01 is the start of that day in Europe/Paris: 2026-10-31T23:00:00Z"
        );
    }

    #[test]
    fn a_time_without_a_zone_and_a_date_in_another_form_are_refused() {
        for text in [
            "",
            "2026-11-1",
            "2026-11-01T10:00:00",
            "01.11.2026",
            "2026-02-30",
            "1899-01-01",
        ] {
            assert!(text.parse::<Moment>().is_err(), "{text}");
        }
        assert!("2026-11-01T10:00:00+01:00".parse::<Moment>().is_ok());
    }
}
