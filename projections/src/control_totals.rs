//! Sums over all accounts, by which two states are held against each other.

use std::collections::BTreeMap;

use domain::{Currency, Money};

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ControlTotals(BTreeMap<Currency, Total>);

/// The accounts of one currency together.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Total {
    pub accounts: u64,
    /// In minor units; a sum over accounts can leave 64 bits.
    pub balance: i128,
}

impl ControlTotals {
    /// One more account, of which only the balance is known.
    pub fn add(&mut self, balance: Money) {
        let total = self.0.entry(balance.currency()).or_default();
        total.accounts += 1;
        total.balance += i128::from(balance.minor());
    }

    pub fn get(&self, currency: Currency) -> Option<&Total> {
        self.0.get(&currency)
    }

    /// The sum as a decimal string of the currency, and the count.
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
    let padded = format!("{:0width$}", minor.unsigned_abs(), width = digits + 1);
    let (whole, fraction) = padded.split_at(padded.len() - digits);
    if digits == 0 {
        format!("{sign}{whole}")
    } else {
        format!("{sign}{whole}.{fraction}")
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
