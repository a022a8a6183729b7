//! Money as whole minor units of an ISO 4217 currency. No floating point.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A currency of ISO 4217 that has a minor unit.
///
/// Codes without one (gold `XAU`, the test code `XTS` ...) are refused: no
/// account is kept in them.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Currency(iso_currency::Currency);

impl Currency {
    /// The three capital letters of ISO 4217.
    #[must_use]
    pub fn code(self) -> &'static str {
        self.0.code()
    }

    /// How many digits follow the decimal point: 2 for EUR, 0 for JPY, 3 for BHD.
    #[must_use]
    pub fn digits(self) -> u32 {
        u32::from(self.0.exponent().unwrap_or(0))
    }
}

/// Why a text is not an amount of money.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MoneyError {
    /// No currency of ISO 4217 that has minor units.
    #[error("is not a currency code of ISO 4217")]
    UnknownCurrency,
    /// Not a decimal number.
    #[error("must be a decimal string like \"125.50\": digits and at most one point, no sign")]
    NotADecimal,
    /// Not as many digits behind the point as the currency has.
    #[error("must have exactly {0} digits after the decimal point in {1}")]
    WrongDigits(u32, &'static str),
    /// More than an account can hold.
    #[error("is larger than can be kept (2^63-1 minor units)")]
    TooLarge,
    /// An amount of zero, or a negative one.
    #[error("must be more than zero")]
    NotPositive,
}

impl FromStr for Currency {
    type Err = MoneyError;

    fn from_str(code: &str) -> Result<Self, MoneyError> {
        iso_currency::Currency::from_code(code)
            .filter(|currency| currency.exponent().is_some())
            .map(Currency)
            .ok_or(MoneyError::UnknownCurrency)
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl Serialize for Currency {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code())
    }
}

impl<'de> Deserialize<'de> for Currency {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let code = String::deserialize(deserializer)?;
        code.parse()
            .map_err(|error| serde::de::Error::custom(format!("{code:?} {error}")))
    }
}

impl PartialOrd for Currency {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Currency {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.code().cmp(other.code())
    }
}

/// An amount or a balance: a signed count of the currency's minor units.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Money {
    minor: i64,
    currency: Currency,
}

impl Money {
    /// The money of so many minor units, such as cents.
    #[must_use]
    pub fn from_minor(minor: i64, currency: Currency) -> Self {
        Money { minor, currency }
    }

    /// No money at all.
    #[must_use]
    pub fn zero(currency: Currency) -> Self {
        Money::from_minor(0, currency)
    }

    /// The amount in minor units, such as cents.
    #[must_use]
    pub fn minor(self) -> i64 {
        self.minor
    }

    /// The currency it is in.
    #[must_use]
    pub fn currency(self) -> Currency {
        self.currency
    }

    /// Reads an amount that was moved: more than zero, no sign.
    ///
    /// # Errors
    /// Why the text is refused; a retry does not help.
    pub fn parse_amount(text: &str, currency: Currency) -> Result<Self, MoneyError> {
        let money = Self::parse_unsigned(text, currency)?;
        if money.minor == 0 {
            return Err(MoneyError::NotPositive);
        }
        Ok(money)
    }

    /// Reads a limit: zero or more, no sign.
    ///
    /// # Errors
    /// Why the text is refused; a retry does not help.
    pub fn parse_unsigned(text: &str, currency: Currency) -> Result<Self, MoneyError> {
        parse_minor(text, currency, false)
    }

    /// Reads a balance, which may be below zero (`-12.34`).
    ///
    /// # Errors
    /// Why the text is refused; a retry does not help.
    pub fn parse_signed(text: &str, currency: Currency) -> Result<Self, MoneyError> {
        match text.strip_prefix('-') {
            Some(magnitude) => parse_minor(magnitude, currency, true),
            None => parse_minor(text, currency, false),
        }
    }

    /// `None` when the sum leaves the range or the currencies differ.
    #[must_use]
    pub fn checked_add(self, other: Money) -> Option<Money> {
        if self.currency != other.currency {
            return None;
        }
        let minor = self.minor.checked_add(other.minor)?;
        Some(Money::from_minor(minor, self.currency))
    }

    /// `None` when the difference leaves the range or the currencies differ.
    #[must_use]
    pub fn checked_sub(self, other: Money) -> Option<Money> {
        if self.currency != other.currency {
            return None;
        }
        let minor = self.minor.checked_sub(other.minor)?;
        Some(Money::from_minor(minor, self.currency))
    }

