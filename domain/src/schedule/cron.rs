//! A schedule that runs at the local times of a pattern.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use croner::parser::{CronParser, Seconds, Year};

use super::local_time;

/// Local times without an instant of their own that a search may pass: those of the longest repeated stretch, a day, at one a
/// minute.
const MOST_WITHOUT_INSTANT: usize = 24 * 60 + 1;

/// `cron(minutes hours day-of-month month day-of-week year)` as EventBridge
/// has it (1 is Sunday, one of the days is `?`; `L`, `W` and `#` are known),
/// with or without `cron(...)`; or the five fields of POSIX's crontab, where 0
/// and 7 are Sunday and two days mean either.
///
/// Source: <https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html#cron-based>
#[derive(Debug, Clone)]
pub struct Cron {
    text: String,
    pattern: Box<croner::Cron>,
}

impl PartialEq for Cron {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for Cron {}

impl Cron {
    /// # Errors
    /// With what a fault of the field says.
    pub fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let inner = text
            .strip_prefix("cron(")
            .and_then(|inner| inner.strip_suffix(')'))
            .unwrap_or(text);
        let fields: Vec<&str> = inner.split_whitespace().collect();
        // croner has extensions that neither EventBridge nor POSIX knows.
        if inner.contains(['@', '+', '=']) {
            return Err("must not contain \"@\", \"+\" or \"=\"".to_owned());
        }
        let pattern = match fields.as_slice() {
            [_, _, _, _, _] => CronParser::builder()
                .seconds(Seconds::Disallowed)
                .year(Year::Disallowed)
                .build()
                .parse(inner),
            [_, _, day, _, weekday, year] => {
                check_days(day, weekday)?;
                check_year(year)?;
                CronParser::builder()
                    .seconds(Seconds::Required)
                    .year(Year::Required)
                    .alternative_weekdays(true)
                    .sloppy_ranges(true)
                    .build()
                    .parse(&format!("0 {}", fields.join(" ")))
            }
            _ => {
                return Err(
                    "must have six fields (minutes hours day-of-month month day-of-week year) or POSIX's five"
                        .to_owned(),
                );
            }
        };
        let pattern = pattern.map_err(|error| format!("is no cron pattern: {error}"))?;
        Ok(Cron {
            text: text.to_owned(),
            pattern: Box::new(pattern),
        })
    }

    /// The text that it was read from.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    pub(super) fn in_words(&self) -> String {
        self.pattern.describe().trim_end_matches('.').to_owned()
    }

    pub(super) fn next_after(&self, zone: Tz, instant: DateTime<Utc>) -> Option<DateTime<Utc>> {
        // The pattern runs on a clock that is never put forward or back, because `local_time` alone decides on the meaning of
        // local times.
        let mut local = instant.with_timezone(&zone).naive_local().and_utc();
        for _ in 0..MOST_WITHOUT_INSTANT {
            local = self.pattern.find_next_occurrence(&local, false).ok()?;
            let next = local_time::instant(zone, local.naive_utc())?;
            // Within a repeated stretch the local time continues, and its instant is that of the first pass.
            if next > instant {
                return Some(next);
            }
        }
        None
    }
}

/// EventBridge's rule: one of the days is `?`, the other is not.
fn check_days(day: &str, weekday: &str) -> Result<(), String> {
    if (day == "?") == (weekday == "?") {
        return Err("must have \"?\" for exactly one of day-of-month and day-of-week".to_owned());
    }
    if weekday.eq_ignore_ascii_case("L") {
        return Err("must name the day before \"L\" in day-of-week, like \"6L\"".to_owned());
    }
    // croner's numbers are higher by one.
    let numbers = weekday
        .split(|c: char| !c.is_ascii_digit() && c != '#')
        .filter_map(|part| part.split('#').next())
        .filter(|part| !part.is_empty());
    let steps = weekday.split('/').skip(1);
    let in_range = |number: &str| number.parse::<u8>().is_ok_and(|n| (1..=7).contains(&n));
    if !numbers.chain(steps).all(in_range) {
        return Err("must have 1 (Sunday) to 7 (Saturday) for day-of-week".to_owned());
    }
    Ok(())
}

/// EventBridge's years.
fn check_year(year: &str) -> Result<(), String> {
    let numbers = year
        .split(['-', ',', '/'])
        .filter(|part| part.len() == 4)
        .filter_map(|part| part.parse::<u16>().ok());
    for number in numbers {
        if !(1970..=2199).contains(&number) {
            return Err("must have a year from 1970 to 2199".to_owned());
        }
    }
    Ok(())
}
