//! Which instant a local time is, on the days too on which a clock is put
//! forward or back.
//!
//! - A local time that is skipped runs at the first instant after the gap.
//!   (EventBridge leaves it out; a payment is not to be left out.)
//! - A local time that comes twice runs once, at the first.

use chrono::{DateTime, NaiveDateTime, TimeDelta, TimeZone, Timelike, Utc};
use chrono_tz::Tz;

/// The longest gap that there was: a whole day, where a country changed its
/// side of the date line (Samoa, 30 December 2011).
const LONGEST_GAP_MINUTES: usize = 24 * 60;

/// The instant of a local time; `None` beyond chrono's range only. Later local
/// times are never earlier instants.
#[must_use]
pub fn instant(zone: Tz, local: NaiveDateTime) -> Option<DateTime<Utc>> {
    if let Some(instant) = zone.from_local_datetime(&local).earliest() {
        return Some(instant.to_utc());
    }
    // Clocks are put forward at whole minutes, so walking in minutes finds the
    // first local time after the gap.
    let minute = local.with_second(0)?.with_nanosecond(0)?;
    std::iter::successors(Some(minute), |minute| {
        minute.checked_add_signed(TimeDelta::minutes(1))
    })
    .take(LONGEST_GAP_MINUTES + 2)
    .find_map(|minute| zone.from_local_datetime(&minute).earliest())
    .map(|instant| instant.to_utc())
}
