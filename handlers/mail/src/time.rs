//! How times are written. Names of days and months are the C library's (`pure-rust-locales`, through chrono); the order
//! is CLDR's. `icu_datetime` would do both, and takes ten times as long to compile.

use chrono::{DateTime, Datelike, Locale as Names, NaiveDate, NaiveDateTime, Offset, Utc};
use chrono_tz::{OffsetName, Tz};

use crate::Locale;

/// The time in the customer's zone, to the minute, with what tells it apart in the hour that daylight saving repeats:
/// en `Sunday, November 22, 2026 at 11:00 AM CET`, fr `dimanche 22 novembre 2026 à 11:00 (UTC+1)`.
#[must_use]
pub fn format_time(at: DateTime<Utc>, zone: Tz, locale: Locale) -> String {
    let (local, offset) = localise(at, zone);
    let day = format_date(local.date(), locale);
    match locale {
        Locale::En => format!(
            "{day} at {} {offset}",
            local.format("%-I:%M %p"),
            offset = offset.in_english()
        ),
        Locale::Fr => format!("{day} à {} ({})", local.format("%H:%M"), offset.as_utc()),
    }
}

/// The day: en `Sunday, November 22, 2026`, fr `dimanche 22 novembre 2026`.
#[must_use]
pub fn format_date(day: NaiveDate, locale: Locale) -> String {
    match locale {
        Locale::En => day
            .format_localized("%A, %B %-d, %Y", Names::en_US)
            .to_string(),
        // French counts the first of a month, and only the first: le 1er août.
        Locale::Fr if day.day() == 1 => day
            .format_localized("%A 1er %B %Y", Names::fr_FR)
            .to_string(),
        Locale::Fr => day
            .format_localized("%A %-d %B %Y", Names::fr_FR)
            .to_string(),
    }
}

/// What a clock shows beside the time.
struct ZoneOffset {
    abbreviation: Option<String>,
    seconds: i32,
}

impl ZoneOffset {
    /// `CET`; zones without an abbreviation of letters get their offset.
    fn in_english(&self) -> String {
        match &self.abbreviation {
            Some(name) if name.chars().all(|c| c.is_ascii_alphabetic()) => name.clone(),
            _ => self.as_utc(),
        }
    }

    /// `UTC`, `UTC+1`, `UTC−3`, `UTC+5:30`.
    fn as_utc(&self) -> String {
        let sign = if self.seconds < 0 { '−' } else { '+' };
        let minutes = self.seconds.unsigned_abs() / 60;
        match (minutes / 60, minutes % 60) {
            (0, 0) => "UTC".to_owned(),
            (hours, 0) => format!("UTC{sign}{hours}"),
            (hours, rest) => format!("UTC{sign}{hours}:{rest:02}"),
        }
    }
}

/// The local time and its offset; UTC for the few hours at either end of the calendar that have no local time.
fn localise(at: DateTime<Utc>, zone: Tz) -> (NaiveDateTime, ZoneOffset) {
    let utc = at.naive_utc();
    let offset = *at.with_timezone(&zone).offset();
    match utc.checked_add_offset(offset.fix()) {
        Some(local) => {
            let seconds = offset.fix().local_minus_utc();
            (
                local,
                ZoneOffset {
                    abbreviation: offset.abbreviation().map(str::to_owned),
                    seconds,
                },
            )
        }
        None => (
            utc,
            ZoneOffset {
                abbreviation: Some("UTC".to_owned()),
                seconds: 0,
            },
        ),
    }
}

#[cfg(test)]
mod tests {
    use chrono_tz::{America, Asia, Europe};

    use super::*;

    fn at(time: &str) -> DateTime<Utc> {
        time.parse().unwrap()
    }

    #[test]
    fn a_time_is_told_in_the_customers_zone_and_language() {
        let evening = at("2026-08-01T22:05:00Z");
        let cases = [
            (
                Europe::Paris,
                "Sunday, August 2, 2026 at 12:05 AM CEST",
                "dimanche 2 août 2026 à 00:05 (UTC+2)",
            ),
            (
                America::New_York,
                "Saturday, August 1, 2026 at 6:05 PM EDT",
                "samedi 1er août 2026 à 18:05 (UTC−4)",
            ),
            (
                Asia::Kolkata,
                "Sunday, August 2, 2026 at 3:35 AM IST",
                "dimanche 2 août 2026 à 03:35 (UTC+5:30)",
            ),
            (
                America::Sao_Paulo,
                "Saturday, August 1, 2026 at 7:05 PM UTC−3",
                "samedi 1er août 2026 à 19:05 (UTC−3)",
            ),
            (
                Tz::UTC,
                "Saturday, August 1, 2026 at 10:05 PM UTC",
                "samedi 1er août 2026 à 22:05 (UTC)",
            ),
        ];
        for (zone, en, fr) in cases {
            assert_eq!(format_time(evening, zone, Locale::En), en);
            assert_eq!(format_time(evening, zone, Locale::Fr), fr);
        }
    }

    #[test]
    fn the_hour_that_comes_twice_is_told_apart() {
        for locale in Locale::ALL {
            let first = format_time(at("2026-10-25T00:30:00Z"), Europe::Paris, locale);
            let second = format_time(at("2026-10-25T01:30:00Z"), Europe::Paris, locale);
            assert_ne!(first, second);
        }
    }

    #[test]
    fn the_ends_of_the_calendar_are_written_too() {
        for (time, zone) in [
            (DateTime::<Utc>::MAX_UTC, Asia::Tokyo),
            (DateTime::<Utc>::MIN_UTC, America::New_York),
        ] {
            for locale in Locale::ALL {
                assert!(format_time(time, zone, locale).contains("UTC"));
            }
        }
    }
}
