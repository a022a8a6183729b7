//! Deposits and withdrawals by day.

use std::collections::BTreeMap;

use domain::{Currency, Money};
use serde_json::Value;

use super::{currency, events, failed, level, moved};
use crate::client::Client;
use crate::exit::Failure;
use crate::output;

/// Length of the longest bar, in characters.
const WIDTH: u32 = 24;

/// The sums of each day (UTC) on which movements occurred.
#[derive(Debug)]
pub(crate) struct Movements {
    currency: Currency,
    days: BTreeMap<String, Day>,
}

/// The sums in minor units, both 0 or more.
#[derive(Debug, Default, PartialEq, Eq)]
struct Day {
    paid_in: i64,
    paid_out: i64,
}

impl Movements {
    pub(crate) fn read(client: &Client, account: &str) -> Result<Self, Failure> {
        Movements::of(&events(client, account)?)
    }

    fn of(events: &[Value]) -> Result<Self, Failure> {
        let currency = currency(events)?;
        let mut days = BTreeMap::<String, Day>::new();
        for event in events {
            let Some(money) = moved(event, currency)?.filter(|money| money.minor() != 0) else {
                continue;
            };
            let date = event["occurred_at"].as_str().and_then(|at| at.get(..10));
            let day = days.entry(date.unwrap_or_default().to_owned()).or_default();
            let sum = if money.minor() > 0 {
                &mut day.paid_in
            } else {
                &mut day.paid_out
            };
            *sum = money
                .minor()
                .checked_abs()
                .and_then(|minor| sum.checked_add(minor))
                .ok_or_else(|| failed("a day's sum is too large to be drawn"))?;
        }
        Ok(Movements { currency, days })
    }

    /// Prints a line for each day.
    pub(crate) fn show(&self) {
        self.lines().into_iter().all(output::line);
    }

    fn lines(&self) -> Vec<String> {
        let most = self
            .days
            .values()
            .map(|day| day.paid_in.max(day.paid_out))
            .max()
            .unwrap_or(0);
        let bar = |minor: i64| match minor {
            0 => String::new(),
            // Even the smallest sum has a bar.
            _ => "█".repeat(level(minor, (0, most), WIDTH) as usize + 1),
        };
        let text = |minor: i64, sign: &str| match minor {
            0 => String::new(),
            _ => format!(
                "{sign}{}",
                Money::from_minor(minor, self.currency).to_decimal()
            ),
        };
        let width = WIDTH as usize;
        let heading = format!(
            "{:<12}{:>width$} {:>14}  {:<14} OUT ({})",
            "DAY",
            "IN",
            "",
            "",
            self.currency.code()
        );
        let rows = self.days.iter().map(|(date, day)| {
            format!(
                "{date:<12}{:>width$} {:>14}  {:<14} {}",
                bar(day.paid_in),
                text(day.paid_in, "+"),
                text(day.paid_out, "-"),
                bar(day.paid_out)
            )
        });
        std::iter::once(heading)
            .chain(rows)
            .map(|line| line.trim_end().to_owned())
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_day_has_its_deposits_and_withdrawals() {
        let mut history = super::super::tests::history();
        history[5]["occurred_at"] = "2026-11-24T23:59:59Z".into();
        let movements = Movements::of(&history).unwrap();
        let day = |paid_in, paid_out| Day { paid_in, paid_out };
        assert_eq!(movements.days["2026-11-22"], day(33_050, 18_000));
        assert_eq!(movements.days["2026-11-24"], day(4_950, 0));
        insta::assert_snapshot!(movements.lines().join("\n"));
    }
}
