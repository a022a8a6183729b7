//! Writing an export: each event once, however often and for whatever range it
//! is run.
//!
//! A commit counts by its place in its account's chain, not by the time at
//! which it was read: what the manifest has is left out, what follows is
//! written, and what would leave a gap is asked for first.

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

/// A file ends with the commit that reaches so many events: some 10 MB.
const EVENTS_IN_FILE: u64 = 100_000;
/// After so many events the manifest is written on the way.
const EVENTS_BETWEEN_MANIFESTS: u64 = 200_000;
/// How far the next run reads back. Nothing is expected there: it is for a
/// commit that came to the time index later than the safety window allows.
const OVERLAP: TimeDelta = TimeDelta::minutes(10);

/// What became of a commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Taken {
    Written,
    /// The export has it.
    Known,
    /// The account's commits after this version come first: they were not
    /// read, and this one is to be offered again behind them.
    Missing(Version),
    /// The account is new here, and its first commit within the range is not
    /// its first: [`Exporter::begin_account`] has to be told where it stood.
    Unknown,
}

#[derive(Debug)]
pub struct Exporter {
    folder: Folder,
    manifest: Manifest,
    accounts: BTreeMap<AccountId, AccountEntry>,
    /// Where accounts stood that begin before the export.
    before: BTreeMap<AccountId, Head>,
    open: Option<(Part, Part)>,
    finished: Vec<FileEntry>,
    since_manifest: u64,
    written: u64,
    /// Ends the names of this run's files.
    run: String,
}

/// What a run has done.
#[derive(Debug)]
pub struct Exported {
    /// New events of this run.
    pub written: u64,
    pub manifest: Manifest,
    pub manifest_sha256: Hash,
}

/// What a run would go on from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Start {
    /// What was recorded before this time is not part of the export.
    pub begins: Option<DateTime<Utc>>,
    /// From when on commits are to be offered; from the first, where there is none.
    pub read_from: Option<DateTime<Utc>>,
    /// How many events the export has.
    pub events: u64,
}

impl Start {
    /// Looks and touches nothing.
    ///
    /// # Errors
    /// As [`Exporter::open`].
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
    /// Goes on with the export in this folder, or begins one, of commits
    /// recorded at `from` or later.
    ///
    /// # Errors
    /// Where the folder holds another format, or the range would leave a hole.
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

    /// Puts the name of this run into the names of its files, which then are no
    /// other run's even where two are at work at once: letters and digits.
    #[must_use]
    pub fn named(mut self, run: &str) -> Self {
        self.run = format!("-{run}");
        self
    }

    pub fn start(&self) -> Start {
        Start::of(&self.manifest)
    }

    /// Offers the next commit.
    ///
    /// # Errors
    /// Where it does not follow from what was written, or cannot be written.
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

    /// Where the chains end that the export has of some accounts, at most of so
    /// many, spread over all.
    pub fn some_heads(&self, most: usize) -> Vec<(AccountId, Head)> {
        let every = self.accounts.len().div_ceil(most.max(1)).max(1);
        let some = self.accounts.values().step_by(every);
        some.map(|entry| (entry.account_id.clone(), entry.head.clone()))
            .collect()
    }

    /// Where the chain ends that the export has of this account.
    pub fn head(&self, account: &AccountId) -> Option<&Head> {
        self.accounts.get(account).map(|entry| &entry.head)
    }

    /// Tells that all commits recorded before this time were offered. Now and
    /// then that is noted in the manifest, and an interrupted export goes on
    /// from there.
    ///
    /// # Errors
    /// Where a file or the manifest cannot be written.
    pub fn reached(&mut self, time: DateTime<Utc>) -> Result<()> {
        if self.since_manifest >= EVENTS_BETWEEN_MANIFESTS {
            self.save(time)?;
        }
        Ok(())
    }

    /// Tells where an account stood before its first commit of the range.
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

    /// Counts in what was written, and says up to when nothing is missing.
    fn save(&mut self, complete_until: DateTime<Utc>) -> Result<()> {
        self.finish_files()?;
        self.manifest.files.append(&mut self.finished);
        let covered = &mut self.manifest.covered;
        // A range that begins later than readers have come is empty yet, and whole.
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
        totals::stand(&mut self.manifest.control_totals, balances);
        self.manifest.accounts = self.accounts.values().cloned().collect();
        self.folder.save(&self.manifest)?;
        self.manifest.accounts = Vec::new();
        self.since_manifest = 0;
        Ok(())
    }

    /// The exported accounts.
    pub fn accounts(&self) -> Vec<AccountId> {
        self.accounts.keys().cloned().collect()
    }

    /// Begins the snapshot of what was decided and told, which takes the place
    /// of the one before. It is told when all commits were offered.
    ///
    /// # Errors
    /// Where its files cannot be written.
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

    /// Adds a notification to the snapshot, if its event is in the export.
    ///
    /// # Errors
    /// Where it cannot be written.
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
        if let Some((decision, row)) = rows::of_notification(account, notification) {
            snapshot.decisions.write(decision)?;
            if let Some(row) = row {
                snapshot.notifications.write(row)?;
            }
        }
        Ok(())
    }

    /// Ends the run. Everything recorded before `complete_until` was offered.
    ///
    /// # Errors
    /// Where a file or the manifest cannot be written.
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

/// What was decided and told, as it stands now.
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

/// A folder holds one range without a hole, so that each account's chain in it
/// is one piece.
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
            "this folder begins at {}: what was recorded before needs a folder of its own",
            time(begins)
        )),
        // An earlier version may have ended it before it begins.
        crate::manifest::Covered {
            from: begins,
            to: Some(ends),
        } if from > begins.map_or(ends, |begins| ends.max(begins)) => refuse(format!(
            "this folder ends at {}: to begin at {} would leave a hole in it",
            time(ends),
            time(from)
        )),
        _ => Ok(manifest),
    }
}
