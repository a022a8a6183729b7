//! Control totals: sums by currency that an export and the balances must agree on.

use std::collections::BTreeMap;
use std::fmt;

use domain::chain::{self, ChainError};
use domain::{Commit, Currency, Event, Money};
use serde::{Deserialize, Serialize};

use crate::value::Decimal;

/// The sums of the exported events of one currency.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CurrencyTotals {
    /// The number of accounts.
    pub accounts: u64,
    /// The number of events.
    pub events: u64,
    /// The sum of all changes that raised a balance.
    pub credits: Sum,
    /// The sum of all changes that lowered a balance, without its sign.
    pub debits: Sum,
    /// The sum of the final balances. In an export from the first commit it
    /// equals credits minus debits.
    pub balance: Sum,
}

/// A sum over accounts, which may exceed 64 bits. Serialized as a decimal string
/// with the currency's digits.
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

    /// Adds an event.
    fn count(&mut self, event: &Event) {
        self.events += 1;
        let Some(delta) = event.delta() else { return };
        // The smallest amount cannot be negated in 64 bits, so it is subtracted.
        match delta.minor() < 0 {
            true => self.debits.subtract(delta),
            false => self.credits.add(delta),
        }
    }
}

/// The sums of all currencies.
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

/// Sets the number of accounts and the sums of their balances.
pub(crate) fn set_balances(totals: &mut ControlTotals, balances: impl Iterator<Item = Money>) {
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