    /// `None` for the one number that has no opposite, `i64::MIN`.
    #[must_use]
    pub fn checked_neg(self) -> Option<Money> {
        let minor = self.minor.checked_neg()?;
        Some(Money::from_minor(minor, self.currency))
    }

    /// The decimal string of the wire, without the currency.
    #[must_use]
    #[expect(
        clippy::arithmetic_side_effects,
        reason = "there are more digits than the currency has behind the point, after the padding"
    )]
    pub fn to_decimal(self) -> String {
        let digits = self.currency.digits() as usize;
        let mut text = self.minor.to_string();
        let sign = usize::from(self.minor < 0);
        // At least one digit before the point.
        let missing = (digits + 1).saturating_sub(text.len() - sign);
        text.insert_str(sign, &"0".repeat(missing));
        if digits > 0 {
            text.insert(text.len() - digits, '.');
        }
        text
    }
}

#[expect(clippy::arithmetic_side_effects, reason = "a digit is not below `0`")]
fn parse_minor(text: &str, currency: Currency, negative: bool) -> Result<Money, MoneyError> {
    let (whole, fraction) = match text.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (text, None),
    };
    let all_digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    if !all_digits(whole) || fraction.is_some_and(|part| !all_digits(part)) {
        return Err(MoneyError::NotADecimal);
    }
    // One spelling for each number: "007.00" would be hashed and compared as another one.
    if whole.len() > 1 && whole.starts_with('0') {
        return Err(MoneyError::NotADecimal);
    }
    let fraction = fraction.unwrap_or("");
    if fraction.len() != currency.digits() as usize {
        return Err(MoneyError::WrongDigits(currency.digits(), currency.code()));
    }
    let add = |sum: i64, digit: u8| {
        let digit = i64::from(digit - b'0');
        let tenfold = sum.checked_mul(10)?;
        // Downwards, because the least number has no positive counterpart.
        if negative {
            tenfold.checked_sub(digit)
        } else {
            tenfold.checked_add(digit)
        }
    };
    let minor = whole
        .bytes()
        .chain(fraction.bytes())
        .try_fold(0, add)
        .ok_or(MoneyError::TooLarge)?;
    if negative && minor == 0 {
        return Err(MoneyError::NotADecimal);
    }
    Ok(Money::from_minor(minor, currency))
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.to_decimal(), self.currency)
    }
}

impl fmt::Debug for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn currency(code: &str) -> Currency {
        code.parse().unwrap()
    }

    #[test]
    fn an_amount_has_exactly_the_digits_of_its_currency() {
        for (text, code, minor) in [
            ("125.50", "EUR", 12550),
            ("0.01", "EUR", 1),
            ("1250", "JPY", 1250),
            ("1.234", "BHD", 1234),
            ("92233720368547758.07", "EUR", i64::MAX),
        ] {
            let money = Money::parse_amount(text, currency(code)).unwrap();
            assert_eq!(money.minor(), minor);
            assert_eq!(money.to_decimal(), text);
        }
    }

    #[test]
    fn everything_else_is_refused() {
        for text in [
            "12.345",
            "12.3",
            "12",
            "1e3",
            "-1.00",
            "+1.00",
            "NaN",
            "inf",
            "",
            ".",
            ".50",
            "1.",
            "1,00",
            "1 000.00",
            "0x10",
            "007.00",
            "00.10",
            "١.٠٠",
            "1.00 ",
            "0.00",
            "1000000000000000000000000000000.00",
            "92233720368547758.08",
        ] {
            assert!(
                Money::parse_amount(text, currency("EUR")).is_err(),
                "{text:?}"
            );
        }
        assert!(Money::parse_amount("1250.00", currency("JPY")).is_err());
    }

    #[test]
    fn codes_that_no_account_is_kept_in_are_refused() {
        for code in ["XXX1", "XAU", "eur", "", "EURO"] {
            assert!(code.parse::<Currency>().is_err(), "{code:?}");
        }
    }

    #[test]
    fn a_balance_may_be_below_zero_but_there_is_one_zero() {
        let eur = currency("EUR");
        assert_eq!(Money::parse_signed("-12.34", eur).unwrap().minor(), -1234);
        assert!(Money::parse_signed("-0.00", eur).is_err());
        assert!(Money::parse_signed("--1.00", eur).is_err());
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(minor: i64, code in prop::sample::select(vec!["EUR", "JPY", "BHD"])) {
            let money = Money::from_minor(minor, currency(code));
            prop_assert_eq!(Money::parse_signed(&money.to_decimal(), currency(code)), Ok(money));
        }
    }
}
