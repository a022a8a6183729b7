//! When a customer is told: at once, or of everything together.

use chrono::{DateTime, Datelike, Days, NaiveDate, NaiveTime, Utc, Weekday};
use chrono_tz::Tz;

use crate::quiet_hours::QuietHours;
use crate::schedule::local_time;

/// When a digest or a statement is sent, by the customer's clock: after the
/// night's bookings, and before the day's work.
const HOUR: NaiveTime = match NaiveTime::from_hms_opt(8, 0, 0) {
    Some(time) => time,
    None => NaiveTime::MIN,
};
/// The day of a weekly digest: the week before it is whole.
const DAY: Weekday = Weekday::Mon;

/// How often mails come.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Cadence {
    /// Each mail at once.
    #[default]
    Immediate,
    /// A digest each morning on which something waits.
    Daily,
    /// A digest each Monday morning.
    Weekly,
}

impl Cadence {
    /// Every cadence.
    pub const ALL: [Cadence; 3] = [Cadence::Immediate, Cadence::Daily, Cadence::Weekly];

    /// The name by which preferences have it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Cadence::Immediate => "immediate",
            Cadence::Daily => "daily",
            Cadence::Weekly => "weekly",
        }
    }

    /// The digest that what was recorded at `instant` waits for: the first one
    /// after it, or the end of the quiet hours that it falls into. `None` for
    /// what does not wait.
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
        // Quiet hours can put a digest off into the next day: it begins a day before.
        let first = today.checked_sub_days(Days::new(1))?;
        (0..=9)
            .filter_map(|days| first.checked_add_days(Days::new(days)))
            .filter(|date| self == Cadence::Daily || date.weekday() == DAY)
            .filter_map(|date| morning(date, zone, quiet))
            .find(|at| *at > instant)
    }

    /// Since when the digest of `occurrence` tells: a day or a week before it.
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

/// The morning of a day, or when the quiet hours that it is in are over.
fn morning(date: NaiveDate, zone: Tz, quiet: Option<QuietHours>) -> Option<DateTime<Utc>> {
    let at = local_time::instant(zone, date.and_time(HOUR))?;
    Some(
        quiet
            .and_then(|quiet| quiet.end_if_quiet(at, zone))
            .unwrap_or(at),
    )
}

/// A month by the customer's clock, as a statement tells of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StatementMonth {
    /// Its first day.
    pub first: NaiveDate,
    /// Its last day.
    pub last: NaiveDate,
    /// Its first moment.
    pub begins: DateTime<Utc>,
    /// The first moment after it.
    pub ends: DateTime<Utc>,
    /// When its statement is sent: on the first day of the next month.
    pub told_at: DateTime<Utc>,
}

impl StatementMonth {
    /// The month that a moment falls into; `None` beyond chrono's range only.
    #[must_use]
    pub fn of(instant: DateTime<Utc>, zone: Tz, quiet: Option<QuietHours>) -> Option<Self> {
        Self::beginning(
            instant.with_timezone(&zone).date_naive().with_day(1)?,
            zone,
            quiet,
        )
    }

    /// The month after it.
    #[must_use]
    pub fn next(&self, zone: Tz, quiet: Option<QuietHours>) -> Option<Self> {
        Self::beginning(self.last.succ_opt()?, zone, quiet)
    }

    /// The month whose first day this is.
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
