//! The formats of money: digits, grouping and separators from CLDR (`icu_decimal`), and symbols and their position, which
//! also follow CLDR, from the locale's `formats.txt`.
//!
//! The currency formatter of `icu_experimental` is no alternative. It rounds to CLDR's number of digits, which is 0 for
//! HUF, COP and LBP and 2 in ISO 4217, and would thus show another amount than the one that was booked.

use icu_decimal::input::Decimal;
use icu_plurals::PluralCategory;

use crate::locale::Conventions;
use crate::{Locale, icu};

/// An exact amount of money.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Amount {
    /// The amount in minor units of the currency (cents), negative for a debt.
    pub minor: i64,
    /// The ISO 4217 code.
    pub currency: String,
    /// The currency's decimals in ISO 4217: EUR 2, JPY 0, BHD 3.
    pub digits: u32,
}

/// The direction of a movement, seen from the account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Direction {
    /// Into the account.
    In,
    /// Out of the account.
    Out,
}

impl Direction {
    /// Returns the name by which templates know it.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Direction::In => "in",
            Direction::Out => "out",
        }
    }
}

/// Most decimals that an `i64` can have. `render` refuses more than the 4 of ISO 4217.
const MAX_DIGITS: u32 = 18;

/// U+2212. Many screen readers skip CLDR's hyphen-minus, and a debt must not sound like a credit.
const MINUS: char = '\u{2212}';

/// U+00A0, so that an amount never breaks across two lines.
const NO_BREAK_SPACE: char = '\u{a0}';

/// Formats an amount with all its decimals: en `€1,234.50`, fr `1 234,50 €`, and debts as `−€12.00`.
///
/// Exact for every `i64`. More than 18 decimals are treated as 18.
#[must_use]
pub fn format_amount(amount: &Amount, locale: Locale) -> String {
    let unsigned = format_magnitude(amount, locale);
    if amount.minor < 0 {
        format!("{MINUS}{unsigned}")
    } else {
        unsigned
    }
}

/// Formats an amount with the sign of its direction: en `+€125.50`, `−€40.00`. The amount's own sign is ignored.
pub(crate) fn format_movement(
    amount: &Amount,
    direction: Option<Direction>,
    locale: Locale,
) -> String {
    let magnitude = format_magnitude(amount, locale);
    match direction {
        Some(Direction::In) => format!("+{magnitude}"),
        Some(Direction::Out) => format!("{MINUS}{magnitude}"),
        None => magnitude,
    }
}

/// Formats an amount without its sign, for sentences that express the direction in words.
pub(crate) fn format_magnitude(amount: &Amount, locale: Locale) -> String {
    let number = format_number(
        amount.minor.unsigned_abs(),
        amount.digits.min(MAX_DIGITS),
        locale,
    );
    let conventions = locale.conventions();
    let (symbol, gap) = (symbol(&amount.currency, conventions), conventions.gap);
    if !conventions.symbol_first {
        format!("{number}{gap}{symbol}")
    } else if gap.is_empty() && symbol.ends_with(char::is_alphabetic) {
        // CLDR's currency spacing: a symbol that ends in a letter is separated from the digits.
        format!("{symbol}{NO_BREAK_SPACE}{number}")
    } else {
        format!("{symbol}{gap}{number}")
    }
}

fn format_number(minor: u64, digits: u32, locale: Locale) -> String {
    let mut decimal = Decimal::from(minor);
    decimal.multiply_pow10(-i16::try_from(digits).unwrap_or(0));
    icu::with(locale, |icu| icu.number.format(&decimal).to_string())
}

/// Formats a number of things.
pub(crate) fn format_count(count: usize, locale: Locale) -> String {
    icu::with(locale, |icu| {
        icu.number.format(&Decimal::from(count)).to_string()
    })
}

/// Returns CLDR's plural category of a number in this locale: `one`, `other`, in some locales `few` or `many`.
pub(crate) fn plural(count: usize, locale: Locale) -> &'static str {
    match icu::with(locale, |icu| icu.plurals.category_for(count)) {
        PluralCategory::Zero => "zero",
        PluralCategory::One => "one",
        PluralCategory::Two => "two",
        PluralCategory::Few => "few",
        PluralCategory::Many => "many",
        _ => "other",
    }
}

