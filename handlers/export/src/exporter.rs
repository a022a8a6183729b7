//! The writer of an export, which contains each event once, whatever ranges
//! are exported in however many runs.
//!
//! The position of a commit in its account's chain decides, not the time at
//! which it was read: commits in the manifest are skipped, the next one of an
//! account is written, and one that would leave a gap is not taken before the
//! missing ones.

use std::collections::BTreeMap;
use std::path::Path;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use domain::{AccountId, Commit, Hash, Head, Version, chain};

use crate::digest;
use crate::error::{ExportError, Result, at};
use crate::file::Format;
use crate::folder::{Folder, Part};
use crate::manifest::{AccountEntry, FileEntry, Manifest};
use crate::rows::{self, Notification};
use crate::table::Table;
use crate::totals;

/// Events in one file, about 10 MB. The commit that reaches the number is the
/// file's last.
const EVENTS_IN_FILE: u64 = 100_000;
/// Events after which a run saves the manifest, so that an interrupted run
/// repeats less.
const EVENTS_BETWEEN_MANIFESTS: u64 = 200_000;
/// Time before the end of the export that the next run reads again, in case a
/// commit reached the time index later than the safety window allows. Later
/// ones are found by the accounts' versions.
const OVERLAP: TimeDelta = TimeDelta::minutes(10);

/// The outcome for an offered commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Taken {
    /// The commit was written.
    Written,
    /// The export contains it already.
    Known,
    /// Commits after this version are missing. Offer them first and then this
    /// one again.
    Missing(Version),
    /// The account is new to the export and began before its range. Call
    /// [`Exporter::begin_account`] with its earlier head, and offer it again.
    Unknown,
}

/// The writer of an export. It locks the folder while it lives.
#[derive(Debug)]
pub struct Exporter {
    folder: Folder,
    manifest: Manifest,
    accounts: BTreeMap<AccountId, AccountEntry>,
    /// The heads before the range, of accounts that began before the export.
    before: BTreeMap<AccountId, Head>,
    open: Option<(Part, Part)>,
    finished: Vec<FileEntry>,
    since_manifest: u64,
    written: u64,
    /// The suffix of this run's file names.
    run: String,
}

/// The result of a run.
#[derive(Debug)]
pub struct Exported {
    /// The number of events that this run added.
    pub written: u64,
    /// The manifest of the whole export.
    pub manifest: Manifest,
    /// The SHA-256 of the manifest's file.
    pub manifest_sha256: Hash,
}

/// The point from which a run continues.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Start {
    /// The recorded time at which the export begins, or `None` for the first
    /// commit.
    pub begins: Option<DateTime<Utc>>,
    /// The recorded time from which commits have to be offered, or `None` for
    /// the first commit.
    pub read_from: Option<DateTime<Utc>>,
    /// The number of events in the export so far.
    pub events: u64,
}

impl Start {
    /// Reads the point from which a run would continue, without changing the
    /// folder.
    ///
    /// # Errors
    /// Those of [`Exporter::open`], except the lock.
    pub fn look(root: &Path, format: Option<Format>, from: Option<DateTime<Utc>>) -> Result<Self> {
        Ok(match Manifest::of_folder(root)? {
            Some(manifest) => Start::of(&continued(manifest, format, from)?),
            None => Start {
                begins: from,
                read_from: from,
                events: 0,
            },
        })
    }

    fn of(manifest: &Manifest) -> Self {
        let covered = manifest.covered;
        Start {
            begins: covered.from,
            read_from: match covered.to {
                Some(to) => Some((to - OVERLAP).max(covered.from.unwrap_or(DateTime::UNIX_EPOCH))),
                None => covered.from,
            },
            events: manifest.events,
        }
    }
}

impl Exporter {
    /// Opens the export in this folder, or begins one, of commits recorded at
    /// `from` or later. Removes the leftovers of an interrupted run.
    ///
    /// # Errors
    /// - `Refused`: the folder holds another format, the range would leave a
    ///   gap, or another process is exporting to it.
    /// - `File`: the manifest cannot be read.
    /// - `Io`: the folder cannot be read or written.
    pub fn open(root: &Path, format: Option<Format>, from: Option<DateTime<Utc>>) -> Result<Self> {
        let folder = Folder::open(root)?;
        let mut manifest = match Manifest::of_folder(root)? {
            Some(manifest) => continued(manifest, format, from)?,
            None => Manifest::new(format.unwrap_or(Format::Parquet), from),
        };
        folder.clean(&manifest)?;
        let accounts = std::mem::take(&mut manifest.accounts);
        Ok(Exporter {
            folder,
            accounts: accounts
                .into_iter()
                .map(|entry| (entry.account_id.clone(), entry))
                .collect(),
            manifest,
            before: BTreeMap::new(),
            open: None,
            finished: Vec::new(),
            since_manifest: 0,
            written: 0,
            run: String::new(),
        })
    }

    /// Adds the name of this run, letters and digits, to its file names. They
    /// are unique then, even if two runs write at the same time.
    #[must_use]
    pub fn named(mut self, run: &str) -> Self {
        self.run = format!("-{run}");
        self
    }

