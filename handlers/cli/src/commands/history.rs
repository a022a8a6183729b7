//! `ledgerbell history`.

use clap::Args;
use domain::AccountId;
use serde_json::Value;

use crate::client::Client;
use crate::connection::Connection;
use crate::exit::{End, Failure};
use crate::flags::{AfterVersion, Format, Limit};
use crate::listing::{Column, Listing};
use crate::output;
use crate::plot::Movements;
use crate::table::Align;

/// Events in one request. The columns are aligned page by page, so that the first
/// rows of a long history appear at once.
const PAGE: u64 = 500;

/// Show an account's events, oldest first
#[derive(Debug, Clone, Args)]
pub(crate) struct HistoryOptions {
    /// Id of the account
    #[arg(value_name = "ACCOUNT")]
    account: AccountId,

    #[command(flatten)]
    start: AfterVersion,

    #[command(flatten)]
    limit: Limit,

    /// Draw the deposits and withdrawals of each day
    #[arg(long, conflicts_with_all = ["after_version", "limit", "json", "output"])]
    plot: bool,

    #[command(flatten)]
    connection: Connection,
}

const COLUMNS: [Column; 6] = [
    ("VERSION", Align::Right, "version"),
    ("OCCURRED", Align::Left, "occurred_at"),
    ("TYPE", Align::Left, "type"),
    ("AMOUNT", Align::Right, "amount"),
    ("", Align::Left, "currency"),
    ("ABOUT", Align::Left, "about"),
];

pub(crate) fn run(options: &HistoryOptions) -> Result<End, Failure> {
    let client = options.connection.client()?;
    if options.plot {
        Movements::read(&client, options.account.as_str())?.show();
        return Ok(End::Done);
    }
    let format = options.connection.format();
    let mut listing = Listing::new(format, &COLUMNS, |event| cells(event).into());
    let mut after = options.start.after_version;
    let mut left = options.limit.limit;
    let mut more = None;
    loop {
        let mut page = page(&client, &options.account, after, left)?;
        let events = match page["events"].take() {
            Value::Array(events) => events,
            _ => Vec::new(),
        };
        left = left.map(|left| left.saturating_sub(events.len() as u64));
        if !listing.page(events) {
            return Ok(End::Done);
        }
        let Some(next) = page["next"].as_u64() else {
            break;
        };
        after = next;
        if left == Some(0) {
            more = Some(next);
            break;
        }
    }
    listing.end("events", "There are no later events.", |document| {
        document["next"] = more.into();
    });
    if let (Some(next), Format::Table) = (more, format) {
        output::line(format!("There is more: go on with --after-version {next}"));
    }
    Ok(End::Done)
}

fn page(
    client: &Client,
    account: &AccountId,
    after: u64,
    left: Option<u64>,
) -> Result<Value, Failure> {
    let limit = left.unwrap_or(PAGE).min(PAGE).to_string();
    let query = [("after_version", after.to_string()), ("limit", limit)];
    let query: Vec<(&str, &str)> = query
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    Ok(client.get(&format!("accounts/{account}/events"), &query)?)
}

/// Returns an event's cells, from its version on.
pub(crate) fn cells(event: &Value) -> [String; 6] {
    let data = &event["data"];
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let event_type = text(&event["type"]);
    let amount = text(&data["amount"]);
    // The event's effect on the balance.
    let falls = event_type == "MoneyWithdrawn" || data["movement"] == "deposit";
    let amount = match (&data["opening_balance"], amount.is_empty()) {
        (Value::String(opening), _) => opening.clone(),
        (_, true) => String::new(),
        _ if falls => format!("-{amount}"),
        _ => format!("+{amount}"),
    };
    let currency = if amount.is_empty() {
        String::new()
    } else {
        text(&data["currency"])
    };
    let about: Vec<String> = ["counterparty", "reference", "reason", "customer_id"]
        .into_iter()
        .map(|name| text(&data[name]))
        .chain(
            data["reverses"]
                .as_str()
                .map(|id| format!("takes back {id}")),
        )
        .filter(|text| !text.is_empty())
        .collect();
    [
        event["version"].to_string(),
        text(event.get("occurred_on").unwrap_or(&event["occurred_at"])),
        event_type,
        amount,
        currency,
        about.join(" · "),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_amount_is_the_effect_on_the_balance() {
        let row = |event_type: &str, data: Value| {
            let cells = cells(&json!({"version": 2, "type": event_type, "data": data}));
            format!("{} {} {}", cells[3], cells[4], cells[5])
        };
        let money = |more: Value| {
            let mut data = json!({"amount": "5.00", "currency": "EUR"});
            data.as_object_mut()
                .unwrap()
                .extend(more.as_object().unwrap().clone());
            data
        };
        assert_eq!(
            row("MoneyWithdrawn", money(json!({"reference": "rent"}))),
            "-5.00 EUR rent"
        );
        assert_eq!(row("MoneyDeposited", money(json!({}))), "+5.00 EUR ");
        assert_eq!(
            row(
                "TransactionReversed",
                money(json!({"movement": "deposit", "reverses": "e-1"}))
            ),
            "-5.00 EUR takes back e-1"
        );
        assert_eq!(
            row(
                "AccountOpened",
                json!({"opening_balance": "-1.00", "currency": "EUR", "customer_id": "ana"})
            ),
            "-1.00 EUR ana"
        );
        assert_eq!(row("AccountClosed", json!({})), "  ");
    }

    #[test]
    fn a_date_of_the_bank_is_shown_without_a_time() {
        let event = json!({"version": 2, "type": "AccountClosed", "data": {},
            "occurred_at": "2003-10-20T00:00:00Z", "occurred_on": "2003-10-20"});
        assert_eq!(cells(&event)[1], "2003-10-20");
    }
}
