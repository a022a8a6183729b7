//! How moments and dates are written and read.

use std::ops::RangeInclusive;

use chrono::{DateTime, Datelike, NaiveDate, SecondsFormat, SubsecRound, TimeDelta, Timelike, Utc};

/// The years of a time or a date that a caller may give.
pub const YEARS: RangeInclusive<i32> = 1900..=9999;

/// Whose text it is that names a time or a date. What a caller may write is
/// narrower than what earlier versions of this program took and stored, and
/// what is stored stays readable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WrittenBy {
    /// A caller: today's rules hold.
    Caller,
    /// The store: what any version accepted is read.
    Store,
}

impl WrittenBy {
    /// # Errors
    /// What a fault of the field says.
    pub fn parse_time(self, text: &str) -> Result<DateTime<Utc>, &'static str> {
        match self {
            WrittenBy::Caller => parse_time(text),
            WrittenBy::Store => parse_stored_time(text),
        }
    }

    /// # Errors
    /// What a fault of the field says.
    pub fn parse_date(self, text: &str) -> Result<NaiveDate, &'static str> {
        match self {
            WrittenBy::Caller => parse_date(text),
            WrittenBy::Store => parse_stored_date(text),
        }
    }
}

/// A caller's time: RFC 3339 with a zone, as a local time without one names no
/// moment; of a year of [`YEARS`], where it was written and in UTC; with at most
/// nine digits behind the second, so that none is dropped; without the second
/// 60, which most clocks and file formats do not have.
///
/// # Errors
/// What a fault of the field says.
pub fn parse_time(text: &str) -> Result<DateTime<Utc>, &'static str> {
    const MESSAGE: &str = "must be a time of RFC 3339 with a zone, like \"2026-11-22T10:00:00Z\", of the years 1900 to 9999";
    if !has_strict_form(text) {
        return Err(MESSAGE);
    }
    let written = DateTime::parse_from_rfc3339(text).map_err(|_| MESSAGE)?;
    let time = written.to_utc();
    if is_leap_second(&time) {
        return Err("must not have the second 60");
    }
    if !YEARS.contains(&written.year()) || !YEARS.contains(&time.year()) {
        return Err(MESSAGE);
    }
    Ok(time)
}

/// chrono alone would also take a space for the "T", the sign U+2212 for "-",
/// and digits behind the second that it drops.
fn has_strict_form(text: &str) -> bool {
    const TO_THE_SECOND: usize = "2026-11-22T10:00:00".len();
    let bytes = text.as_bytes();
    let fraction = bytes.get(TO_THE_SECOND + 1..).unwrap_or_default();
    let digits = fraction.iter().take_while(|byte| byte.is_ascii_digit());
    text.is_ascii() && matches!(bytes.get(10), Some(b'T' | b't')) && digits.count() <= 9
}

/// A time as [`format_time`] wrote it, by whatever version: also of an earlier
/// year and with the second 60.
///
/// # Errors
/// What a fault of the field says.
pub fn parse_stored_time(text: &str) -> Result<DateTime<Utc>, &'static str> {
    const MESSAGE: &str = "must be a time of RFC 3339 with a zone";
    let time = DateTime::parse_from_rfc3339(text)
        .map_err(|_| MESSAGE)?
        .to_utc();
    // A zone can push the year out of four digits, and then it is RFC 3339 no more.
    if !(0..=9999).contains(&time.year()) {
        return Err(MESSAGE);
    }
    Ok(time)
}

/// A caller's date, of a year of [`YEARS`].
///
/// # Errors
/// What a fault of the field says.
pub fn parse_date(text: &str) -> Result<NaiveDate, &'static str> {
    parse_stored_date(text)
        .ok()
        .filter(|date| YEARS.contains(&date.year()))
        .ok_or("must be a date like \"2026-11-22\", of the years 1900 to 9999")
}

/// A date as it was stored, by whatever version: also of an earlier year.
///
/// # Errors
/// What a fault of the field says.
pub fn parse_stored_date(text: &str) -> Result<NaiveDate, &'static str> {
    const MESSAGE: &str = "must be a date like \"2026-11-22\"";
    // chrono alone would also take "2026-1-2", "+2026-11-2" and "2026-11- 2".
    if text.len() != "2026-11-22".len() {
        return Err(MESSAGE);
    }
    NaiveDate::parse_from_str(text, "%Y-%m-%d")
        .ok()
        .filter(|date| date.to_string() == text)
        .ok_or(MESSAGE)
}

/// Whether it is the second 60, which chrono keeps as a nanosecond beyond a
/// thousand million.
pub(crate) fn is_leap_second(time: &impl Timelike) -> bool {
    time.nanosecond() >= 1_000_000_000
}

/// The moment as the tables keep it, in whole microseconds. What is compared
/// with a stored moment has to be cut off here first: a moment that keeps its
/// nanoseconds is later than what is stored of it, for ever.
#[must_use]
pub fn as_kept(time: DateTime<Utc>) -> DateTime<Utc> {
    time.trunc_subsecs(6)
}

/// The moment on a clock without the second 60, as POSIX and Parquet count: the
/// second 60 is the first of the next minute.
#[must_use]
#[expect(
    clippy::arithmetic_side_effects,
    reason = "a leap second is far from the end of time"
)]
pub fn on_posix_clock(time: DateTime<Utc>) -> DateTime<Utc> {
    match time.with_nanosecond(time.nanosecond() % 1_000_000_000) {
        Some(within) if is_leap_second(&time) => within + TimeDelta::seconds(1),
        _ => time,
    }
}

/// The one spelling of a moment in what is stored and hashed.
#[must_use]
pub fn format_time(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::AutoSi, true)
}

/// Fixed width, so that text order is time order: it is the sort key of the
/// time index. It keeps what [`as_kept`] keeps.
#[must_use]
pub fn format_recorded_at(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Micros, true)
}