    /// Returns the point from which this run continues.
    pub fn start(&self) -> Start {
        Start::of(&self.manifest)
    }

    /// Offers the next commit. Idempotent: a commit that the export contains is
    /// skipped.
    ///
    /// # Errors
    /// - `Chain`: the commit contradicts the account's chain so far.
    /// - `OtherLedger`: the export contains a different commit at this version.
    /// - `File`, `Io`: it could not be written; drop the exporter and run again.
    pub fn take(&mut self, commit: &Commit) -> Result<Taken> {
        let entry = self.accounts.get(&commit.account_id);
        let head = match entry {
            Some(entry) => Some(&entry.head),
            None => self.before.get(&commit.account_id),
        };
        let last = head.map_or(0, Head::version);
        if commit.last_version() <= last {
            return match head.filter(|head| head.version() == commit.last_version()) {
                Some(head) if head.hash != commit.hash => Err(other_ledger(commit)),
                _ => Ok(Taken::Known),
            };
        }
        if commit.first_version > last + 1 {
            let begins_before = head.is_none() && self.manifest.covered.from.is_some();
            return Ok(match begins_before {
                true => Taken::Unknown,
                false => Taken::Missing(last),
            });
        }
        let broken = |error| ExportError::Chain {
            account_id: commit.account_id.clone(),
            error,
        };
        let after = chain::follow(head, commit).map_err(broken)?;
        let events = rows::of_events(commit).map_err(broken)?;
        totals::count(&mut self.manifest.control_totals, commit).map_err(broken)?;
        self.write(commit, events)?;
        match self.accounts.get_mut(&commit.account_id) {
            Some(entry) => {
                entry.head = after;
                entry.commits += 1;
            }
            None => {
                let before = self.before.remove(&commit.account_id);
                let entry = AccountEntry::begin(before, commit);
                self.accounts.insert(commit.account_id.clone(), entry);
            }
        }
        Ok(Taken::Written)
    }

    /// Returns the exported heads of up to `most` accounts, spread evenly over
    /// all.
    pub fn some_heads(&self, most: usize) -> Vec<(AccountId, Head)> {
        let every = self.accounts.len().div_ceil(most.max(1)).max(1);
        let some = self.accounts.values().step_by(every);
        some.map(|entry| (entry.account_id.clone(), entry.head.clone()))
            .collect()
    }

    /// Returns the exported head of this account.
    pub fn head(&self, account: &AccountId) -> Option<&Head> {
        self.accounts.get(account).map(|entry| &entry.head)
    }

    /// Reports that all commits recorded before this time were offered. From
    /// time to time this saves the manifest, and an interrupted export continues
    /// from there.
    ///
    /// # Errors
    /// - `File`, `Io`: a file could not be written; drop the exporter and run
    ///   again.
    pub fn reached(&mut self, time: DateTime<Utc>) -> Result<()> {
        if self.since_manifest >= EVENTS_BETWEEN_MANIFESTS {
            self.save(time)?;
        }
        Ok(())
    }

    /// Sets the head of an account before its first commit of the range.
    pub fn begin_account(&mut self, account: AccountId, before: Head) {
        self.before.insert(account, before);
    }

    fn write(&mut self, commit: &Commit, events: Vec<crate::value::Row>) -> Result<()> {
        let day = commit.recorded_at.date_naive();
        let fits = |part: &Part| part.day() == Some(day) && part.rows() < EVENTS_IN_FILE;
        if self.open.as_ref().is_some_and(|(part, _)| !fits(part)) {
            self.finish_files()?;
        }
        if self.open.is_none() {
            self.open = Some(self.begin_files(day)?);
        }
        let Some((event_rows, commit_rows)) = &mut self.open else {
            return Ok(());
        };
        let count = events.len() as u64;
        for row in events {
            event_rows.write(row)?;
        }
        commit_rows.write(rows::of_commit(commit))?;
        self.manifest.events += count;
        self.manifest.commits += 1;
        self.since_manifest += count;
        self.written += count;
        Ok(())
    }

    fn begin_files(&mut self, day: NaiveDate) -> Result<(Part, Part)> {
        self.manifest.parts += 1;
        let begin = |table| {
            let Manifest { format, parts, .. } = self.manifest;
            self.folder
                .begin(format, table, Some(day), &self.name(parts))
        };
        Ok((begin(Table::Events)?, begin(Table::Commits)?))
    }

    fn name(&self, part: u64) -> String {
        format!("part-{part:06}{}", self.run)
    }

    fn finish_files(&mut self) -> Result<()> {
        if let Some((events, commits)) = self.open.take() {
            self.finished.push(events.finish()?);
            self.finished.push(commits.finish()?);
        }
        Ok(())
    }

