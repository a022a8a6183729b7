//! Amounts as banks write them, in whole minor units.

use domain::{Currency, Money};

/// The reason why a text is not an amount.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AmountError {
    /// The text is not made of digits and at most one decimal mark.
    #[error("is not an amount: digits with at most one decimal mark")]
    NotAnAmount,
    /// The text has more decimals than the currency, and they are not zero.
    #[error("has more than the {0} decimals of {1}")]
    TooManyDecimals(u32, &'static str),
    /// The amount exceeds 64 bits of minor units.
    #[error("is larger than can be kept (2^63-1 minor units)")]
    TooLarge,
}

/// Reads an unsigned amount with `,` or `.` as its decimal mark: `1234,56`,
/// `1234,`, `1234,5`, `,50`, `000012,00`, `1234`.
///
/// Zeros beyond the currency's decimals are ignored (`1,500` EUR); other digits
/// there are refused, not rounded. A thousands separator is refused too,
/// because `1.234` and `1,234` cannot be distinguished.
///
/// # Errors
/// All of them are permanent.
/// - `NotAnAmount`: the text is not made of digits and at most one decimal mark.
/// - `TooManyDecimals`: rounding would be necessary.
/// - `TooLarge`: the amount exceeds 2^63-1 minor units.
pub fn parse_amount(text: &str, currency: Currency) -> Result<Money, AmountError> {
    let (whole, fraction) = text.split_once([',', '.']).unwrap_or((text, ""));
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(whole) || !digits(fraction) || (whole.is_empty() && fraction.is_empty()) {
        return Err(AmountError::NotAnAmount);
    }
    let decimals = currency.digits() as usize;
    let (kept, beyond) = fraction.split_at(fraction.len().min(decimals));
    if beyond.bytes().any(|byte| byte != b'0') {
        return Err(AmountError::TooManyDecimals(
            currency.digits(),
            currency.code(),
        ));
    }
    // Without the mark, the padded digits are the minor units: "1234" + "5" + "0".
    let minor = format!("{whole}{kept:0<decimals$}");
    let minor = minor.trim_start_matches('0');
    let minor = if minor.is_empty() { "0" } else { minor };
    let minor = minor.parse().map_err(|_| AmountError::TooLarge)?;
    Ok(Money::from_minor(minor, currency))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn minor(text: &str, currency: &str) -> Result<i64, AmountError> {
        parse_amount(text, currency.parse().unwrap()).map(Money::minor)
    }

    #[test]
    fn an_amount_is_read_as_banks_write_it() {
        for (text, currency, expected) in [
            ("1234,56", "EUR", 123_456),
            ("1234,", "EUR", 123_400),
            ("1234,5", "EUR", 123_450),
            (",50", "EUR", 50),
            ("1234", "EUR", 123_400),
            ("000000001000,00", "EUR", 100_000),
            ("4561.9", "CHF", 456_190),
            ("1,500", "EUR", 150),
            ("0,", "EUR", 0),
            ("1234,", "JPY", 1_234),
            ("1234,00", "JPY", 1_234),
            ("1,5", "BHD", 1_500),
            ("92233720368547758,07", "EUR", i64::MAX),
        ] {
            assert_eq!(minor(text, currency), Ok(expected), "{text} {currency}");
        }
    }

    #[test]
    fn anything_but_an_amount_is_refused() {
        for text in [
            "", ",", ".", "-1,00", "+1", "1.234,56", "1,2,3", "1e3", "12 50", "abc",
        ] {
            assert_eq!(minor(text, "EUR"), Err(AmountError::NotAnAmount), "{text}");
        }
        assert_eq!(
            minor("1,005", "EUR"),
            Err(AmountError::TooManyDecimals(2, "EUR"))
        );
        assert_eq!(
            minor("1,5", "JPY"),
            Err(AmountError::TooManyDecimals(0, "JPY"))
        );
        assert_eq!(
            minor("92233720368547758,08", "EUR"),
            Err(AmountError::TooLarge)
        );
    }
}
