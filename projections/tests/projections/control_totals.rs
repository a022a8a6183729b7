//! Control totals against sums that cannot overflow.

use std::collections::BTreeMap;

use domain::{Currency, Money};
use projections::ControlTotals;
use proptest::prelude::*;

const CODES: [&str; 3] = ["BHD", "EUR", "JPY"];

fn currency(code: &str) -> Currency {
    code.parse().unwrap()
}

fn balances() -> impl Strategy<Value = Vec<Money>> {
    let minor = prop_oneof![-2000_i64..2000, any::<i64>()];
    let money = (minor, prop::sample::select(CODES.to_vec()))
        .prop_map(|(minor, code)| Money::from_minor(minor, currency(code)));
    prop::collection::vec(money, 0..20)
}

fn totals(balances: &[Money]) -> ControlTotals {
    let mut totals = ControlTotals::default();
    balances.iter().for_each(|balance| totals.add(*balance));
    totals
}

proptest! {
    #[test]
    fn a_total_is_the_sum_and_the_count_of_its_currency_in_any_order(balances in balances()) {
        let mut expected: BTreeMap<Currency, (u64, i128)> = BTreeMap::new();
        for balance in &balances {
            let (accounts, sum) = expected.entry(balance.currency()).or_default();
            *accounts += 1;
            *sum += i128::from(balance.minor());
        }
        let found = totals(&balances);
        for code in CODES {
            let total = found.get(currency(code)).map(|total| (total.accounts, total.balance));
            prop_assert_eq!(total, expected.get(&currency(code)).copied());
        }
        let backwards: Vec<Money> = balances.iter().rev().copied().collect();
        prop_assert_eq!(&totals(&backwards), &found);
        let rows: Vec<(Currency, u64)> = found.rows().map(|(currency, accounts, _)| (currency, accounts)).collect();
        let accounts = expected.into_iter().map(|(currency, (accounts, _))| (currency, accounts));
        prop_assert_eq!(rows, accounts.collect::<Vec<_>>());
    }

    #[test]
    fn a_total_of_one_account_is_written_as_its_balance(balances in balances()) {
        for balance in balances {
            let rows: Vec<_> = totals(&[balance]).rows().collect();
            prop_assert_eq!(rows, [(balance.currency(), 1, balance.to_decimal())]);
        }
    }
}

#[test]
fn a_total_below_zero_keeps_its_sign_and_its_digits() {
    for (code, minor, text) in [
        ("EUR", -5, "-0.05"),
        ("JPY", -5, "-5"),
        ("BHD", -1234, "-1.234"),
    ] {
        let rows: Vec<_> = totals(&[Money::from_minor(minor, currency(code))])
            .rows()
            .collect();
        assert_eq!(rows, [(currency(code), 1, text.to_owned())]);
    }
}

#[test]
fn balances_that_cancel_out_total_zero_without_a_sign() {
    for (code, text) in [("EUR", "0.00"), ("JPY", "0")] {
        let one = |minor| Money::from_minor(minor, currency(code));
        let rows: Vec<_> = totals(&[one(-7), one(7)]).rows().collect();
        assert_eq!(rows, [(currency(code), 2, text.to_owned())]);
    }
}
