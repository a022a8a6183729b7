//! The formats of times, which follow CLDR (`icu_datetime`).

use std::collections::HashMap;
use std::sync::LazyLock;

use chrono::{DateTime, Datelike, LocalResult, NaiveDate, Offset, TimeZone, Timelike, Utc};
use chrono_tz::Tz;
use domain::Occurred;
use icu_datetime::input::{Date, DateTime as Local, Time, UtcOffset, ZonedDateTime};
use icu_datetime::options::Length;

use crate::{Locale, icu};

/// Formats a time in the customer's zone, to the minute: en `Sunday, November 22, 2026 at 11:00 AM, New York time`, fr
/// `dimanche 22 novembre 2026 à 11:00, heure de Tokyo`. In an hour that the zone has twice, when clocks are set back, the
/// offset follows; in a zone without a city it replaces the zone's name.
///
/// A time that ICU4X does not support (years beyond 9999) is in ISO 8601 and UTC.
#[must_use]
pub fn format_time(at: DateTime<Utc>, zone: Tz, locale: Locale) -> String {
    let written = || {
        let (date, time, offset) = local(at, zone)?;
        let offset = UtcOffset::try_from_seconds(offset).ok()?;
        Some(icu::with(locale, |icu| match city(zone, locale) {
            Some(city) => {
                let local = icu.time.format(&Local { date, time });
                let zone_time = zone_time(city, locale);
                match occurs_twice(at, zone) {
                    true => format!("{local}, {zone_time} ({})", icu.offset.format(&offset)),
                    false => format!("{local}, {zone_time}"),
                }
            }
            None => {
                let zoned = ZonedDateTime {
                    date,
                    time,
                    zone: offset,
                };
                icu.time_and_offset.format(&zoned).to_string()
            }
        }))
    };
    match written() {
        Some(text) => counted(text, local_day(at, zone), locale),
        None => at.to_rfc3339(),
    }
}

/// Formats a time like [`format_time`], without its zone, for the first of two times. A repeated hour keeps it.
pub(crate) fn format_time_before_another(at: DateTime<Utc>, zone: Tz, locale: Locale) -> String {
    match local(at, zone) {
        Some((date, time, _)) if !occurs_twice(at, zone) => {
            let local = Local { date, time };
            let text = icu::with(locale, |icu| icu.time.format(&local).to_string());
            counted(text, local_day(at, zone), locale)
        }
        _ => format_time(at, zone, locale),
    }
}

/// The names of the zones' cities in all locales, by zone, as `build/cities.rs` writes them.
static CITIES: LazyLock<HashMap<&str, Vec<&str>>> = LazyLock::new(|| {
    let lines = include_str!(concat!(env!("OUT_DIR"), "/cities.txt")).lines();
    let zones = lines.filter_map(|line| line.split_once('\t'));
    zones
        .map(|(zone, names)| (zone, names.split('\t').collect()))
        .collect()
});

/// Returns CLDR's name of the zone's city; `None` if the zone is only an offset.
fn city(zone: Tz, locale: Locale) -> Option<&'static str> {
    CITIES.get(zone.name())?.get(locale as usize).copied()
}

/// Returns the time of a city: en `New York time`, fr `heure d’Athènes`.
fn zone_time(city: &str, locale: Locale) -> String {
    let conventions = locale.conventions();
    if let Some((article, pattern)) = conventions.zone_article
        && let Some(rest) = city
            .strip_prefix(article)
            .and_then(|rest| rest.strip_prefix(' '))
    {
        return pattern.replacen('#', rest, 1);
    }
    let first = city.chars().next().into_iter().flat_map(char::to_lowercase);
    let vowel = first
        .take(1)
        .any(|c| "aàâäáeéèêëiîïíoôöóuùûüúœæ".contains(c));
    match conventions.zone_before_vowel.filter(|_| vowel) {
        Some(pattern) => pattern.replacen('#', city, 1),
        None => conventions.zone.replacen('#', city, 1),
    }
}

/// Whether the zone has the local time of this instant twice.
fn occurs_twice(at: DateTime<Utc>, zone: Tz) -> bool {
    let local = at.with_timezone(&zone).naive_local();
    matches!(
        zone.from_local_datetime(&local),
        LocalResult::Ambiguous(_, _)
    )
}

