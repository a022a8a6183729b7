//! The verification of an export: every byte, every link of every chain, every
//! row and every sum. Only the folder is needed.

mod chains;
mod files;
mod matching;

use std::fmt;
use std::path::Path;

use domain::{AccountId, Commit, Hash, Version, chain};
use serde::Serialize;

use crate::error::{ExportError, Result, at};
use crate::file::Rows;
use crate::manifest::{FileEntry, MANIFEST, Manifest};
use crate::rows;
use crate::table::Table;
use crate::totals::{self, ControlTotals};
use crate::value::{Row, Value};
use chains::Chains;
use matching::Matching;

/// Problems in the list. Later ones are only counted.
const MAX_LISTED: usize = 1000;

/// The place of a problem.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Place {
    /// The manifest.
    Manifest,
    /// A file, by its path below the folder.
    File(String),
    /// An event of an account.
    Account {
        /// The account.
        account_id: AccountId,
        /// The event's account version.
        version: Version,
    },
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Place::Manifest => f.write_str(MANIFEST),
            Place::File(path) => f.write_str(path),
            Place::Account {
                account_id,
                version,
            } => write!(f, "account {account_id} version {version}"),
        }
    }
}

/// A contradiction within the export.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// The place.
    pub place: Place,
    /// The predicate of which the place is the subject.
    pub detail: String,
}

/// The result of a verification.
#[derive(Debug, Serialize)]
pub struct Verified {
    /// The SHA-256 of the manifest. Keep it elsewhere: it also reveals a
    /// manifest that was changed together with its files.
    pub manifest_sha256: Hash,
    /// The number of files in the manifest.
    pub files: u64,
    /// The number of accounts in the manifest.
    pub accounts: u64,
    /// The number of commits in the files.
    pub commits: u64,
    /// The number of events in the files.
    pub events: u64,
    /// The sums of the events in the files.
    pub control_totals: ControlTotals,
    /// The number of problems.
    pub problem_count: u64,
    /// The first problems.
    pub problems: Vec<Problem>,
}

impl Verified {
    /// Whether the export has no problem.
    pub fn is_valid(&self) -> bool {
        self.problem_count == 0
    }

    fn problem(&mut self, place: Place, detail: impl Into<String>) {
        self.problem_count += 1;
        if self.problems.len() < MAX_LISTED {
            self.problems.push(Problem {
                place,
                detail: detail.into(),
            });
        }
    }

    fn of_file(&mut self, file: &FileEntry, detail: impl Into<String>) {
        self.problem(Place::File(file.path.clone()), detail);
    }

    fn of_event(&mut self, account: &AccountId, version: Version, detail: impl Into<String>) {
        let place = Place::Account {
            account_id: account.clone(),
            version,
        };
        self.problem(place, detail);
    }
}

/// Verifies the export in this folder. `progress` receives the number of events
/// of each commit that was read.
///
/// # Errors
/// All other faults are problems in the result.
/// - `Io`: there is no manifest, or a folder cannot be read.
/// - `File`: the manifest is not one of this version.
pub fn verify(root: &Path, progress: &mut dyn FnMut(u64)) -> Result<Verified> {
    let path = root.join(MANIFEST);
    let bytes = std::fs::read(&path).map_err(at(&path))?;
    let manifest = Manifest::read(&bytes).map_err(|reason| ExportError::File { path, reason })?;
    let mut found = Verified {
        manifest_sha256: Hash::of(&[], &bytes),
        files: manifest.files.len() as u64,
        accounts: manifest.accounts.len() as u64,
        commits: 0,
        events: 0,
        control_totals: ControlTotals::new(),
        problem_count: 0,
        problems: Vec::new(),
    };
    files::check(root, &manifest, &mut found)?;
    let mut verifier = Verifier {
        root,
        chains: Chains::new(&manifest),
        manifest: &manifest,
        found,
    };
    for (commits, events) in files::pairs(&manifest, &mut verifier.found) {
        verifier.part(commits, events, progress);
    }
    for table in [Table::Decisions, Table::Notifications] {
        verifier.snapshot(table);
    }
    verifier.chains.check_ends(&mut verifier.found);
    verifier.check_sums();
    Ok(verifier.found)
}

