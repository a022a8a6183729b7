//! Again and again, at a fixed distance.

use chrono::{DateTime, TimeDelta, Utc};

/// The longest distance: ten years of days. A longer one is a mistake.
const MAX_DAYS: i64 = 3650;

/// `rate(5 minutes)` or `5 minutes`; minutes, hours or days of 24 hours, from
/// one minute to ten years. A day of a rate is never 23 or 25 hours long:
/// who wants the same time of day wants cron.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rate {
    text: String,
    every: TimeDelta,
}

impl Rate {
    /// # Errors
    /// With what a fault of the field says.
    pub fn parse(text: &str) -> Result<Self, String> {
        const FORM: &str = "must be a number of minutes, hours or days, like \"rate(5 minutes)\"";
        let text = text.trim();
        let inner = text
            .strip_prefix("rate(")
            .and_then(|inner| inner.strip_suffix(')'))
            .unwrap_or(text);
        let (number, unit) = inner.trim().split_once(' ').ok_or(FORM)?;
        if number.is_empty() || !number.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(FORM.to_owned());
        }
        let minutes_each = match unit.trim() {
            "minute" | "minutes" => 1,
            "hour" | "hours" => 60,
            "day" | "days" => 24 * 60,
            "second" | "seconds" => return Err("must be 1 minute or more".to_owned()),
            _ => return Err(FORM.to_owned()),
        };
        let most = MAX_DAYS * 24 * 60;
        let minutes = number
            .parse::<i64>()
            .ok()
            .and_then(|number| number.checked_mul(minutes_each))
            .filter(|minutes| *minutes <= most)
            .ok_or_else(|| format!("must be {MAX_DAYS} days or less"))?;
        if minutes == 0 {
            return Err("must be 1 minute or more".to_owned());
        }
        Ok(Rate {
            text: text.to_owned(),
            every: TimeDelta::minutes(minutes),
        })
    }

    /// The text that it was read from.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    pub(super) fn in_words(&self) -> String {
        let minutes = self.every.num_minutes();
        let (number, unit) = match () {
            () if minutes % (24 * 60) == 0 => (minutes / (24 * 60), "day"),
            () if minutes % 60 == 0 => (minutes / 60, "hour"),
            () => (minutes, "minute"),
        };
        match number {
            1 => format!("Every {unit}"),
            _ => format!("Every {number} {unit}s"),
        }
    }

    /// The first is one distance after the making.
    #[expect(
        clippy::arithmetic_side_effects,
        reason = "times of a store lie within the range of durations, and no rate is zero"
    )]
    pub(super) fn next_after(
        &self,
        created_at: DateTime<Utc>,
        instant: DateTime<Utc>,
    ) -> Option<DateTime<Utc>> {
        let since = (instant - created_at).num_milliseconds().max(0);
        let done = since / self.every.num_milliseconds();
        let count = i32::try_from(done.checked_add(1)?).ok()?;
        created_at.checked_add_signed(self.every.checked_mul(count)?)
    }
}