/// Formats a day with its weekday: en `Sunday, November 22, 2026`, fr `dimanche 22 novembre 2026`.
#[must_use]
pub fn format_date(day: NaiveDate, locale: Locale) -> String {
    on_day(day, locale, |icu, date| {
        icu.weekday.format(date).to_string()
    })
}

/// Formats a day: en `November 22, 2026`, fr `22 novembre 2026`.
pub(crate) fn format_day(day: NaiveDate, locale: Locale, length: Length) -> String {
    on_day(day, locale, |icu, date| match length {
        Length::Long => icu.day.format(date).to_string(),
        _ => icu.short_day.format(date).to_string(),
    })
}

/// Formats a time without its year: en `Nov 22, 11:00 AM`, fr `22 nov., 11:00`.
pub(crate) fn format_short_time(at: DateTime<Utc>, zone: Tz, locale: Locale) -> String {
    match local(at, zone) {
        Some((date, time, _)) => {
            let local = Local { date, time };
            let text = icu::with(locale, |icu| icu.short_time.format(&local).to_string());
            counted(text, local_day(at, zone), locale)
        }
        None => at.to_rfc3339(),
    }
}

/// Returns the day on which an event occurred: the bank's date as it is, or the day of the time in the customer's zone.
pub(crate) fn day_of(occurred: Occurred, zone: Tz) -> NaiveDate {
    match occurred {
        Occurred::On(date) => date,
        Occurred::At(time) => local_day(time, zone),
    }
}

/// Returns the day of a time in the customer's zone.
pub(crate) fn local_day(at: DateTime<Utc>, zone: Tz) -> NaiveDate {
    let offset = at.with_timezone(&zone).offset().fix();
    at.naive_utc()
        .checked_add_offset(offset)
        .unwrap_or(at.naive_utc())
        .date()
}

type Day = Date<icu_calendar::Iso>;

fn on_day(
    day: NaiveDate,
    locale: Locale,
    format: impl FnOnce(&icu::Formatters, &Day) -> String,
) -> String {
    match iso(day) {
        Some(date) => counted(icu::with(locale, |icu| format(icu, &date)), day, locale),
        None => day.to_string(),
    }
}

fn iso(day: NaiveDate) -> Option<Day> {
    // Month and day fit into 8 bits.
    Date::try_new_iso(day.year(), day.month() as u8, day.day() as u8).ok()
}

/// Returns the local date and time, and the offset in seconds.
fn local(at: DateTime<Utc>, zone: Tz) -> Option<(Day, Time, i32)> {
    let offset = at.with_timezone(&zone).offset().fix();
    let local = at.naive_utc().checked_add_offset(offset)?;
    let time = Time::try_new(local.hour() as u8, local.minute() as u8, 0, 0).ok()?;
    Some((iso(local.date())?, time, offset.local_minus_utc()))
}

