//! `:60F:` and `:62F:`, and their intermediate forms `:60M:` and `:62M:`.

use chrono::NaiveDate;
use domain::{Currency, Money};

use crate::amount::parse_amount;
use crate::error::malformed;
use crate::{Balance, Reason};

/// First two-digit year of the last century, by SWIFT's rule for dates. A
/// smaller one is in this century.
const FIRST_YEAR_OF_1900S: i32 = 80;

/// Reads `C` or `D`, date, currency and amount: `C110522EUR3236,28`.
pub(super) fn parse(
    text: &str,
    line: usize,
    field: &'static str,
) -> Result<(Balance, Currency), Reason> {
    let text = text.trim();
    let bad = |problem: &str| malformed(field, text, problem);
    let (negative, rest) = match text.split_at_checked(1) {
        Some(("C", rest)) => (false, rest),
        Some(("D", rest)) => (true, rest),
        _ => return Err(bad("does not begin with C or D")),
    };
    let (date, rest) = rest
        .split_at_checked(6)
        .ok_or_else(|| bad("has no date (YYMMDD)"))?;
    let date = parse_date(date).ok_or_else(|| bad("has no date (YYMMDD)"))?;
    let (code, amount) = rest
        .split_at_checked(3)
        .ok_or_else(|| bad("has no currency"))?;
    let currency: Currency = code.parse().map_err(|error| {
        malformed(
            field,
            text,
            format!("names the currency {code:?}, which {error}"),
        )
    })?;
    let amount = parse_amount(amount.trim(), currency).map_err(|error| {
        malformed(
            field,
            text,
            format!("has the amount {:?}, which {error}", amount.trim()),
        )
    })?;
    let amount = if negative {
        amount.checked_neg().unwrap_or(amount)
    } else {
        amount
    };
    Ok((
        Balance {
            amount: Money::from_minor(amount.minor(), currency),
            date,
            line,
        },
        currency,
    ))
}

/// Reads YYMMDD. A day after the end of its month becomes the last day: German
/// banks count interest on 30 February.
pub(super) fn parse_date(text: &str) -> Option<NaiveDate> {
    if text.len() != 6 || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let part = |range: std::ops::Range<usize>| text.get(range)?.parse::<u32>().ok();
    let year = i32::try_from(part(0..2)?).ok()?;
    let century = if year >= FIRST_YEAR_OF_1900S {
        1900
    } else {
        2000
    };
    date(century + year, part(2..4)?, part(4..6)?)
}

/// Returns a date whose day, up to 31, may be after the end of its month.
pub(super) fn date(year: i32, month: u32, day: u32) -> Option<NaiveDate> {
    if !(1..=31).contains(&day) {
        return None;
    }
    (28..=day)
        .rev()
        .find_map(|day| NaiveDate::from_ymd_opt(year, month, day))
        .or_else(|| NaiveDate::from_ymd_opt(year, month, day))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<(String, String), String> {
        parse(text, 1, "the balance")
            .map(|(balance, _)| (balance.amount.to_string(), balance.date.to_string()))
            .map_err(|reason| reason.to_string())
    }

    #[test]
    fn a_balance_is_signed_by_its_mark() {
        assert_eq!(
            read("C110522EUR3236,28"),
            Ok(("3236.28 EUR".into(), "2011-05-22".into()))
        );
        assert_eq!(
            read("D990101CHF0,5 "),
            Ok(("-0.50 CHF".into(), "1999-01-01".into()))
        );
        assert_eq!(
            read("D110101EUR0,"),
            Ok(("0.00 EUR".into(), "2011-01-01".into()))
        );
    }

    #[test]
    fn the_error_of_an_unreadable_balance_names_the_fault() {
        assert_eq!(
            read("X").unwrap_err(),
            "the balance \"X\" does not begin with C or D"
        );
        assert_eq!(
            read("C11ü522EUR1,").unwrap_err(),
            "the balance \"C11ü522EUR1,\" has no date (YYMMDD)"
        );
        assert!(read("C111322EUR1,").unwrap_err().contains("no date"));
        assert!(
            read("C110522EUX1,")
                .unwrap_err()
                .contains("\"EUX\", which is not a currency code")
        );
        assert!(
            read("C110522EUR1.000,00")
                .unwrap_err()
                .contains("which is not an amount")
        );
    }

    #[test]
    fn the_30th_of_february_is_the_last_day_of_february() {
        assert_eq!(parse_date("230230"), NaiveDate::from_ymd_opt(2023, 2, 28));
        assert_eq!(parse_date("240231"), NaiveDate::from_ymd_opt(2024, 2, 29));
        assert_eq!(parse_date("230232"), None);
        assert_eq!(parse_date("230100"), None);
        assert_eq!(parse_date("230115"), NaiveDate::from_ymd_opt(2023, 1, 15));
    }
}
