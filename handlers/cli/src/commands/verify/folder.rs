//! `ledgerbell verify --export`: an export, from its files alone.

use std::path::Path;

use domain::Hash;
use serde_json::json;

use crate::commands::export::totals;
use crate::exit::{End, Failure};
use crate::output;

pub(super) fn run(folder: &Path, expected: Option<Hash>, as_json: bool) -> Result<End, Failure> {
    // A damaged file may make its reader panic, which is caught and reported as a
    // problem of that file. The panic's own message is redundant.
    std::panic::set_hook(Box::new(|_| {}));
    let bar = output::bar(None, "events");
    bar.set_message("verifying");
    let mut heartbeat = output::Heartbeat::new();
    let found = export::verify(folder, &mut |events| {
        bar.set_position(events);
        heartbeat.beat(&bar);
    });
    bar.finish_and_clear();
    drop(std::panic::take_hook());
    let found = found?;
    let other_manifest = expected.filter(|expected| *expected != found.manifest_sha256);
    let valid = found.is_valid() && other_manifest.is_none();
    if as_json {
        let mut document = json!(found);
        document["valid"] = json!(valid);
        output::json(&document);
        return Ok(End::done_if(valid));
    }
    if let Some(expected) = other_manifest {
        output::complain(format!(
            "manifest.json: its SHA-256 is {}, and should be {expected}",
            found.manifest_sha256
        ));
    }
    for problem in &found.problems {
        output::complain(format!("{}: {}", problem.place, problem.detail));
    }
    let unlisted = found.problem_count - found.problems.len() as u64;
    if unlisted > 0 {
        output::complain(format!("and {unlisted} more problems"));
    }
    totals(&found.control_totals);
    let counts = format!(
        "{} events in {} commits of {} accounts in {} files",
        found.events, found.commits, found.accounts, found.files
    );
    output::line(match valid {
        true => format!("The export is valid: {counts}."),
        false => format!("The export is NOT VALID: {counts} were read."),
    });
    output::line(format!(
        "SHA-256 of the manifest: {}",
        found.manifest_sha256
    ));
    Ok(End::done_if(valid))
}