    /// Saves the manifest with the new files and the time up to which the
    /// export is complete.
    fn save(&mut self, complete_until: DateTime<Utc>) -> Result<()> {
        self.finish_files()?;
        self.manifest.files.append(&mut self.finished);
        let covered = &mut self.manifest.covered;
        // A range that begins after the last readable commit is empty and complete.
        let complete_until = covered
            .from
            .map_or(complete_until, |from| from.max(complete_until));
        covered.to = Some(
            covered
                .to
                .map_or(complete_until, |to| to.max(complete_until)),
        );
        self.manifest.written_by = format!("ledgerbell {}", env!("CARGO_PKG_VERSION"));
        let balances = self.accounts.values().map(AccountEntry::balance);
        totals::set_balances(&mut self.manifest.control_totals, balances);
        self.manifest.accounts = self.accounts.values().cloned().collect();
        self.folder.save(&self.manifest)?;
        self.manifest.accounts = Vec::new();
        self.since_manifest = 0;
        Ok(())
    }

    /// Returns the exported accounts.
    pub fn accounts(&self) -> Vec<AccountId> {
        self.accounts.keys().cloned().collect()
    }

    /// Begins a snapshot of decisions and notifications, which will replace the
    /// previous one. Call it after the last commit.
    ///
    /// # Errors
    /// - `File`, `Io`: a file could not be written; drop the exporter and run
    ///   again.
    pub fn begin_snapshot(&mut self) -> Result<Snapshot> {
        self.finish_files()?;
        self.manifest.parts += 1;
        let begin = |table| {
            let Manifest { format, parts, .. } = self.manifest;
            self.folder.begin(format, table, None, &self.name(parts))
        };
        Ok(Snapshot {
            decisions: begin(Table::Decisions)?,
            notifications: begin(Table::Notifications)?,
        })
    }

    /// Adds a notification to the snapshot if the export contains its event.
    ///
    /// # Errors
    /// - `File`: it could not be written; drop the exporter and run again.
    pub fn add(
        &self,
        snapshot: &mut Snapshot,
        account: &AccountId,
        notification: &Notification,
    ) -> Result<()> {
        let Some(entry) = self.accounts.get(account) else {
            return Ok(());
        };
        let exported = entry.first_version()..=entry.last_version();
        if !exported.contains(&notification.event_version) {
            return Ok(());
        }
        let (decision, row) = rows::of_notification(account, notification);
        snapshot.decisions.write(decision)?;
        if let Some(row) = row {
            snapshot.notifications.write(row)?;
        }
        Ok(())
    }

    /// Finishes the run. The caller must have offered every commit recorded
    /// before `complete_until`.
    ///
    /// # Errors
    /// - `File`, `Io`: a file could not be written; run again.
    pub fn finish(
        mut self,
        complete_until: DateTime<Utc>,
        snapshot: Option<Snapshot>,
    ) -> Result<Exported> {
        if let Some(snapshot) = snapshot {
            let decisions = snapshot.decisions.finish()?;
            let notifications = snapshot.notifications.finish()?;
            self.manifest.decisions = decisions.rows;
            self.manifest.notifications = notifications.rows;
            let kept = |file: &FileEntry| file.day.is_some();
            self.manifest.files.retain(kept);
            self.finished.extend([decisions, notifications]);
        }
        self.save(complete_until)?;
        self.folder.clean(&self.manifest)?;
        let path = self.folder.manifest_path();
        let (_, manifest_sha256) = digest::of_file(&path).map_err(at(&path))?;
        self.manifest.accounts = self.accounts.into_values().collect();
        Ok(Exported {
            written: self.written,
            manifest: self.manifest,
            manifest_sha256,
        })
    }
}

/// An unfinished snapshot of decisions and notifications.
#[derive(Debug)]
pub struct Snapshot {
    decisions: Part,
    notifications: Part,
}

fn other_ledger(commit: &Commit) -> ExportError {
    ExportError::OtherLedger {
        account_id: commit.account_id.clone(),
        version: commit.last_version(),
    }
}

/// Checks that the export can continue. A folder holds one range without a gap,
/// so that the export has one contiguous part of each chain.
fn continued(
    manifest: Manifest,
    format: Option<Format>,
    from: Option<DateTime<Utc>>,
) -> Result<Manifest> {
    let refuse = |reason: String| Err(ExportError::Refused(reason));
    if let Some(format) = format.filter(|format| *format != manifest.format) {
        return refuse(format!(
            "this folder holds {}; {} needs a folder of its own",
            manifest.format.name(),
            format.name()
        ));
    }
    let Some(from) = from else {
        return Ok(manifest);
    };
    let time = domain::time::format_time;
    match manifest.covered {
        crate::manifest::Covered {
            from: Some(begins), ..
        } if from < begins => refuse(format!(
            "this folder begins at {}: earlier commits need a folder of their own",
            time(begins)
        )),
        // Earlier versions could end a range before its beginning.
        crate::manifest::Covered {
            from: begins,
            to: Some(ends),
        } if from > begins.map_or(ends, |begins| ends.max(begins)) => refuse(format!(
            "this folder ends at {}: beginning at {} would leave a gap",
            time(ends),
            time(from)
        )),
        _ => Ok(manifest),
    }
}
