//! `ledgerbell export`.

mod commits;
mod notifications;
mod report;

use std::path::PathBuf;
use std::time::Instant;

use chrono::{DateTime, Utc};
use clap::Args;
use domain::time::parse_time;
use export::{Exporter, Format, Start};

use crate::client::Client;
use crate::commands::accounts;
use crate::connection::Connection;
use crate::exit::{End, Failure};
use crate::output;
use commits::Commits;
pub(crate) use report::totals;

/// Write the history as files for analysts
///
/// One row an event, in files by day of recording, and the commits with all
/// that their hashes are taken of; besides them what was decided about each
/// notification and what became of it. A manifest names the files, counts, sums
/// and the end of each account's chain. Run again with the same folder it adds
/// what was recorded since: each event once, also after an interruption.
///
/// Events of the most recent seconds are left to the next run.
#[derive(Debug, Clone, Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct ExportOptions {
    /// The folder; created if missing
    #[arg(long, value_name = "DIR")]
    out: PathBuf,

    /// Format of the files; parquet for a new folder
    #[arg(long, value_name = "FORMAT", value_parser = ["parquet", "ndjson", "csv"])]
    format: Option<String>,

    /// Recorded at this time or later, such as 2026-11-01T00:00:00Z; by default from the first event on
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    from: Option<DateTime<Utc>>,

    /// Recorded before this time
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    to: Option<DateTime<Utc>>,

    /// Leave decisions and notifications as the last run wrote them
    #[arg(long)]
    events_only: bool,

    /// Only show what would be read
    #[arg(long)]
    dry_run: bool,

    #[command(flatten)]
    connection: Connection,
}

impl ExportOptions {
    fn format(&self) -> Option<Format> {
        self.format.as_ref().and_then(|format| format.parse().ok())
    }
}

pub(crate) fn run(options: &ExportOptions) -> Result<End, Failure> {
    if let (Some(from), Some(to)) = (options.from, options.to)
        && from >= to
    {
        return Err(Failure::WrongUse(
            "--to must be later than --from".to_owned(),
        ));
    }
    let client = options.connection.client()?;
    if options.dry_run {
        let start = Start::look(&options.out, options.format(), options.from)?;
        let recorded = recorded_events(&client)?;
        report::dry_run(options, &start, recorded);
        return Ok(End::Done);
    }
    let started = Instant::now();
    let mut exporter = Exporter::open(&options.out, options.format(), options.from)?;
    let start = exporter.start();
    // A range covers an unknown part of them.
    let whole = options.from.is_none() && options.to.is_none();
    let expected = match whole {
        true => Some(recorded_events(&client)?.saturating_sub(start.events)),
        false => None,
    };
    let commits = Commits::new(&client, start.read_from, options.to);
    let complete_until = commits.offer_all(&mut exporter, expected)?;
    let snapshot = match options.events_only {
        true => None,
        false => Some(notifications::snapshot(&client, &mut exporter)?),
    };
    let exported = exporter.finish(complete_until, snapshot)?;
    report::print(options, &exported, started.elapsed());
    Ok(End::Done)
}

/// Counts events with the read model, where an account's version is the number of its events.
fn recorded_events(client: &Client) -> Result<u64, Failure> {
    let accounts = accounts::all(client)?;
    let versions = accounts.iter().filter_map(|row| row["version"].as_u64());
    Ok(versions.sum())
}

/// A bar, and its substitute without a terminal.
fn progress(
    length: Option<u64>,
    what: &'static str,
    message: &'static str,
) -> indicatif::ProgressBar {
    let bar = output::bar(length, what);
    bar.set_message(message);
    bar
}