struct Verifier<'a> {
    root: &'a Path,
    manifest: &'a Manifest,
    chains: Chains<'a>,
    found: Verified,
}

impl Verifier<'_> {
    /// Verifies the commits of a part, and its events against them.
    fn part(
        &mut self,
        commits: &FileEntry,
        events: Option<&FileEntry>,
        progress: &mut dyn FnMut(u64),
    ) {
        let mut event_rows = events.and_then(|file| Some((file, self.open(file)?)));
        let mut matching = Matching::default();
        let Some(rows) = self.open(commits) else {
            return;
        };
        let mut count = 0;
        for row in rows {
            let row = match row {
                Ok(row) => row,
                Err(reason) => {
                    self.found.of_file(commits, unreadable(&reason));
                    break;
                }
            };
            count += 1;
            let Some(commit) = self.commit(commits, &row) else {
                continue;
            };
            self.chains.follow(&commit, &mut self.found);
            if commits
                .day
                .is_some_and(|day| day != commit.recorded_at.date_naive())
            {
                let day = commit.recorded_at.date_naive();
                let detail = format!("was recorded on {day}, and stands in {}", commits.path);
                self.found
                    .of_event(&commit.account_id, commit.first_version, detail);
            }
            self.found.commits += 1;
            self.found.events += commit.events.len() as u64;
            // Events that cannot be decoded were told by the chain.
            let _ = totals::count(&mut self.found.control_totals, &commit);
            let expected = rows::of_events(&commit).unwrap_or_default();
            if let Some((file, rows)) = &mut event_rows {
                for row in expected {
                    let actual = next(rows, file, &mut self.found);
                    matching.step(Some(row), actual, &mut self.found);
                }
            }
            progress(self.found.events);
        }
        self.check_count(commits, count);
        if let Some((file, mut rows)) = event_rows {
            while let Some(row) = next(&mut rows, file, &mut self.found) {
                matching.step(None, Some(row), &mut self.found);
            }
            let read = matching.finish(file, &mut self.found);
            self.check_count(file, read);
        }
    }

    fn open(&mut self, file: &FileEntry) -> Option<Rows> {
        let path = self.root.join(&file.path);
        match Rows::open(self.manifest.format, file.table, &path) {
            Ok(rows) => Some(rows),
            // A missing file was reported already.
            Err(_) if !path.exists() => None,
            Err(reason) => {
                self.found.of_file(file, unreadable(&reason));
                None
            }
        }
    }

    /// Reads the commit of a row, and checks that the row's columns agree with
    /// its content.
    fn commit(&mut self, file: &FileEntry, row: &Row) -> Option<Commit> {
        let text = |name: &str| match &row[Table::Commits.position(name)?] {
            Value::Text(text) => Some(text.as_str()),
            _ => None,
        };
        let place = || {
            let account = text("account_id")?.parse().ok()?;
            match row[Table::Commits.position("first_version")?] {
                Value::Int(version) => Some((account, version.unsigned_abs())),
                _ => None,
            }
        };
        let read = || {
            let hash = |name: &str| text(name).unwrap_or_default().parse::<Hash>();
            let hashes = (hash("prev_hash"), hash("hash"));
            let (Ok(prev_hash), Ok(hash)) = hashes else {
                return Err("a hash of the commit is not 64 hex digits".to_owned());
            };
            let content = text("content").unwrap_or_default();
            Commit::read(content.as_bytes(), prev_hash, hash)
                .map_err(|error| format!("the content of the commit cannot be read: {error}"))
        };
        match read() {
            Ok(commit) => {
                let expected = rows::of_commit(&commit);
                if let Some(detail) = difference(Table::Commits, &expected, row) {
                    self.found
                        .of_event(&commit.account_id, commit.first_version, detail);
                }
                Some(commit)
            }
            Err(detail) => {
                match place() {
                    Some((account, version)) => self.found.of_event(&account, version, detail),
                    None => self.found.of_file(file, detail),
                }
                None
            }
        }
    }

    /// Checks that the rows of a snapshot concern exported events.
    fn snapshot(&mut self, table: Table) {
        let files = self
            .manifest
            .files
            .iter()
            .filter(|file| file.table == table);
        for file in files {
            let Some(mut rows) = self.open(file) else {
                continue;
            };
            let mut count = 0;
            while let Some(row) = next(&mut rows, file, &mut self.found) {
                count += 1;
                let [
                    _,
                    Value::Text(account),
                    Value::Text(event),
                    Value::Int(version),
                    ..,
                ] = row.as_slice()
                else {
                    continue;
                };
                if !self.chains.has(account, event, version.unsigned_abs()) {
                    let detail = format!(
                        "has a row about event {event} of account {account}, which is not in the export"
                    );
                    self.found.of_file(file, detail);
                }
            }
            self.check_count(file, count);
        }
    }

    fn check_count(&mut self, file: &FileEntry, rows: u64) {
        if rows != file.rows {
            let detail = format!("has {rows} rows, and the manifest says {}", file.rows);
            self.found.of_file(file, detail);
        }
    }

    fn check_sums(&mut self) {
        totals::set_balances(&mut self.found.control_totals, self.chains.balances());
        let rows = |table: Table| -> u64 {
            let files = self.manifest.files.iter();
            files
                .filter(|file| file.table == table)
                .map(|file| file.rows)
                .sum()
        };
        let counts = [
            ("events", self.manifest.events, self.found.events),
            ("commits", self.manifest.commits, self.found.commits),
            ("decisions", self.manifest.decisions, rows(Table::Decisions)),
            (
                "notifications",
                self.manifest.notifications,
                rows(Table::Notifications),
            ),
        ];
        for (name, said, counted) in counts {
            if said != counted {
                let detail = format!("says {said} {name}, and the files have {counted}");
                self.found.problem(Place::Manifest, detail);
            }
        }
        let said = &self.manifest.control_totals;
        let counted = self.found.control_totals.clone();
        let currencies = said
            .keys()
            .chain(counted.keys().filter(|key| !said.contains_key(key)));
        for currency in currencies {
            if said.get(currency) != counted.get(currency) {
                let shown = |totals: &ControlTotals| {
                    totals.get(currency).map_or_else(
                        || "nothing".to_owned(),
                        |total| {
                            format!(
                                "{} events, credits {}, debits {}, balance {}",
                                total.events, total.credits, total.debits, total.balance
                            )
                        },
                    )
                };
                let detail = format!(
                    "says for {currency} {}, and the files have {}",
                    shown(said),
                    shown(&counted)
                );
                self.found.problem(Place::Manifest, detail);
            }
        }
    }
}

