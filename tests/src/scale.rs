//! A large history on one machine: it is rebuilt, read in order of time,
//! exported and verified, each by the program as its users run it, and all
//! have to come to the same totals.

mod measured;
mod program;
mod seed;
mod totals;

use std::time::Instant;

use serde_json::Value;

use crate::one_machine::{Api, Folder, Server};
pub use measured::Measured;
use measured::Step;
use totals::Totals;

/// What each process may take, in bytes.
pub const MAX_MEMORY: u64 = 300 * 1000 * 1000;

/// How much there is.
#[derive(Debug, Clone, Copy)]
pub struct Scale {
    pub events: u32,
    pub accounts: u32,
}

impl Scale {
    /// Does all of it on a folder of its own.
    ///
    /// # Panics
    /// Where a step fails, or two come to different totals.
    #[must_use]
    pub fn measure(self) -> Measured {
        let folder = Folder::new();
        let mut measured = Measured::default();
        // The folder is made as its users make it.
        Server::start(&folder).stop();
        let started = Instant::now();
        let seeded = seed::seed(&folder, self);
        measured.add(Step::new("fill the store", self.events, started.elapsed()));

        let server = Server::start(&folder);
        let endpoint = server.api().endpoint().to_owned();
        let run = |arguments: &[&str]| program::run(&endpoint, arguments);

        let rebuilt = run(&["replay", "projections", "--switch", "--json"]);
        let replayed = &rebuilt.document["result"];
        assert_eq!(replayed["missing_count"], self.accounts, "{replayed}");
        agree(
            &Totals::told(&replayed["control_totals"]),
            &seeded,
            "rebuild",
        );
        measured.add(rebuilt.step("rebuild (shadow, compare, switch)", self.events));

        let again = run(&["replay", "projections", "--json"]);
        let replayed = &again.document["result"];
        assert_eq!(replayed["equal"], self.accounts, "{replayed}");
        measured.add(again.step("rebuild again, all equal", self.events));

        let started = Instant::now();
        let (count, read) = read_all(&server.api());
        assert_eq!(count, u64::from(self.events));
        agree(&read, &seeded, "read in order of time");
        measured.add(Step::new(
            "read all in order of time",
            self.events,
            started.elapsed(),
        ));

        let out = tempfile::tempdir().expect("there is room for an export");
        let root = out.path().to_str().expect("a path in UTF-8");
        let exported = run(&["export", "--json", "--out", root]);
        assert_eq!(exported.document["written"], self.events);
        agree(
            &Totals::told(&exported.document["control_totals"]),
            &seeded,
            "export",
        );
        measured.add(exported.step("export to Parquet", self.events));
        let files = exported.document["files"].as_u64().unwrap_or(0);
        measured.note(format!(
            "{files} files, {} MB",
            megabytes(size_of(out.path()))
        ));

        let verified = program::run_alone(&["verify", "--json", "--export", root]);
        assert_eq!(verified.document["valid"], true);
        agree(
            &Totals::told(&verified.document["control_totals"]),
            &seeded,
            "verify the export",
        );
        measured.add(verified.step("verify the export", self.events));

        let verified = run(&["verify", "--json"]);
        assert_eq!(verified.document["invalid"], 0);
        assert_eq!(verified.document["checked"], self.accounts);
        measured.add(verified.step("verify the store", self.events));

        let balances = server
            .api()
            .pages("/v1/accounts?limit=1000", "accounts", "cursor");
        agree(&Totals::of_accounts(&balances), &seeded, "accounts");
        measured.server_memory(server.peak_memory());
        server.stop();
        measured
    }
}

fn agree(found: &Totals, seeded: &Totals, what: &str) {
    assert_eq!(found, seeded, "{what} comes to other totals");
}

/// Every event, page by page, and what they add up to.
fn read_all(api: &Api) -> (u64, Totals) {
    let mut totals = Totals::default();
    let (mut count, mut cursor, mut last) = (0, String::new(), String::new());
    loop {
        let page = api.get(&format!("/v1/events?limit=1000{cursor}"));
        for event in page["events"].as_array().into_iter().flatten() {
            let recorded = event["recorded_at"].as_str().unwrap_or_default();
            assert!(last.as_str() <= recorded, "{recorded} comes after {last}");
            recorded.clone_into(&mut last);
            totals.count(event);
            count += 1;
        }
        match &page["next"] {
            Value::String(next) => cursor = format!("&cursor={next}"),
            _ => return (count, totals),
        }
    }
}

fn size_of(folder: &std::path::Path) -> u64 {
    let entries = std::fs::read_dir(folder).expect("the folder can be read");
    entries
        .map(|entry| {
            let path = entry.expect("an entry").path();
            match path.is_dir() {
                true => size_of(&path),
                false => path.metadata().map_or(0, |file| file.len()),
            }
        })
        .sum()
}

fn megabytes(bytes: u64) -> u64 {
    bytes / 1_000_000
}
