//! The cadence of a customer's mails: immediately, or in digests.

use chrono::{DateTime, Datelike, Days, NaiveDate, NaiveTime, Utc, Weekday};
use chrono_tz::Tz;

use crate::quiet_hours::QuietHours;
use crate::schedule::local_time;

/// The local time at which digests and statements are sent: after the night's bookings, and before the day's work.
const HOUR: NaiveTime = match NaiveTime::from_hms_opt(8, 0, 0) {
    Some(time) => time,
    None => NaiveTime::MIN,
};
/// The day of a weekly digest: the previous week is complete.
const DAY: Weekday = Weekday::Mon;

/// The cadence of mails.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Cadence {
    /// Each mail immediately.
    #[default]
    Immediate,
    /// A digest each morning on which notifications wait.
    Daily,
    /// A digest each Monday morning.
    Weekly,
}

impl Cadence {
    /// Every cadence.
    pub const ALL: [Cadence; 3] = [Cadence::Immediate, Cadence::Daily, Cadence::Weekly];

    /// The name in the JSON of preferences.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Cadence::Immediate => "immediate",
            Cadence::Daily => "daily",
            Cadence::Weekly => "weekly",
        }
    }

    /// The digest, in UTC, of a notification whose event was recorded at `instant`: the first one after it, or the end of the
    /// quiet hours that it falls into. `None` if nothing waits.
    #[must_use]
    pub fn digest_after(
        self,
        instant: DateTime<Utc>,
        zone: Tz,
        quiet: Option<QuietHours>,
    ) -> Option<DateTime<Utc>> {
        if self == Cadence::Immediate {
            return None;
        }
        let today = instant.with_timezone(&zone).date_naive();
        // Quiet hours can postpone a digest to the next day, so the search begins a day earlier.
        let first = today.checked_sub_days(Days::new(1))?;
        (0..=9)
            .filter_map(|days| first.checked_add_days(Days::new(days)))
            .filter(|date| self == Cadence::Daily || date.weekday() == DAY)
            .filter_map(|date| morning(date, zone, quiet))
            .find(|at| *at > instant)
    }

    /// The beginning of the period of the digest at `occurrence`: a day or a week before it.
    #[must_use]
    pub fn digest_begins(self, occurrence: DateTime<Utc>, zone: Tz) -> DateTime<Utc> {
        let days = if self == Cadence::Weekly { 7 } else { 1 };
        let local = occurrence.with_timezone(&zone).naive_local();
        local
            .checked_sub_days(Days::new(days))
            .and_then(|local| local_time::instant(zone, local))
            .unwrap_or(occurrence)
    }
}

/// The morning of a day, or the end of the quiet hours that it falls into.
fn morning(date: NaiveDate, zone: Tz, quiet: Option<QuietHours>) -> Option<DateTime<Utc>> {
    let at = local_time::instant(zone, date.and_time(HOUR))?;
    Some(
        quiet
            .and_then(|quiet| quiet.end_if_quiet(at, zone))
            .unwrap_or(at),
    )
}

/// A local month, which a statement covers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StatementMonth {
    /// Its first day.
    pub first: NaiveDate,
    /// Its last day.
    pub last: NaiveDate,
    /// Its first instant, in UTC.
    pub begins: DateTime<Utc>,
    /// The first instant after it, in UTC.
    pub ends: DateTime<Utc>,
    /// The time of its statement, in UTC: the morning of the first day of the next month.
    pub told_at: DateTime<Utc>,
}

impl StatementMonth {
    /// The local month of an instant; `None` only beyond chrono's range.
    #[must_use]
    pub fn of(instant: DateTime<Utc>, zone: Tz, quiet: Option<QuietHours>) -> Option<Self> {
        Self::beginning(
            instant.with_timezone(&zone).date_naive().with_day(1)?,
            zone,
            quiet,
        )
    }

    /// The next month.
    #[must_use]
    pub fn next(&self, zone: Tz, quiet: Option<QuietHours>) -> Option<Self> {
        Self::beginning(self.last.succ_opt()?, zone, quiet)
    }

    /// Returns the month with this first day.
    #[must_use]
    pub fn beginning(first: NaiveDate, zone: Tz, quiet: Option<QuietHours>) -> Option<Self> {
        let next = first.checked_add_months(chrono::Months::new(1))?;
        let midnight = |date: NaiveDate| local_time::instant(zone, date.and_time(NaiveTime::MIN));
        Some(StatementMonth {
            first,
            last: next.pred_opt()?,
            begins: midnight(first)?,
            ends: midnight(next)?,
            told_at: morning(next, zone, quiet)?,
        })
    }
}
