//! `ledgerbell post`.

use chrono::{NaiveDate, Utc};
use clap::{ArgGroup, Args};
use domain::time::{format_time, parse_date};
use domain::{AccountId, CustomerId};
use serde_json::{Value, json};

use crate::client::Append;
use crate::connection::Connection;
use crate::exit::{End, Failure};
use crate::flags::{DryRun, Moment, Zone, without_csv};
use crate::listing::cell;
use crate::output;

/// Append one event to an account
///
/// The customer is notified as of any other event. --dry-run shows of what.
#[derive(Debug, Clone, Args)]
#[command(verbatim_doc_comment, mut_arg("output", without_csv))]
#[command(group = ArgGroup::new("event").required(true).args(["open", "deposit", "withdraw", "reverse", "close"]))]
pub(crate) struct PostOptions {
    /// Id of the account
    #[arg(value_name = "ACCOUNT")]
    account: AccountId,

    /// Open the account for this customer
    #[arg(long, value_name = "CUSTOMER", requires = "currency")]
    open: Option<CustomerId>,

    /// Deposit this amount, such as 50.00
    #[arg(long, value_name = "AMOUNT", requires = "currency")]
    deposit: Option<String>,

    /// Withdraw this amount
    #[arg(long, value_name = "AMOUNT", requires = "currency")]
    withdraw: Option<String>,

    /// Reverse the movement with this event id
    #[arg(long, value_name = "EVENT")]
    reverse: Option<String>,

    /// Close the account
    #[arg(long)]
    close: bool,

    /// The account's currency
    #[arg(long, value_name = "CODE")]
    currency: Option<String>,

    /// The payment's reference
    #[arg(long, value_name = "TEXT")]
    reference: Option<String>,

    /// The payer or payee
    #[arg(long, value_name = "TEXT")]
    counterparty: Option<String>,

    /// When it occurred, as a time, or as a date for its beginning; by default now
    #[arg(long, value_name = "TIME")]
    occurred_at: Option<Moment>,

    /// The date on which it occurred, such as 2003-10-20, if the bank gives no time
    #[arg(long, value_name = "DATE", conflicts_with = "occurred_at", value_parser = parse_date)]
    occurred_on: Option<NaiveDate>,

    #[command(flatten)]
    zone: Zone,

    /// Idempotency key, under which the event is recorded once; by default a new one
    #[arg(long, value_name = "KEY")]
    key: Option<String>,

    /// Only if the account is at this version; 0 if it must not exist
    #[arg(long, value_name = "VERSION")]
    if_match: Option<u64>,

    /// Notify nobody of it, now or later
    #[arg(long)]
    no_notify: bool,

    #[command(flatten)]
    dry_run: DryRun,

    #[command(flatten)]
    connection: Connection,
}

pub(crate) fn run(options: &PostOptions) -> Result<End, Failure> {
    let body = body(options)?;
    let new_key = || format!("post-{}", uuid::Uuid::new_v4());
    let key = options.key.clone().unwrap_or_else(new_key);
    let append = Append {
        account_id: options.account.as_str(),
        idempotency_key: &key,
        if_match: options.if_match,
        body: &body,
    };
    let client = options.connection.client()?;
    let json = options.connection.json();
    if options.dry_run.dry_run {
        let preview = client.preview(&append)?;
        if json {
            output::json(&preview);
        } else {
            print_preview(&preview);
        }
        return Ok(End::Done);
    }
    let answer = client.append(&append)?;
    if json {
        output::json(&answer.body);
        return Ok(End::Done);
    }
    let event = &answer.body["events"][0];
    let before = if answer.replayed { ", as before" } else { "" };
    output::line(format!(
        "{} is version {} of {}, event {}{before}.",
        cell(&event["type"]),
        cell(&event["version"]),
        options.account,
        cell(&event["event_id"])
    ));
    Ok(End::Done)
}

fn body(options: &PostOptions) -> Result<Value, Failure> {
    let (occurred, when) = match (options.occurred_on, options.occurred_at) {
        (Some(date), _) => ("occurred_on", date.to_string()),
        (None, Some(moment)) => {
            let time = options.zone.instant("--occurred-at", moment)?;
            ("occurred_at", format_time(time))
        }
        (None, None) => ("occurred_at", format_time(Utc::now())),
    };
    // clap lets exactly one of them through.
    let (event_type, member, value) = if let Some(customer) = &options.open {
        ("AccountOpened", "customer_id", json!(customer))
    } else if let Some(amount) = &options.deposit {
        ("MoneyDeposited", "amount", json!(amount))
    } else if let Some(amount) = &options.withdraw {
        ("MoneyWithdrawn", "amount", json!(amount))
    } else if let Some(event) = &options.reverse {
        ("TransactionReversed", "reverses", json!(event))
    } else {
        ("AccountClosed", "", Value::Null)
    };
    let mut data = json!({});
    if !member.is_empty() {
        data[member] = value;
    }
    for (member, text) in [
        ("currency", &options.currency),
        ("reference", &options.reference),
        ("counterparty", &options.counterparty),
    ] {
        if let Some(text) = text {
            data[member] = json!(text);
        }
    }
    let event = json!({ "type": event_type, occurred: when, "data": data });
    let mut body = json!({ "events": [event] });
    if options.no_notify {
        body["notify"] = json!(false);
    }
    Ok(body)
}

fn print_preview(preview: &Value) {
    if preview["would_record"] == false {
        output::line("It is recorded already under this key.");
    }
    let notifications = preview["notifications"].as_array();
    for notification in notifications.into_iter().flatten() {
        let kind = cell(&notification["kind"]);
        let reason = cell(&notification["reason"]);
        output::line(match notification["decision"].as_str() {
            Some("send") => format!("{kind}: would be sent to {}", cell(&notification["to"])),
            Some("wait") => format!("{kind}: would wait: {reason}"),
            _ => format!("{kind}: would not be sent: {reason}"),
        });
    }
    output::line("Nothing was recorded: this was a dry run.");
}