/// Returns the symbol, or the code if the locale has none. Of an unknown code, only ASCII letters are shown.
fn symbol(code: &str, conventions: &Conventions) -> String {
    let symbols = conventions.symbols;
    match symbols.binary_search_by_key(&code, |(known, _)| known) {
        Ok(index) => symbols[index].1.to_owned(),
        Err(_) => code
            .chars()
            .filter(char::is_ascii_alphabetic)
            .take(3)
            .collect(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn amount(minor: i64, currency: &str, digits: u32) -> Amount {
        Amount {
            minor,
            currency: currency.to_owned(),
            digits,
        }
    }

    /// What `Intl.NumberFormat` in Chromium 156 writes, apart from the minus.
    #[test]
    fn amounts_are_written_as_cldr_writes_them() {
        let cases = [
            (123_450, "EUR", 2, "€1,234.50", "1\u{202f}234,50\u{a0}€"),
            (-1200, "EUR", 2, "−€12.00", "−12,00\u{a0}€"),
            (
                -123_456_790,
                "USD",
                2,
                "−$1,234,567.90",
                "−1\u{202f}234\u{202f}567,90\u{a0}$US",
            ),
            (
                1_234_568,
                "JPY",
                0,
                "¥1,234,568",
                "1\u{202f}234\u{202f}568\u{a0}JPY",
            ),
            (1234, "BHD", 3, "BHD\u{a0}1.234", "1,234\u{a0}BHD"),
            (-150, "CHF", 2, "−CHF\u{a0}1.50", "−1,50\u{a0}CHF"),
            (5, "GBP", 2, "£0.05", "0,05\u{a0}£GB"),
            (0, "EUR", 2, "€0.00", "0,00\u{a0}€"),
            (100_000, "CAD", 2, "CA$1,000.00", "1\u{202f}000,00\u{a0}$CA"),
            (
                200,
                "XOF",
                0,
                "F\u{202f}CFA\u{a0}200",
                "200\u{a0}F\u{202f}CFA",
            ),
        ];
        for (minor, currency, digits, en, fr) in cases {
            let amount = amount(minor, currency, digits);
            assert_eq!(format_amount(&amount, Locale::En), en);
            assert_eq!(format_amount(&amount, Locale::Fr), fr);
        }
    }

    #[test]
    fn plurals_and_numbers_follow_the_locale() {
        assert_eq!(
            [0, 1, 2].map(|n| plural(n, Locale::En)),
            ["other", "one", "other"]
        );
        assert_eq!(
            [0, 1, 2].map(|n| plural(n, Locale::Fr)),
            ["one", "one", "other"]
        );
        assert_eq!(format_count(1_234, Locale::En), "1,234");
        assert_eq!(format_count(1_234, Locale::Fr), "1\u{202f}234");
    }

    #[test]
    fn a_movement_has_the_sign_of_its_direction() {
        let amount = amount(-4_000, "EUR", 2);
        let written = |direction| format_movement(&amount, direction, Locale::En);
        assert_eq!(written(Some(Direction::In)), "+€40.00");
        assert_eq!(written(Some(Direction::Out)), "−€40.00");
        assert_eq!(written(None), "€40.00");
    }

    #[test]
    fn an_amount_keeps_its_decimals_even_where_cldr_rounds_them_away() {
        assert_eq!(
            format_amount(&amount(123_456, "HUF", 2), Locale::En),
            "HUF\u{a0}1,234.56"
        );
    }

    #[test]
    fn an_unknown_currency_code_is_shown_as_letters_only() {
        assert_eq!(
            format_amount(&amount(100, "<b>\r\nE", 2), Locale::Fr),
            "1,00\u{a0}bE"
        );
    }

    proptest! {
        #[test]
        fn every_amount_is_written_exactly(minor: i64, digits in 0u32..=4, french: bool) {
            let locale = if french { Locale::Fr } else { Locale::En };
            let written = format_amount(&amount(minor, "EUR", digits), locale);
            let mut digits_only: String = written.chars().filter(char::is_ascii_digit).collect();
            if minor < 0 {
                digits_only.insert(0, '-');
            }
            prop_assert_eq!(digits_only.parse::<i64>().unwrap(), minor);
            prop_assert_eq!(written.starts_with(MINUS), minor < 0);
        }

        #[test]
        fn no_amount_makes_it_panic(minor: i64, digits: u32, currency in ".*") {
            for locale in Locale::ALL {
                prop_assert!(!format_amount(&amount(minor, &currency, digits), locale).is_empty());
            }
        }
    }

    #[test]
    fn the_ends_of_the_range_are_written_exactly() {
        assert_eq!(
            format_amount(&amount(i64::MIN, "EUR", 2), Locale::En),
            "−€92,233,720,368,547,758.08"
        );
        assert_eq!(
            format_amount(&amount(i64::MAX, "JPY", 0), Locale::En),
            "¥9,223,372,036,854,775,807"
        );
        assert!(format_amount(&amount(i64::MIN, "EUR", u32::MAX), Locale::Fr).starts_with("−9,"));
    }
}
