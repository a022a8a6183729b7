//! Sums over all accounts, by which two states are compared.

use std::collections::BTreeMap;

use domain::{Currency, Money};

/// Number and sum of all balances, by currency.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ControlTotals(BTreeMap<Currency, Total>);

/// The accounts of one currency.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Total {
    /// How many there are.
    pub accounts: u64,
    /// The sum of their balances in minor units. 64 bits hold one balance, but
    /// not every sum.
    pub balance: i128,
}

impl ControlTotals {
    /// Adds an account with this balance.
    pub fn add(&mut self, balance: Money) {
        let total = self.0.entry(balance.currency()).or_default();
        // Neither saturates: 128 bits hold the sum of as many balances as 64 bits can count.
        total.accounts = total.accounts.saturating_add(1);
        total.balance = total.balance.saturating_add(i128::from(balance.minor()));
    }

    /// The total of a currency; `None`: no account is in it.
    #[must_use]
    pub fn get(&self, currency: Currency) -> Option<&Total> {
        self.0.get(&currency)
    }

    /// Each currency with its number of accounts and the sum of their balances
    /// as a decimal string.
    pub fn rows(&self) -> impl Iterator<Item = (Currency, u64, String)> + '_ {
        self.0.iter().map(|(currency, total)| {
            (
                *currency,
                total.accounts,
                decimal(total.balance, currency.digits()),
            )
        })
    }
}

fn decimal(minor: i128, digits: u32) -> String {
    let sign = if minor < 0 { "-" } else { "" };
    let digits = digits as usize;
    // At least one digit before the point.
    let width = digits.saturating_add(1);
    let padded = format!("{:0width$}", minor.unsigned_abs());
    match padded.split_at_checked(padded.len().saturating_sub(digits)) {
        Some((whole, fraction)) if digits > 0 => format!("{sign}{whole}.{fraction}"),
        _ => format!("{sign}{padded}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_total_can_be_larger_than_any_one_balance() {
        let eur: Currency = "EUR".parse().unwrap();
        let mut totals = ControlTotals::default();
        for _ in 0..3 {
            totals.add(Money::from_minor(i64::MAX, eur));
        }
        let rows: Vec<_> = totals.rows().collect();
        assert_eq!(rows, [(eur, 3, "276701161105643274.21".to_owned())]);
    }
}
