//! Drawings of balances and movements, in the terminal or as SVG.
//!
//! Amounts are whole minor units throughout, even when they become positions on the
//! screen.

mod movements;
mod svg;
mod terminal;

use std::path::Path;

use domain::{Currency, Money};
use serde_json::Value;

use crate::client::Client;
use crate::exit::Failure;
use crate::output;

pub(crate) use movements::Movements;

/// Events in one answer of the API at most.
const PAGE: &str = "1000";

/// An account's balance after each of its events.
#[derive(Debug)]
pub(crate) struct Curve {
    account: String,
    currency: Currency,
    /// The balances in minor units, from version 1 on and without gaps.
    balances: Vec<i64>,
    /// The recorded times of the first and the last.
    recorded: [String; 2],
}

impl Curve {
    pub(crate) fn read(client: &Client, account: &str) -> Result<Self, Failure> {
        Curve::of(account, &events(client, account)?)
    }

    fn of(account: &str, events: &[Value]) -> Result<Self, Failure> {
        let currency = currency(events)?;
        let mut balance = Money::zero(currency);
        let mut balances = Vec::new();
        for event in events {
            balance = moved(event, currency)?
                .map_or(Some(balance), |money| balance.checked_add(money))
                .ok_or_else(|| failed("a balance is too large to be drawn"))?;
            balances.push(balance.minor());
        }
        let recorded = [events.first(), events.last()].map(|event| {
            let at = event.and_then(|event| event["recorded_at"].as_str());
            at.unwrap_or_default().to_owned()
        });
        Ok(Curve {
            account: account.to_owned(),
            currency,
            balances,
            recorded,
        })
    }

    /// Prints the drawing, or writes it to the file.
    pub(crate) fn show(&self, svg: Option<&Path>) -> Result<(), Failure> {
        match svg {
            Some(file) => write(file, &svg::curve(self)),
            None => {
                terminal::curve(self).into_iter().all(output::line);
                Ok(())
            }
        }
    }

    fn decimal(&self, minor: i64) -> String {
        let money = Money::from_minor(minor, self.currency);
        format!("{} {}", money.to_decimal(), self.currency.code())
    }

    /// Returns the lowest and the highest drawn balance. Zero is always in between.
    fn range(&self) -> (i64, i64) {
        let low = self.balances.iter().copied().min().unwrap_or(0).min(0);
        let high = self.balances.iter().copied().max().unwrap_or(0).max(0);
        (low, high.max(low.saturating_add(1)))
    }
}

/// Reads all events of an account, oldest first.
fn events(client: &Client, account: &str) -> Result<Vec<Value>, Failure> {
    let mut events = Vec::new();
    let mut after = "0".to_owned();
    loop {
        let query = [("after_version", after.as_str()), ("limit", PAGE)];
        let mut page = client.get(&format!("accounts/{account}/events"), &query)?;
        if let Value::Array(found) = page["events"].take() {
            events.extend(found);
        }
        match page["next"].as_u64() {
            Some(next) => after = next.to_string(),
            None => return Ok(events),
        }
    }
}

fn currency(events: &[Value]) -> Result<Currency, Failure> {
    let code = events
        .first()
        .and_then(|event| event["data"]["currency"].as_str());
    code.and_then(|code| code.parse().ok())
        .ok_or_else(|| failed("the account's first event names no currency"))
}

/// Returns the change of the balance by an event, or `None` if it moves no money.
fn moved(event: &Value, currency: Currency) -> Result<Option<Money>, Failure> {
    let data = &event["data"];
    let read = |value: &Value| {
        let text = value.as_str().unwrap_or_default();
        Money::parse_signed(text, currency)
            .map_err(|error| failed(&format!("version {}: {error}", event["version"])))
    };
    let taken = |money: Money| {
        money
            .checked_neg()
            .ok_or_else(|| failed("an amount is too large to be drawn"))
    };
    Ok(match event["type"].as_str().unwrap_or_default() {
        "AccountOpened" if data["opening_balance"].is_string() => {
            Some(read(&data["opening_balance"])?)
        }
        "MoneyDeposited" => Some(read(&data["amount"])?),
        "MoneyWithdrawn" => Some(taken(read(&data["amount"])?)?),
        "TransactionReversed" if data["movement"] == "withdrawal" => Some(read(&data["amount"])?),
        "TransactionReversed" => Some(taken(read(&data["amount"])?)?),
        _ => None,
    })
}

fn write(file: &Path, text: &str) -> Result<(), Failure> {
    private::write(file, text.as_bytes())
        .map_err(|error| Failure::Failed(format!("{}: {error}", file.display())))
}

fn failed(reason: &str) -> Failure {
    Failure::Failed(reason.to_owned())
}

/// Returns the position of a value among `steps`, from 0 for `low` to `steps - 1` for `high`.
fn level(value: i64, (low, high): (i64, i64), steps: u32) -> u32 {
    let span = (i128::from(high) - i128::from(low)).max(1);
    let place = (i128::from(value) - i128::from(low)) * i128::from(steps - 1) / span;
    u32::try_from(place).unwrap_or(0).min(steps - 1)
}

/// Returns one value a column: the last of those that the column represents.
fn columns(values: &[i64], columns: usize) -> Vec<i64> {
    (1..=columns)
        .filter_map(|column| (column * values.len()).div_ceil(columns).checked_sub(1))
        .filter_map(|index| values.get(index).copied())
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn event(version: u64, event_type: &str, data: Value) -> Value {
        json!({ "version": version, "type": event_type, "data": data, "occurred_at": "2026-11-22T10:00:00Z",
                "recorded_at": format!("2026-11-{:02}T10:00:00Z", version % 28 + 1) })
    }

    /// Opened with 100.00, up and down, below zero, and back by a reversal.
    pub(super) fn history() -> Vec<Value> {
        let money = |amount: &str| json!({ "amount": amount, "currency": "EUR" });
        let mut reversal = money("180.00");
        reversal["movement"] = json!("withdrawal");
        vec![
            event(
                1,
                "AccountOpened",
                json!({ "currency": "EUR", "opening_balance": "100.00" }),
            ),
            event(2, "MoneyDeposited", money("50.50")),
            event(3, "MoneyWithdrawn", money("180.00")),
            event(4, "OperationScheduled", json!({})),
            event(5, "TransactionReversed", reversal),
            event(6, "MoneyDeposited", money("49.50")),
        ]
    }

    fn curve() -> Curve {
        Curve::of("ACC-1", &history()).unwrap()
    }

    #[test]
    fn the_curve_is_the_balance_after_each_event() {
        assert_eq!(
            curve().balances,
            [10_000, 15_050, -2_950, -2_950, 15_050, 20_000]
        );
    }

    #[test]
    fn a_curve_is_drawn_in_the_terminal() {
        insta::assert_snapshot!(terminal::curve(&curve()).join("\n"));
    }

    #[test]
    fn a_curve_is_drawn_as_svg() {
        insta::assert_snapshot!(svg::curve(&curve()));
    }

    #[test]
    fn levels_and_columns_are_right_even_at_the_limits_of_amounts() {
        let all = (i64::MIN, i64::MAX);
        assert_eq!(level(i64::MIN, all, 48), 0);
        assert_eq!(level(0, all, 49), 24);
        assert_eq!(level(i64::MAX, all, 48), 47);
        assert_eq!(columns(&[7], 3), [7, 7, 7]);
        assert_eq!(columns(&[1, 2, 3, 4], 2), [2, 4]);
        assert_eq!(columns(&[1, 2], 4), [1, 1, 2, 2]);
        assert_eq!(columns(&[], 4), [0_i64; 0]);
    }
}
