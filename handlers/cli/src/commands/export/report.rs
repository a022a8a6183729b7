//! What an export has done, or would do.

use std::time::Duration;

use domain::time::{format_recorded_at, format_time};
use export::{ControlTotals, Exported, Start};
use serde_json::json;

use super::ExportOptions;
use crate::flags::Range;
use crate::output;
use crate::table::{Align, Table};

pub(super) fn dry_run(options: &ExportOptions, range: Range, start: &Start, recorded: u64) {
    let left = recorded.saturating_sub(start.events);
    let read_from = start.read_from.map(format_time);
    if options.connection.json() {
        output::json(&json!({
            "dry_run": true,
            "exported": start.events,
            "recorded": recorded,
            "read_from": read_from,
            "read_to": range.to.map(format_time),
        }));
        return;
    }
    let from = read_from.unwrap_or_else(|| "the first event".to_owned());
    output::line(format!(
        "{} has {} events, of {recorded} recorded; it would be read from {from}, and at most about {left} events written. \
         Nothing was written: this was a dry run.",
        options.out.display(),
        start.events
    ));
}

/// Prints the export. `left` is the number of events for the next run, if the whole history was to be exported.
pub(super) fn print(
    options: &ExportOptions,
    exported: &Exported,
    left: Option<u64>,
    took: Duration,
) {
    let manifest = &exported.manifest;
    let per_second = u128::from(exported.written) * 1000 / took.as_millis().max(1);
    if options.connection.json() {
        output::json(&json!({
            "written": exported.written,
            "left": left,
            "took_ms": took.as_millis(),
            "events_per_second": per_second,
            "format": manifest.format,
            "covered": manifest.covered,
            "events": manifest.events,
            "commits": manifest.commits,
            "accounts": manifest.accounts.len(),
            "decisions": manifest.decisions,
            "notifications": manifest.notifications,
            "files": manifest.files.len(),
            "control_totals": manifest.control_totals,
            "manifest_sha256": exported.manifest_sha256,
        }));
        return;
    }
    output::line(format!(
        "{} events written in {:.1?}, {per_second} a second",
        exported.written, took
    ));
    let until = manifest.covered.to.map(format_recorded_at);
    output::line(format!(
        "{} now has {} events of {} accounts, {} decisions and {} notifications in {} files, complete until {}",
        options.out.display(),
        manifest.events,
        manifest.accounts.len(),
        manifest.decisions,
        manifest.notifications,
        manifest.files.len(),
        until.unwrap_or_default()
    ));
    if let Some(sentence) = left.and_then(left_to_the_next_run) {
        output::line(sentence);
    }
    totals(&manifest.control_totals);
    output::line(format!(
        "SHA-256 of the manifest: {}",
        exported.manifest_sha256
    ));
}

fn left_to_the_next_run(left: u64) -> Option<String> {
    match left {
        0 => None,
        1 => Some("1 event of the most recent seconds is left to the next run".to_owned()),
        _ => Some(format!(
            "{left} events of the most recent seconds are left to the next run"
        )),
    }
}

/// Returns the control totals as a table.
pub(crate) fn totals(totals: &ControlTotals) {
    if totals.is_empty() {
        return;
    }
    let mut table = Table::new(&[
        ("CURRENCY", Align::Left),
        ("ACCOUNTS", Align::Right),
        ("EVENTS", Align::Right),
        ("CREDITS", Align::Right),
        ("DEBITS", Align::Right),
        ("BALANCE", Align::Right),
    ]);
    for (currency, total) in totals {
        table.row([
            currency.to_string(),
            total.accounts.to_string(),
            total.events.to_string(),
            total.credits.to_string(),
            total.debits.to_string(),
            total.balance.to_string(),
        ]);
    }
    output::line("");
    table.print();
    output::line("");
}
