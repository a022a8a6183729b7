//! `ledgerbell schedules create`.

use chrono::Utc;
use clap::{ArgGroup, Args};
use domain::{AccountId, Schedule, ScheduleId};
use serde_json::{Value, json};

use super::{path, print_one};
use crate::commands::document::faults;
use crate::connection::Connection;
use crate::exit::{End, Failure};
use crate::flags::DryRun;
use crate::output;

#[derive(Debug, Clone, Args)]
#[command(group = ArgGroup::new("what").required(true).args(["deposit", "withdraw"]))]
#[command(group = ArgGroup::new("time").required(true).args(["at", "rate", "cron"]))]
pub(super) struct CreateOptions {
    /// The account
    account: AccountId,
    /// The schedule's id; an existing one is replaced
    schedule: ScheduleId,

    /// Deposit this amount, such as 50.00
    #[arg(long, value_name = "AMOUNT")]
    deposit: Option<String>,
    /// Withdraw this amount, if there are funds
    #[arg(long, value_name = "AMOUNT")]
    withdraw: Option<String>,
    /// The account's currency
    #[arg(long, value_name = "CODE")]
    currency: String,
    /// The payment's reference
    #[arg(long, value_name = "TEXT")]
    reference: Option<String>,
    /// The payer or payee
    #[arg(long, value_name = "TEXT")]
    counterparty: Option<String>,

    /// Once, at a local time such as 2026-12-01T09:00, or an RFC 3339 time
    #[arg(long, value_name = "TIME")]
    at: Option<String>,
    /// Repeatedly, such as "5 minutes", "12 hours", "30 days"
    #[arg(long, value_name = "DISTANCE")]
    rate: Option<String>,
    /// At the times of a pattern: EventBridge's, such as "0 9 1 * ? *", or crontab's, such as "0 9 1 * *"
    #[arg(long, value_name = "PATTERN")]
    cron: Option<String>,
    /// The time zone of local times, such as Europe/Paris
    #[arg(long, value_name = "ZONE", default_value = "UTC")]
    time_zone: String,
    /// The last moment at which it may run (RFC 3339)
    #[arg(long, value_name = "TIME")]
    end: Option<String>,

    #[command(flatten)]
    dry_run: DryRun,

    #[command(flatten)]
    connection: Connection,
}

pub(super) fn run(options: &CreateOptions) -> Result<End, Failure> {
    let body = body(options);
    // Wrong use is reported before the first request.
    let schedule =
        Schedule::read(body.clone()).map_err(|errors| Failure::WrongUse(faults(&errors)))?;
    if options.dry_run.dry_run {
        return dry_run(options, &schedule);
    }
    let client = options.connection.client()?;
    let made = client.put(&path(&options.account, &options.schedule), &body)?;
    print_one(&options.connection, &made);
    Ok(End::Done)
}

/// Previews the schedule. Reads the account; records nothing.
fn dry_run(options: &CreateOptions, schedule: &Schedule) -> Result<End, Failure> {
    let now = Utc::now();
    let first = schedule
        .first(now)
        .map_err(|error| Failure::WrongUse(faults(&[error])))?;
    let account = options
        .connection
        .client()?
        .get(&format!("accounts/{}", options.account), &[])?;
    let currency = schedule.operation.movement.amount.currency().to_string();
    if account["currency"] != json!(currency) {
        return Err(Failure::WrongUse(format!(
            "--currency must be {}, the account's currency",
            account["currency"].as_str().unwrap_or("another")
        )));
    }
    if account["status"] == "closed" {
        return Err(Failure::Failed(format!(
            "account {} is closed",
            options.account
        )));
    }
    let second = schedule.next_after(now, first);
    let times: Vec<String> = [Some(first), second]
        .into_iter()
        .flatten()
        .map(domain::time::format_time)
        .collect();
    if options.connection.json() {
        let mut shown = schedule.to_json();
        shown["would_run_at"] = json!(times);
        output::json(&shown);
    } else {
        output::line(format!("Would run at {}.", times.join(", then at ")));
    }
    Ok(End::Done)
}

fn body(options: &CreateOptions) -> Value {
    // clap lets exactly one of the two through.
    let (event_type, amount) = match &options.deposit {
        Some(amount) => ("MoneyDeposited", Some(amount)),
        None => ("MoneyWithdrawn", options.withdraw.as_ref()),
    };
    let mut data = json!({ "amount": amount, "currency": options.currency });
    for (name, text) in [
        ("reference", &options.reference),
        ("counterparty", &options.counterparty),
    ] {
        if let Some(text) = text {
            data[name] = json!(text);
        }
    }
    let mut when = json!({});
    for (name, text) in [
        ("at", &options.at),
        ("rate", &options.rate),
        ("cron", &options.cron),
    ] {
        if let Some(text) = text {
            when[name] = json!(text);
        }
    }
    let mut body = json!({
        "operation": { "type": event_type, "data": data },
        "when": when,
        "time_zone": options.time_zone,
    });
    if let Some(end) = &options.end {
        body["end"] = json!(end);
    }
    body
}
