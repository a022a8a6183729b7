//! What a history adds up to, by currency, to the last minor unit.

use std::collections::BTreeMap;

use domain::{Currency, Event, Money};
use serde_json::Value;

/// Accounts and the sum of their balances in minor units.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Totals(BTreeMap<Currency, (u64, i128)>);

impl Totals {
    /// As a command tells them: `{"EUR": {"accounts": 2, "balance": "1.00"}}`.
    pub fn told(control_totals: &Value) -> Self {
        let told = control_totals.as_object().into_iter().flatten();
        Totals(
            told.map(|(currency, total)| {
                let currency: Currency = currency.parse().expect("a currency");
                let accounts = total["accounts"].as_u64().expect("a count");
                (currency, (accounts, minor(&total["balance"], currency)))
            })
            .collect(),
        )
    }

    /// Of accounts as the API lists them.
    pub fn of_accounts(accounts: &[Value]) -> Self {
        let mut totals = Totals::default();
        for account in accounts {
            let currency = currency(&account["currency"]);
            let total = totals.0.entry(currency).or_default();
            total.0 += 1;
            total.1 += minor(&account["balance"], currency);
        }
        totals
    }

    /// One more event, as the API shows it or as it was reported.
    pub fn count(&mut self, event: &Value) {
        let text = event["type"].as_str().expect("a type");
        let data = &event["data"];
        let read = Event::from_stored(text, domain::event::SCHEMA, data).expect("an event");
        let total = self.0.entry(currency(&data["currency"])).or_default();
        total.0 += u64::from(text == "AccountOpened");
        total.1 += read
            .delta()
            .map_or(0, |delta: Money| i128::from(delta.minor()));
    }
}

fn currency(value: &Value) -> Currency {
    value
        .as_str()
        .and_then(|text| text.parse().ok())
        .expect("a currency")
}

/// A sum can be larger than any one balance: the point is taken out.
fn minor(balance: &Value, currency: Currency) -> i128 {
    let text = balance.as_str().expect("a decimal");
    let fraction = text.split_once('.').map_or("", |(_, fraction)| fraction);
    assert_eq!(
        fraction.len(),
        currency.digits() as usize,
        "{text} {currency}"
    );
    text.replace('.', "").parse().expect("a decimal")
}
