//! `ledgerbell schedules`.

mod create;

use clap::{Args, Subcommand};
use domain::{AccountId, ScheduleId};
use serde_json::{Value, json};

use crate::client::Rows;
use crate::connection::Connection;
use crate::exit::{End, Failure};
use crate::flags::{DryRun, Limit};
use crate::listing::{Column, Listing};
use crate::output;
use crate::table::Align;
use create::CreateOptions;

/// List, create and cancel scheduled operations
#[derive(Debug, Clone, Args)]
pub(crate) struct SchedulesOptions {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Clone, Subcommand)]
enum Command {
    /// List an account's schedules
    List(ListOptions),
    /// Show one schedule, its next occurrence and its last
    Show(ShowOptions),
    /// Create a schedule, or replace the one with the same id
    Create(Box<CreateOptions>),
    /// Cancel a schedule: it no longer runs
    Cancel(CancelOptions),
}

#[derive(Debug, Clone, Args)]
struct ListOptions {
    /// The account
    account: AccountId,

    #[command(flatten)]
    limit: Limit,

    #[command(flatten)]
    connection: Connection,
}

#[derive(Debug, Clone, Args)]
struct ShowOptions {
    /// The account
    account: AccountId,
    /// The schedule
    schedule: ScheduleId,

    #[command(flatten)]
    connection: Connection,
}

#[derive(Debug, Clone, Args)]
struct CancelOptions {
    /// The account
    account: AccountId,
    /// The schedule
    schedule: ScheduleId,

    #[command(flatten)]
    dry_run: DryRun,

    #[command(flatten)]
    connection: Connection,
}

const SCHEDULES: [Column; 7] = [
    ("SCHEDULE", Align::Left, "schedule_id"),
    ("WHAT", Align::Left, "operation"),
    ("AMOUNT", Align::Right, "amount"),
    ("", Align::Left, "currency"),
    ("WHEN", Align::Left, "when"),
    ("NEXT", Align::Left, "next_at"),
    ("LAST", Align::Left, "last"),
];

pub(crate) fn run(options: &SchedulesOptions) -> Result<End, Failure> {
    match &options.command {
        Command::List(options) => list(options),
        Command::Show(options) => show(options),
        Command::Create(options) => create::run(options),
        Command::Cancel(options) => cancel(options),
    }
}

fn path(account: &AccountId, schedule: &ScheduleId) -> String {
    format!("accounts/{account}/schedules/{schedule}")
}

fn list(options: &ListOptions) -> Result<End, Failure> {
    let client = options.connection.client()?;
    let path = format!("accounts/{}/schedules", options.account);
    let mut rows = Rows::new(&client, &path, "schedules").limit(options.limit.limit);
    let mut listing = Listing::new(options.connection.format(), &SCHEDULES, cells);
    while let Some(page) = rows.page()? {
        if !listing.page(page) {
            return Ok(End::Done);
        }
    }
    listing.end("schedules", "There are no schedules.", |_| {});
    Ok(End::Done)
}

fn show(options: &ShowOptions) -> Result<End, Failure> {
    let client = options.connection.client()?;
    let schedule = client.get(&path(&options.account, &options.schedule), &[])?;
    print_one(&options.connection, &schedule);
    Ok(End::Done)
}

fn cancel(options: &CancelOptions) -> Result<End, Failure> {
    let client = options.connection.client()?;
    let path = path(&options.account, &options.schedule);
    let before = client.get(&path, &[])?;
    if options.dry_run.dry_run {
        if !options.connection.json() {
            output::line("Would be cancelled:");
        }
        print_one(&options.connection, &before);
        return Ok(End::Done);
    }
    client.delete(&path)?;
    if options.connection.json() {
        output::json(&json!({ "cancelled": options.schedule, "account_id": options.account }));
    } else {
        output::line(format!(
            "Schedule {} of account {} is cancelled.",
            options.schedule, options.account
        ));
    }
    Ok(End::Done)
}

fn print_one(connection: &Connection, schedule: &Value) {
    if connection.json() {
        output::json(schedule);
    } else {
        Listing::new(connection.format(), &SCHEDULES, cells).page(vec![schedule.clone()]);
    }
}

fn cells(schedule: &Value) -> Vec<String> {
    let text = |value: &Value| value.as_str().unwrap_or("-").to_owned();
    let operation = &schedule["operation"];
    let what = match operation["type"].as_str() {
        Some("MoneyDeposited") => "deposit".to_owned(),
        Some("MoneyWithdrawn") => "withdrawal".to_owned(),
        _ => text(&operation["type"]),
    };
    let when = schedule["when"].as_object().and_then(|when| {
        let (name, expression) = when.iter().next()?;
        Some(format!(
            "{name} {} {}",
            expression.as_str()?,
            text(&schedule["time_zone"])
        ))
    });
    let last = match &schedule["last"] {
        Value::Null => "-".to_owned(),
        last => {
            let outcome = last["reason"].as_str().or(last["outcome"].as_str());
            format!("{} {}", text(&last["occurrence"]), outcome.unwrap_or("-"))
        }
    };
    [
        text(&schedule["schedule_id"]),
        what,
        text(&operation["data"]["amount"]),
        text(&operation["data"]["currency"]),
        when.unwrap_or_default(),
        text(&schedule["next_at"]),
        last,
    ]
    .into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_schedule_is_one_line_with_what_comes_and_what_came() {
        let schedule = json!({
            "schedule_id": "rent",
            "operation": { "type": "MoneyWithdrawn", "data": { "amount": "850.00", "currency": "EUR" } },
            "when": { "cron": "cron(0 9 1 * ? *)" }, "time_zone": "Europe/Paris",
            "next_at": "2027-01-01T08:00:00Z",
            "last": { "occurrence": "2026-12-01T08:00:00Z", "outcome": "skipped", "reason": "insufficient-funds" },
        });
        assert_eq!(
            cells(&schedule).join("|"),
            "rent|withdrawal|850.00|EUR|cron cron(0 9 1 * ? *) Europe/Paris|2027-01-01T08:00:00Z|\
             2026-12-01T08:00:00Z insufficient-funds"
        );
    }
}
