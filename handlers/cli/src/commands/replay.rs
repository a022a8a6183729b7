//! `ledgerbell replay`.

mod estimate;
mod follow;
mod result;

use chrono::{DateTime, Utc};
use clap::{Args, Subcommand};
use domain::AccountId;
use domain::time::{format_time, parse_time};
use serde_json::{Value, json};

use crate::client::Client;
use crate::connection::Connection;
use crate::exit::{End, Failure};
use crate::output;

use estimate::Estimate;

/// Go through the history again: rebuild balances, or publish events once more
///
/// A replay sends no mail. It goes on in the background when this command is
/// interrupted, and survives a restart of the server.
#[derive(Debug, Clone, Args)]
#[command(verbatim_doc_comment)]
pub struct ReplayOptions {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Clone, Subcommand)]
enum Command {
    Projections(ProjectionsOptions),
    Events(EventsOptions),
}

/// Rebuild the balances beside the live ones and report the differences
///
/// The exit code is 1 when they differ and the live ones were not replaced.
#[derive(Debug, Clone, Args)]
struct ProjectionsOptions {
    /// Only this account; can be said again for more. All when left out
    #[arg(long = "account", value_name = "ID")]
    accounts: Vec<AccountId>,

    /// Replace the live balances that differ by the rebuilt ones
    #[arg(long)]
    switch: bool,

    /// Only estimate what it would cost
    #[arg(long)]
    dry_run: bool,

    #[command(flatten)]
    connection: Connection,
}

/// Publish recorded events again on the bus, for one consumer
///
/// They are marked with the replay's id; the rules that send mail exclude them.
/// Events of the last moments are left out: reading in order of time stays a
/// little behind now.
#[derive(Debug, Clone, Args)]
#[command(verbatim_doc_comment)]
struct EventsOptions {
    /// Recorded at this time or later, like 2026-11-01T00:00:00Z
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    from: DateTime<Utc>,

    /// Recorded before this time
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    to: DateTime<Utc>,

    /// The one consumer that is to read them
    #[arg(long, value_name = "NAME")]
    target: String,

    /// Only this account; can be said again for more. All when left out
    #[arg(long = "account", value_name = "ID")]
    accounts: Vec<AccountId>,

    /// Only estimate what it would cost
    #[arg(long)]
    dry_run: bool,

    #[command(flatten)]
    connection: Connection,
}

pub fn run(options: &ReplayOptions) -> Result<End, Failure> {
    match &options.command {
        Command::Projections(options) => {
            let request = json!({ "kind": "projections", "switch": options.switch });
            start(
                &options.connection,
                options.dry_run,
                &options.accounts,
                request,
            )
        }
        Command::Events(options) => {
            if options.from >= options.to {
                return Err(Failure::WrongUse(
                    "--to must be later than --from".to_owned(),
                ));
            }
            let request = json!({
                "kind": "events",
                "from": format_time(options.from),
                "to": format_time(options.to),
                "target": options.target,
            });
            start(
                &options.connection,
                options.dry_run,
                &options.accounts,
                request,
            )
        }
    }
}

fn start(
    connection: &Connection,
    dry_run: bool,
    accounts: &[AccountId],
    mut request: Value,
) -> Result<End, Failure> {
    let client: Client = connection.client();
    if !accounts.is_empty() {
        request["accounts"] = json!(accounts);
    }
    let estimate = Estimate::of(&client, accounts, request["kind"] == "events")?;
    if !connection.json {
        output::line(estimate);
    }
    if dry_run {
        if connection.json {
            output::json(&json!({ "dry_run": true, "request": request, "estimate": estimate }));
        } else {
            output::line("Nothing was started: this was a dry run.");
        }
        return Ok(End::Done);
    }
    let accepted = client.post("replays", &request)?;
    let replay_id = accepted["replay_id"].as_str().ok_or_else(|| {
        Failure::Failed("the answer to the request for a replay has no replay_id".to_owned())
    })?;
    if !connection.json {
        output::line(format!("replay {replay_id}"));
    }
    let replay = follow::to_its_end(&client, replay_id, &estimate)?;
    if connection.json {
        let mut document = replay.clone();
        document["estimate"] = json!(estimate);
        output::json(&document);
    } else {
        result::print(&replay);
    }
    if replay["state"] == "failed" {
        let reason = replay["reason"].as_str().unwrap_or("no reason given");
        return Err(Failure::Failed(format!("the replay failed: {reason}")));
    }
    Ok(End::done_if(result::is_good(&replay)))
}
