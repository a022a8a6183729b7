//! `ledgerbell replay`.

mod estimate;
mod follow;
mod list;
mod prices;
mod result;

use clap::{Args, Subcommand};
use domain::AccountId;
use serde_json::{Value, json};

use crate::client::Client;
use crate::connection::Connection;
use crate::exit::{End, Failure};
use crate::flags::{Accounts, DryRun, Period, without_csv};
use crate::output;

use estimate::{Estimate, Work};

/// Replay the history: rebuild balances, or publish events again
///
/// A replay sends no mail. It continues in the background if this command is
/// interrupted, and survives a restart of the server.
#[derive(Debug, Clone, Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct ReplayOptions {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Clone, Subcommand)]
enum Command {
    Projections(ProjectionsOptions),
    Events(EventsOptions),
    List(list::ListOptions),
    /// Show a replay's progress and result
    Show(ShowOptions),
    Stop(StopOptions),
    SwitchBack(SwitchBackOptions),
}

/// Rebuild the balances beside the live ones and report the differences
///
/// The exit code is 1 when they differ and the live ones were not replaced.
#[derive(Debug, Clone, Args)]
#[command(mut_arg("output", without_csv))]
struct ProjectionsOptions {
    #[command(flatten)]
    accounts: Accounts,

    /// Replace differing live balances with the rebuilt ones
    #[arg(long)]
    switch: bool,

    #[command(flatten)]
    dry_run: DryRun,

    #[command(flatten)]
    connection: Connection,
}

/// Publish recorded events again on the bus, for one consumer
///
/// They are marked with the replay's id; the rules that send mail exclude them.
/// Events of the most recent seconds are left out.
#[derive(Debug, Clone, Args)]
#[command(verbatim_doc_comment, mut_arg("output", without_csv))]
#[command(mut_arg("from", |from| from.required(true)), mut_arg("to", |to| to.required(true)))]
struct EventsOptions {
    #[command(flatten)]
    period: Period,

    /// The only consumer for which they are meant
    #[arg(long, value_name = "NAME")]
    target: String,

    #[command(flatten)]
    accounts: Accounts,

    /// Events published per second at most; by default unlimited
    #[arg(long, value_name = "EVENTS", value_parser = clap::value_parser!(u32).range(1..=10_000))]
    rate: Option<u32>,

    #[command(flatten)]
    dry_run: DryRun,

    #[command(flatten)]
    connection: Connection,
}

#[derive(Debug, Clone, Args)]
#[command(mut_arg("output", without_csv))]
struct ShowOptions {
    /// The replay's id, printed at its start
    #[arg(value_name = "REPLAY")]
    replay_id: String,

    #[command(flatten)]
    connection: Connection,
}

/// End a replay where it is
///
/// Finished work stays done. The replay does not continue.
#[derive(Debug, Clone, Args)]
#[command(verbatim_doc_comment, mut_arg("output", without_csv))]
struct StopOptions {
    /// The replay's id, printed at its start
    #[arg(value_name = "REPLAY")]
    replay_id: String,

    #[command(flatten)]
    dry_run: DryRun,

    #[command(flatten)]
    connection: Connection,
}

/// Undo the switch of a replay of projections
///
/// Each replaced balance is restored unless the account has moved on since.
#[derive(Debug, Clone, Args)]
#[command(verbatim_doc_comment, mut_arg("output", without_csv))]
struct SwitchBackOptions {
    /// The replay's id, printed at its start
    #[arg(value_name = "REPLAY")]
    replay_id: String,

    #[command(flatten)]
    dry_run: DryRun,

    #[command(flatten)]
    connection: Connection,
}

pub(crate) fn run(options: &ReplayOptions) -> Result<End, Failure> {
    match &options.command {
        Command::Projections(options) => {
            let request = json!({ "kind": "projections", "switch": options.switch });
            start(
                &options.connection,
                options.dry_run.dry_run,
                &options.accounts.accounts,
                request,
                Work::Projections {
                    switch: options.switch,
                },
            )
        }
        Command::List(options) => list::run(options),
        Command::Show(options) => show(options),
        Command::Stop(options) => stop(options),
        Command::SwitchBack(options) => switch_back(options),
        Command::Events(options) => {
            let range = options.period.range()?;
            let mut request = json!({ "kind": "events", "target": options.target });
            for (end, instant) in range.query() {
                request[end] = json!(instant);
            }
            if let Some(rate) = options.rate {
                request["events_per_second"] = json!(rate);
            }
            start(
                &options.connection,
                options.dry_run.dry_run,
                &options.accounts.accounts,
                request,
                Work::Events,
            )
        }
    }
}

/// Shows a replay. A failed one is an answer here, and no failure of the command.
fn show(options: &ShowOptions) -> Result<End, Failure> {
    let client = options.connection.client()?;
    let replay = client.get(&format!("replays/{}", options.replay_id), &[])?;
    if options.connection.json() {
        output::json(&replay);
    } else {
        result::print(&replay);
        if let Some(reason) = replay["reason"].as_str() {
            output::line(format!("reason: {}", output::one_line(reason)));
        }
    }
    Ok(End::Done)
}

fn switch_back(options: &SwitchBackOptions) -> Result<End, Failure> {
    let client = options.connection.client()?;
    if options.dry_run.dry_run {
        let replay = client.get(&format!("replays/{}", options.replay_id), &[])?;
        if options.connection.json() {
            output::json(&json!({ "dry_run": true, "replay": replay }));
        } else {
            result::print(&replay);
            output::line("Nothing was started: this was a dry run.");
        }
        return Ok(End::Done);
    }
    let request = json!({ "kind": "switch-back", "replay_id": options.replay_id });
    let replay = follow::start(&client, &request, None, options.connection.json())?;
    finish(&replay, options.connection.json())
}

fn stop(options: &StopOptions) -> Result<End, Failure> {
    let client = options.connection.client()?;
    let path = format!("replays/{}", options.replay_id);
    let replay = if options.dry_run.dry_run {
        client.get(&path, &[])?
    } else {
        client.ask(&format!("{path}/stop"), &[], &json!({}))?
    };
    if options.connection.json() {
        output::json(&replay);
    } else {
        result::print(&replay);
    }
    Ok(End::Done)
}

fn start(
    connection: &Connection,
    dry_run: bool,
    accounts: &[AccountId],
    mut request: Value,
    work: Work,
) -> Result<End, Failure> {
    let client: Client = connection.client()?;
    if !accounts.is_empty() {
        request["accounts"] = json!(accounts);
    }
    let estimate = Estimate::of(&client, accounts, work)?;
    if !connection.json() {
        output::line(&estimate);
    }
    if dry_run {
        if connection.json() {
            output::json(&json!({ "dry_run": true, "request": request, "estimate": estimate }));
        } else {
            output::line("Nothing was started: this was a dry run.");
        }
        return Ok(End::Done);
    }
    let mut replay = follow::start(&client, &request, Some(&estimate), connection.json())?;
    replay["estimate"] = json!(estimate);
    finish(&replay, connection.json())
}

fn finish(replay: &Value, json: bool) -> Result<End, Failure> {
    if json {
        output::json(replay);
    } else {
        result::print(replay);
    }
    if replay["state"] == "failed" {
        let reason = replay["reason"].as_str().unwrap_or("no reason given");
        return Err(Failure::Failed(format!("the replay failed: {reason}")));
    }
    Ok(End::done_if(
        replay["state"] == "done" && result::is_good(replay),
    ))
}
