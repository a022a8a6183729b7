//! `ledgerbell export`.

mod commits;
mod notifications;
mod report;

use std::path::PathBuf;
use std::time::Instant;

use clap::Args;
use export::{Exporter, Format, Start};

use crate::client::Client;
use crate::commands::accounts;
use crate::connection::Connection;
use crate::exit::{End, Failure};
use crate::flags::{DryRun, Period, without_csv};
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
#[command(verbatim_doc_comment, mut_arg("output", without_csv))]
pub(crate) struct ExportOptions {
    /// The folder; created if missing
    #[arg(long, value_name = "DIR")]
    out: PathBuf,

    /// Format of the files; parquet for a new folder
    #[arg(long, value_name = "FORMAT", value_parser = ["parquet", "ndjson", "csv"])]
    format: Option<String>,

    #[command(flatten)]
    period: Period,

    /// Leave decisions and notifications as the last run wrote them
    #[arg(long)]
    events_only: bool,

    #[command(flatten)]
    dry_run: DryRun,

    #[command(flatten)]
    connection: Connection,
}

impl ExportOptions {
    fn format(&self) -> Option<Format> {
        self.format.as_ref().and_then(|format| format.parse().ok())
    }
}

pub(crate) fn run(options: &ExportOptions) -> Result<End, Failure> {
    let range = options.period.range()?;
    let client = options.connection.client()?;
    if options.dry_run.dry_run {
        let start = Start::look(&options.out, options.format(), range.from)?;
        let recorded = recorded_events(&client)?;
        report::dry_run(options, range, &start, recorded);
        return Ok(End::Done);
    }
    let started = Instant::now();
    let mut exporter = Exporter::open(&options.out, options.format(), range.from)?;
    let start = exporter.start();
    // A range covers an unknown part of them.
    let whole = range.from.is_none() && range.to.is_none();
    let expected = match whole {
        true => Some(recorded_events(&client)?.saturating_sub(start.events)),
        false => None,
    };
    let commits = Commits::new(&client, start.read_from, range.to);
    let complete_until = commits.offer_all(&mut exporter, expected)?;
    let snapshot = match options.events_only {
        true => None,
        false => Some(notifications::snapshot(&client, &mut exporter)?),
    };
    let exported = exporter.finish(complete_until, snapshot)?;
    let took = started.elapsed();
    let manifest = &exported.manifest;
    let left = match whole && manifest.covered.from.is_none() {
        true => Some(recorded_events(&client)?.saturating_sub(manifest.events)),
        false => None,
    };
    report::print(options, &exported, left, took);
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
