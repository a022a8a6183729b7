//! The value of a cell, independent of the file's format.

use std::fmt;

use chrono::{DateTime, NaiveDate, Utc};
use domain::Money;
use domain::time::{as_kept, on_posix_clock};

/// Decimals of every column of money: as many as the longest minor unit of ISO
/// 4217, so that one column holds yen, euros and dinars.
pub const SCALE: u32 = 4;
/// Total digits of a column of money: 19 for 64 bits in a currency without a
/// minor unit, plus the scale.
pub const PRECISION: u32 = 23;

/// An amount without its currency, exact.
#[derive(Debug, Clone, Copy, Eq)]
pub struct Decimal {
    /// In units of 10^-[`SCALE`].
    scaled: i128,
    /// The decimals that are written as text.
    digits: u32,
}

impl Decimal {
    /// Returns the amount of money, which is written with its currency's digits.
    pub fn of(money: Money) -> Self {
        let digits = money.currency().digits();
        Decimal {
            scaled: i128::from(money.minor()) * power_of_ten(SCALE - digits),
            digits,
        }
    }

    pub(crate) fn from_scaled(scaled: i128) -> Self {
        Decimal {
            scaled,
            digits: SCALE,
        }
    }

    /// Returns the sum of two amounts of the same currency.
    pub(crate) fn plus(self, other: Decimal) -> Self {
        Decimal {
            scaled: self.scaled + other.scaled,
            digits: self.digits,
        }
    }

    /// Returns the difference of two amounts of the same currency.
    pub(crate) fn minus(self, other: Decimal) -> Self {
        Decimal {
            scaled: self.scaled - other.scaled,
            digits: self.digits,
        }
    }

    pub(crate) fn scaled(self) -> i128 {
        self.scaled
    }

    /// Reads the form that `Display` writes, of any currency.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (sign, magnitude) = match text.strip_prefix('-') {
            Some(magnitude) => (-1, magnitude),
            None => (1, text),
        };
        let (whole, fraction) = magnitude.split_once('.').unwrap_or((magnitude, ""));
        let all_digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
        let digits = u32::try_from(fraction.len()).ok().filter(|n| *n <= SCALE)?;
        if whole.is_empty() || !all_digits(whole) || !all_digits(fraction) {
            return None;
        }
        let units: i128 = format!("{whole}{fraction}").parse().ok()?;
        let scaled = units.checked_mul(power_of_ten(SCALE - digits))?;
        Some(Decimal {
            scaled: sign * scaled,
            digits,
        })
    }
}

fn power_of_ten(exponent: u32) -> i128 {
    10_i128.pow(exponent)
}

/// Two decimals are equal if they are the same number, whatever their trailing zeros.
impl PartialEq for Decimal {
    fn eq(&self, other: &Self) -> bool {
        self.scaled == other.scaled
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let units = self.scaled.unsigned_abs() / power_of_ten(SCALE - self.digits).unsigned_abs();
        let sign = if self.scaled < 0 { "-" } else { "" };
        let digits = self.digits as usize;
        let padded = format!("{units:0width$}", width = digits + 1);
        let (whole, fraction) = padded.split_at(padded.len() - digits);
        match fraction {
            "" => write!(f, "{sign}{whole}"),
            _ => write!(f, "{sign}{whole}.{fraction}"),
        }
    }
}

/// The value of a cell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// No value.
    Null,
    /// UTF-8 text.
    Text(String),
    /// A signed 64-bit integer.
    Int(i64),
    /// An exact amount.
    Decimal(Decimal),
    /// A time in whole microseconds, on a clock without leap seconds.
    Time(DateTime<Utc>),
    /// A day.
    Date(NaiveDate),
}

/// A row: one value for each column of its table.
pub type Row = Vec<Value>;

impl Value {
    pub(crate) fn text(text: impl ToString) -> Self {
        Value::Text(text.to_string())
    }

    pub(crate) fn optional(text: Option<impl ToString>) -> Self {
        text.map_or(Value::Null, Value::text)
    }

    /// Returns the time in the form that all readers support: microseconds, and
    /// seconds up to 59. The commit's content keeps the exact time. The second
    /// 60, which earlier versions accepted, becomes the next minute's first.
    pub(crate) fn time(time: DateTime<Utc>) -> Self {
        Value::Time(as_kept(on_posix_clock(time)))
    }
}

/// The form in NDJSON and CSV; empty for `Null`.
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Null => Ok(()),
            Value::Text(text) => f.write_str(text),
            Value::Int(int) => int.fmt(f),
            Value::Decimal(decimal) => decimal.fmt(f),
            Value::Time(time) => f.write_str(&domain::time::format_recorded_at(*time)),
            Value::Date(date) => date.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::Currency;
    use proptest::prelude::*;

    fn currencies() -> impl Iterator<Item = Currency> {
        let letters = || b'A'..=b'Z';
        letters().flat_map(move |a| {
            letters().flat_map(move |b| {
                letters().filter_map(move |c| String::from_utf8(vec![a, b, c]).ok()?.parse().ok())
            })
        })
    }

    #[test]
    fn the_largest_balance_of_every_currency_fits_the_column() {
        let limit = power_of_ten(PRECISION);
        let mut digits = std::collections::BTreeSet::new();
        for currency in currencies() {
            digits.insert(currency.digits());
            for minor in [i64::MIN, i64::MAX] {
                let decimal = Decimal::of(Money::from_minor(minor, currency));
                assert!(decimal.scaled().abs() < limit, "{currency}");
            }
        }
        assert_eq!(digits, [0, 2, 3, 4].into());
    }

    proptest! {
        #[test]
        fn an_amount_is_written_as_its_currency_has_it_and_read_back(
            minor: i64, code in prop::sample::select(vec!["EUR", "JPY", "BHD", "CLF"]),
        ) {
            let money = Money::from_minor(minor, code.parse().unwrap());
            let decimal = Decimal::of(money);
            prop_assert_eq!(decimal.to_string(), money.to_decimal());
            prop_assert_eq!(Decimal::parse(&money.to_decimal()), Some(decimal));
            prop_assert_eq!(Decimal::parse(&Decimal::from_scaled(decimal.scaled()).to_string()), Some(decimal));
        }
    }

    #[test]
    fn anything_but_an_amount_is_refused() {
        for text in [
            "",
            ".5",
            "1.23456",
            "1e3",
            "--1",
            "+1",
            "1 000",
            "9".repeat(60).as_str(),
        ] {
            assert_eq!(Decimal::parse(text), None, "{text:?}");
        }
    }
}