fn next(rows: &mut Rows, file: &FileEntry, found: &mut Verified) -> Option<Row> {
    match rows.next()? {
        Ok(row) => Some(row),
        Err(reason) => {
            found.of_file(file, unreadable(&reason));
            None
        }
    }
}

fn unreadable(reason: &str) -> String {
    format!("cannot be read to its end: {reason}")
}

/// Returns a list of the columns that differ, or `None` if none does.
fn difference(table: Table, expected: &Row, actual: &Row) -> Option<String> {
    let columns = table.columns().iter().zip(expected.iter().zip(actual));
    let differing: Vec<String> = columns
        .filter(|(_, (expected, actual))| expected != actual)
        .map(|(column, (expected, actual))| match column.name {
            // Both are too long for a message.
            "content" => "content is not in its canonical form".to_owned(),
            name => format!("{name} is \"{actual}\", and the commit has \"{expected}\""),
        })
        .collect();
    (!differing.is_empty()).then(|| differing.join("; "))
}

/// Describes a broken link of a chain.
fn broken(error: &chain::ChainError) -> String {
    match error {
        chain::ChainError::Gap { expected, found } if found > expected => {
            format!("is missing: version {found} comes next")
        }
        chain::ChainError::Gap { expected, found } => {
            format!("is duplicated or out of order: version {found} comes where {expected} should")
        }
        other => other.to_string(),
    }
}