/// Replaces the first day of a month by the locale's form: fr `1er août`.
fn counted(text: String, day: NaiveDate, locale: Locale) -> String {
    match locale.conventions().first_of_month {
        Some(first) if day.day() == 1 => {
            let mut counted = false;
            let words: Vec<&str> = text
                .split(' ')
                .map(|word| {
                    let is_day = word == "1" && !counted;
                    counted |= is_day;
                    if is_day { first } else { word }
                })
                .collect();
            words.join(" ")
        }
        _ => text,
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
    fn a_time_is_shown_in_the_customers_zone_and_language() {
        let evening = at("2026-08-01T22:05:00Z");
        let cases = [
            (
                Europe::Paris,
                "Sunday, August 2, 2026 at 12:05\u{202f}AM, Paris time",
                "dimanche 2 août 2026 à 00:05, heure de Paris",
            ),
            (
                America::New_York,
                "Saturday, August 1, 2026 at 6:05\u{202f}PM, New York time",
                "samedi 1er août 2026 à 18:05, heure de New York",
            ),
            (
                Asia::Kolkata,
                "Sunday, August 2, 2026 at 3:35\u{202f}AM, Kolkata time",
                "dimanche 2 août 2026 à 03:35, heure de Calcutta",
            ),
            (
                Tz::UTC,
                "Saturday, August 1, 2026 at 10:05\u{202f}PM GMT+0",
                "samedi 1er août 2026 à 22:05 UTC+0",
            ),
        ];
        for (zone, en, fr) in cases {
            assert_eq!(format_time(evening, zone, Locale::En), en);
            assert_eq!(format_time(evening, zone, Locale::Fr), fr);
        }
    }

    #[test]
    fn short_times_and_days_are_written_as_cldr_writes_them() {
        let morning = at("2026-11-01T09:05:00Z");
        let day = local_day(morning, Europe::Paris);
        for (locale, time, short, long) in [
            (
                Locale::En,
                "Nov 1, 10:05\u{202f}AM",
                "Nov 1, 2026",
                "November 1, 2026",
            ),
            (
                Locale::Fr,
                "1er nov., 10:05",
                "1er nov. 2026",
                "1er novembre 2026",
            ),
        ] {
            assert_eq!(format_short_time(morning, Europe::Paris, locale), time);
            assert_eq!(format_day(day, locale, Length::Medium), short);
            assert_eq!(format_day(day, locale, Length::Long), long);
        }
    }

    #[test]
    fn the_two_occurrences_of_a_repeated_hour_are_distinguishable() {
        for locale in Locale::ALL {
            let first = format_time(at("2026-10-25T00:30:00Z"), Europe::Paris, locale);
            let second = format_time(at("2026-10-25T01:30:00Z"), Europe::Paris, locale);
            assert_ne!(first, second);
        }
    }

    #[test]
    fn only_a_repeated_hour_has_its_offset() {
        let written = |time, locale| format_time(at(time), Europe::Paris, locale);
        assert_eq!(
            written("2026-10-25T00:30:00Z", Locale::En),
            "Sunday, October 25, 2026 at 2:30\u{202f}AM, Paris time (GMT+2)"
        );
        assert_eq!(
            written("2026-10-25T01:30:00Z", Locale::Fr),
            "dimanche 25 octobre 2026 à 02:30, heure de Paris (UTC+1)"
        );
        assert_eq!(
            written("2026-10-25T02:30:00Z", Locale::En),
            "Sunday, October 25, 2026 at 3:30\u{202f}AM, Paris time"
        );
    }

    #[test]
    fn a_zone_is_named_by_its_city_in_the_customers_language() {
        for (zone, en, fr) in [
            ("Asia/Tokyo", "Tokyo time", "heure de Tokyo"),
            ("US/Eastern", "New York time", "heure de New York"),
            ("Europe/London", "London time", "heure de Londres"),
            ("Europe/Athens", "Athens time", "heure d’Athènes"),
            ("Africa/Cairo", "Cairo time", "heure du Caire"),
            ("America/Havana", "Havana time", "heure de La Havane"),
        ] {
            let zone: Tz = zone.parse().unwrap();
            for (locale, expected) in [(Locale::En, en), (Locale::Fr, fr)] {
                let text = format_time(at("2026-07-01T12:00:00Z"), zone, locale);
                assert!(text.ends_with(&format!(", {expected}")), "{text}");
            }
        }
    }

    #[test]
    fn every_zone_has_a_city_or_an_offset() {
        for zone in chrono_tz::TZ_VARIANTS {
            for locale in Locale::ALL {
                let text = format_time(at("2026-07-01T12:00:00Z"), zone, locale);
                let by_offset = text.contains("GMT") || text.contains("UTC");
                let by_city = text.contains(" time") || text.contains("heure d");
                assert!(by_offset != by_city, "{zone}: {text}");
                assert!(
                    !text.contains("nknown") && !text.contains("nconnu"),
                    "{zone}: {text}"
                );
                assert!(
                    by_city || !zone.name().contains("Europe/"),
                    "{zone}: {text}"
                );
            }
        }
    }

    #[test]
    fn the_ends_of_the_calendar_are_formatted_too() {
        for (time, zone) in [
            (DateTime::<Utc>::MAX_UTC, Asia::Tokyo),
            (DateTime::<Utc>::MIN_UTC, America::New_York),
        ] {
            for locale in Locale::ALL {
                assert_eq!(format_time(time, zone, locale), time.to_rfc3339());
                assert_eq!(format_short_time(time, zone, locale), time.to_rfc3339());
                assert!(!format_date(time.date_naive(), locale).is_empty());
            }
        }
    }
}
