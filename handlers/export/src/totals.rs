//! Sums per currency, by which an export is held against the balances.

use std::collections::BTreeMap;
use std::fmt;

use domain::chain::{self, ChainError};
use domain::{Commit, Currency, Event, Money};
use serde::{Deserialize, Serialize};

use crate::value::Decimal;

/// What the exported events of one currency add up to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CurrencyTotals {
    pub accounts: u64,
    pub events: u64,
    /// What raised balances, and what lowered them: decimals of the currency.
    pub credits: Sum,
    pub debits: Sum,
    /// The balances at the end. In an export from the beginning it is what was
    /// credited less what was debited.
    pub balance: Sum,
}

/// A sum over accounts, which can leave 64 bits. Written as a decimal text with
/// the currency's digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Sum(Decimal);

impl Sum {
    fn zero(currency: Currency) -> Self {
        Sum(Decimal::of(Money::zero(currency)))
    }

    pub(crate) fn add(&mut self, money: Money) {
        self.0 = self.0.plus(Decimal::of(money));
    }

    fn subtract(&mut self, money: Money) {
        self.0 = self.0.minus(Decimal::of(money));
    }
}

impl fmt::Display for Sum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl From<Sum> for String {
    fn from(sum: Sum) -> String {
        sum.to_string()
    }
}

impl TryFrom<String> for Sum {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, &'static str> {
        Decimal::parse(&text).map(Sum).ok_or("is not a decimal")
    }
}

impl CurrencyTotals {
    pub(crate) fn none(currency: Currency) -> Self {
        CurrencyTotals {
            accounts: 0,
            events: 0,
            credits: Sum::zero(currency),
            debits: Sum::zero(currency),
            balance: Sum::zero(currency),
        }
    }

    /// One more exported event.
    fn count(&mut self, event: &Event) {
        self.events += 1;
        let Some(delta) = event.delta() else { return };
        // The smallest amount has no opposite in 64 bits: it is subtracted.
        match delta.minor() < 0 {
            true => self.debits.subtract(delta),
            false => self.credits.add(delta),
        }
    }
}

/// All currencies.
pub type ControlTotals = BTreeMap<Currency, CurrencyTotals>;

/// Adds the events of a commit.
pub(crate) fn count(totals: &mut ControlTotals, commit: &Commit) -> Result<(), ChainError> {
    let currency = commit.after.currency();
    let total = totals
        .entry(currency)
        .or_insert_with(|| CurrencyTotals::none(currency));
    for (_, event) in chain::decode(commit)? {
        total.count(&event);
    }
    Ok(())
}

/// Sets what depends on where the accounts stand.
pub(crate) fn stand(totals: &mut ControlTotals, balances: impl Iterator<Item = Money>) {
    for (currency, total) in totals.iter_mut() {
        total.accounts = 0;
        total.balance = Sum::zero(*currency);
    }
    for balance in balances {
        let currency = balance.currency();
        let total = totals
            .entry(currency)
            .or_insert_with(|| CurrencyTotals::none(currency));
        total.accounts += 1;
        total.balance.add(balance);
    }
}
