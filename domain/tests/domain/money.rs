//! Money against whole numbers that have room for everything.

use domain::Money;
use domain::money::MoneyError;
use proptest::prelude::*;

use crate::any::{currency, minor};

fn in_range(sum: i128) -> Option<i64> {
    i64::try_from(sum).ok()
}

proptest! {
    #[test]
    fn sums_and_differences_are_those_of_whole_numbers_or_none(a in minor(), b in minor(), currency in currency()) {
        let (one, other) = (Money::from_minor(a, currency), Money::from_minor(b, currency));
        let (wide_a, wide_b) = (i128::from(a), i128::from(b));
        prop_assert_eq!(one.checked_add(other).map(Money::minor), in_range(wide_a + wide_b));
        prop_assert_eq!(one.checked_sub(other).map(Money::minor), in_range(wide_a - wide_b));
        prop_assert_eq!(one.checked_neg().map(Money::minor), in_range(-wide_a));
        prop_assert_eq!(one.checked_add(other), other.checked_add(one));
        if let Some(sum) = one.checked_add(other) {
            prop_assert_eq!(sum.checked_sub(other), Some(one));
            prop_assert_eq!(sum.currency(), currency);
        }
    }

    #[test]
    fn money_of_two_currencies_has_neither_sum_nor_difference(a in minor(), b in minor(), one in currency(), other in currency()) {
        prop_assume!(one != other);
        let (a, b) = (Money::from_minor(a, one), Money::from_minor(b, other));
        prop_assert_eq!(a.checked_add(b), None);
        prop_assert_eq!(a.checked_sub(b), None);
        prop_assert_ne!(a, Money::from_minor(a.minor(), other));
    }

    #[test]
    fn a_decimal_says_how_many_minor_units_there_are(minor in minor(), currency in currency()) {
        let text = Money::from_minor(minor, currency).to_decimal();
        let digits = currency.digits() as usize;
        match text.split_once('.') {
            None => prop_assert_eq!(digits, 0),
            Some((_, fraction)) => prop_assert_eq!(fraction.len(), digits),
        }
        prop_assert_eq!(text.replace('.', "").parse::<i64>(), Ok(minor));
        prop_assert_eq!(Money::parse_signed(&text, currency).map(Money::minor), Ok(minor));
    }

    #[test]
    fn a_number_has_one_spelling(text in "-?[0-9]{0,4}[.,]?[0-9]{0,4}", currency in currency()) {
        if let Ok(money) = Money::parse_signed(&text, currency) {
            prop_assert_eq!(money.to_decimal(), text.clone());
        }
        match Money::parse_unsigned(&text, currency) {
            Ok(money) => {
                prop_assert!(money.minor() >= 0);
                prop_assert_eq!(money.to_decimal(), text.clone());
                let amount = if money.minor() == 0 { Err(MoneyError::NotPositive) } else { Ok(money) };
                prop_assert_eq!(Money::parse_amount(&text, currency), amount);
            }
            Err(error) => prop_assert_eq!(Money::parse_amount(&text, currency), Err(error)),
        }
    }

    #[test]
    fn no_text_can_do_more_than_be_refused(text in any::<String>(), currency in currency()) {
        let _ = Money::parse_amount(&text, currency);
        let _ = Money::parse_signed(&text, currency);
        let _ = text.parse::<domain::Currency>();
    }
}
