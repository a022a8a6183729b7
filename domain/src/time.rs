//! How moments are written and read.

use chrono::{DateTime, Datelike, SecondsFormat, Utc};

/// RFC 3339, with a zone: a local time without one names no moment.
pub fn parse_time(text: &str) -> Result<DateTime<Utc>, &'static str> {
    const MESSAGE: &str = "must be a time of RFC 3339 with a zone, like \"2026-11-22T10:00:00Z\"";
    let time = DateTime::parse_from_rfc3339(text)
        .map_err(|_| MESSAGE)?
        .to_utc();
    // A zone can push the year out of four digits, and then it is RFC 3339 no more.
    if !(0..=9999).contains(&time.year()) {
        return Err(MESSAGE);
    }
    Ok(time)
}

/// The one spelling of a moment in what is stored and hashed.
pub fn format_time(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::AutoSi, true)
}

/// Fixed width, so that text order is time order: it is the sort key of the
/// time index.
pub fn format_recorded_at(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Micros, true)
}
