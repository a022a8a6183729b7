//! `ledgerbell balance`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use domain::AccountId;
use domain::time::format_time;
use serde_json::Value;

use crate::connection::Connection;
use crate::csv;
use crate::exit::{End, Failure};
use crate::flags::{Format, Moment, Zone};
use crate::listing::{NONE, cell};
use crate::output;
use crate::plot::Curve;

/// Show an account's balance, now or at an earlier point
///
/// The present balance comes from the read model, which lags a moment behind.
/// An earlier one is computed from the events.
#[derive(Debug, Clone, Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct BalanceOptions {
    /// Id of the account
    #[arg(value_name = "ACCOUNT")]
    account: AccountId,

    /// Balance at this time: a date such as 2026-11-22, which is the start of that day, or a time such as
    /// 2026-11-22T10:00:00Z
    #[arg(long, value_name = "TIME")]
    as_of: Option<Moment>,

    #[command(flatten)]
    zone: Zone,

    /// The time of an event that --as-of refers to: when it was
    /// recorded here (the default), or when it occurred according to the bank
    #[arg(long, value_enum, requires = "as_of")]
    basis: Option<Basis>,

    /// Balance at this version
    #[arg(long, value_name = "N", conflicts_with = "as_of", value_parser = clap::value_parser!(u64).range(1..))]
    as_of_version: Option<u64>,

    /// Draw the balance after each of the account's events
    #[arg(long, conflicts_with_all = ["as_of", "as_of_version", "json", "output"])]
    plot: bool,

    /// Draw into this SVG file instead
    #[arg(long, value_name = "FILE", requires = "plot")]
    svg: Option<PathBuf>,

    #[command(flatten)]
    connection: Connection,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Basis {
    Recorded,
    Occurred,
}

pub(crate) fn run(options: &BalanceOptions) -> Result<End, Failure> {
    if options.plot {
        let client = options.connection.client()?;
        Curve::read(&client, options.account.as_str())?.show(options.svg.as_deref())?;
        return Ok(End::Done);
    }
    let mut query: Vec<(&str, String)> = Vec::new();
    let as_of = (options.as_of)
        .map(|moment| options.zone.instant("--as-of", moment))
        .transpose()?
        .map(format_time);
    query.extend(as_of.clone().map(|time| ("as_of", time)));
    query.extend(options.basis.map(|basis| {
        let name = match basis {
            Basis::Recorded => "recorded",
            Basis::Occurred => "occurred",
        };
        ("basis", name.to_owned())
    }));
    query.extend(
        options
            .as_of_version
            .map(|version| ("as_of_version", version.to_string())),
    );
    let query: Vec<(&str, &str)> = query
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    let client = options.connection.client()?;
    let mut account = client.get(&format!("accounts/{}", options.account), &query)?;
    refuse_beyond(options, &account)?;
    match options.connection.format() {
        Format::Json => {
            if let Some(as_of) = as_of {
                account["as_of"] = as_of.into();
                account["time_zone"] = options.zone.name().into();
            }
            output::json(&account);
        }
        Format::Csv => print_csv(&account),
        Format::Table => print(&account),
    }
    Ok(End::Done)
}

fn print_csv(account: &Value) {
    let names = [
        "account_id",
        "customer_id",
        "balance",
        "currency",
        "version",
        "status",
        "updated_at",
    ];
    let present = |name: &str| match cell(&account[name]) {
        cell if cell == NONE => String::new(),
        cell => cell,
    };
    let heading = names.map(str::to_owned);
    let _ = csv::print(heading) && csv::print(names.map(present));
}

fn print(account: &Value) {
    let text = |name: &str| match &account[name] {
        Value::String(text) => output::one_line(text),
        Value::Null => String::new(),
        other => other.to_string(),
    };
    for (name, value) in [
        ("account", text("account_id")),
        ("customer", text("customer_id")),
        (
            "balance",
            format!("{} {}", text("balance"), text("currency")),
        ),
        ("version", text("version")),
        ("status", text("status")),
        ("updated", text("updated_at")),
    ] {
        output::line(format!("{name:<9} {value}"));
    }
}

/// Refuses a version that the account does not have. The API answers with the newest one instead, which would pass for it.
fn refuse_beyond(options: &BalanceOptions, account: &Value) -> Result<(), Failure> {
    let newest = account["version"].as_u64().unwrap_or_default();
    match options.as_of_version {
        Some(version) if version > newest => Err(Failure::WrongUse(format!(
            "{} has no version {version} yet: its newest is {newest}",
            options.account
        ))),
        Some(_) | None => Ok(()),
    }
}
