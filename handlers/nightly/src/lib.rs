//! The nightly export: everything recorded up to the last midnight (UTC), in
//! the same files as `ledgerbell export` writes, as objects in a bucket.
//!
//! A run downloads the manifest, writes the new files into a local folder,
//! uploads them, and finally replaces the manifest, on condition that it is
//! still the one that was downloaded. Of two concurrent runs one therefore
//! wins, and no manifest names the files of the other. A run that dies leaves
//! the export intact, and the next run continues from there.

mod history;
mod orphans;
mod snapshot;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::{DateTime, NaiveTime, Utc};
use domain::Hash;
use domain::time::parse_time;
use export::walk::offer_all;
use export::{ExportError, Exporter, MANIFEST, Manifest, Start};
use handlers::ports::{Clock, EventStore, Ids, Notifications, Objects, ReadModel};
use handlers::query::time_index::SAFETY_WINDOW;
use handlers::{Error, Result, telemetry};
use serde_json::Value;
use tokio::runtime::Handle;

use history::Stored;

/// Seconds of a run's budget that are kept for uploading the files and the
/// manifest. Reading stops when only they are left.
const RESERVE: Duration = Duration::from_secs(180);
/// Characters of a run's name, which is part of its file names: 64 random bits
/// keep two runs apart.
const RUN_NAME_CHARS: usize = 16;

/// The use case, with its ports.
#[derive(Clone)]
pub struct Nightly {
    /// The commits.
    pub store: Arc<dyn EventStore>,
    /// The accounts' versions, which reveal commits that reached the time index
    /// late.
    pub read_model: Arc<dyn ReadModel>,
    /// The decisions and notifications.
    pub notifications: Arc<dyn Notifications>,
    /// The bucket that holds the export.
    pub objects: Arc<dyn Objects>,
    /// The clock that decides which midnight was the last.
    pub clock: Arc<dyn Clock>,
    /// The source of the runs' names.
    pub ids: Arc<dyn Ids>,
    /// A folder on this machine that belongs to the export: each run empties it.
    pub folder: PathBuf,
    /// Events in one run, whose files must fit into the folder. The rest waits
    /// for the next run. A page that was begun is finished.
    pub max_events: u64,
}

impl std::fmt::Debug for Nightly {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Nightly")
            .field("folder", &self.folder)
            .finish_non_exhaustive()
    }
}

/// The outcome of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ended {
    /// The export was complete already.
    UpToDate,
    /// The export now contains everything up to the requested time.
    Complete(Written),
    /// The run reached its time or event limit; the next run continues.
    Partly(Written),
    /// Another run replaced the manifest first, so this run's files do not
    /// count.
    Overtaken,
}

/// The result of a run that added to the export.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Written {
    /// The number of new events.
    pub events: u64,
    /// The recorded time up to which the export is complete.
    pub until: DateTime<Utc>,
    /// The SHA-256 of the new manifest.
    pub manifest_sha256: Hash,
    /// Whether this run exported decisions and notifications; it skips them
    /// if no time is left.
    pub with_notifications: bool,
}

/// The files of a run, in its folder.
struct Made {
    manifest: Manifest,
    written: Written,
    /// The names of new files.
    files: Vec<String>,
}

impl Nightly {
    /// Handles a call of the function: exports up to the last midnight, or up
    /// to `detail.until` if an operator names a time.
    ///
    /// # Errors
    /// - `Permanent`: `detail.until` is not a time.
    /// - Those of [`Nightly::run`].
    pub async fn deliver(&self, event: &Value, budget: Duration) -> Result<Ended> {
        let until = match &event["detail"]["until"] {
            Value::Null => None,
            Value::String(text) => Some(
                parse_time(text)
                    .map_err(|reason| Error::Permanent(format!("until {reason}").into()))?,
            ),
            _ => return Err(Error::Permanent("until must be a time".into())),
        };
        self.run(until, budget).await
    }

    /// Runs one export within the budget, up to the last midnight or to
    /// `until`. Commits within the safety window are left to the next run.
    /// Idempotent: the manifest is replaced only if no other run did so before.
    ///
    /// # Errors
    /// The export stays intact after each of them.
    /// - `Retryable`: a port did not answer, the folder could not be used, or
    ///   no page was read before the deadline; run again.
    /// - `Permanent`: the manifest cannot be read, or the history contradicts
    ///   the export; an operator has to look at it.
    /// - Other errors of the ports, unchanged.
    pub async fn run(&self, until: Option<DateTime<Utc>>, budget: Duration) -> Result<Ended> {
        let settled = self.clock.settled(SAFETY_WINDOW);
        let until = until.map_or_else(|| midnight(settled), |until| until.min(settled));
        let found = self.objects.get(MANIFEST).await?;
        let before = match &found {
            Some(object) => Some(Manifest::read(&object.bytes).map_err(unreadable)?),
            None => None,
        };
        let covered = before.as_ref().and_then(|manifest| manifest.covered.to);
        if let Some(before) = before.as_ref().filter(|_| covered >= Some(until)) {
            orphans::remove(self, before, None).await?;
            telemetry::export_complete(until, 0);
            return Ok(Ended::UpToDate);
        }
        empty(&self.folder)?;
        if let Some(object) = &found {
            std::fs::write(self.folder.join(MANIFEST), &object.bytes).map_err(local)?;
        }
        let made = self.make(until, budget).await?;
        let tag = found.map(|object| object.tag);
        let ended = self.upload(&made, until, tag).await?;
        if ended != Ended::Overtaken {
            orphans::remove(self, &made.manifest, before.as_ref()).await?;
        }
        empty(&self.folder)?;
        log(&ended);
        Ok(ended)
    }

    /// Writes the new files into the folder. It runs on a blocking thread,
    /// because file access and compression would stall the other tasks.
    async fn make(&self, until: DateTime<Utc>, budget: Duration) -> Result<Made> {
        let nightly = self.clone();
        let handle = Handle::current();
        let deadline = Instant::now() + budget.saturating_sub(RESERVE);
        let making = move || nightly.make_here(&handle, until, deadline);
        let made = tokio::task::spawn_blocking(making).await;
        made.map_err(|_| Error::Permanent("the export panicked".into()))?
    }

    fn make_here(&self, handle: &Handle, until: DateTime<Utc>, deadline: Instant) -> Result<Made> {
        let mut run = self.ids.next().simple().to_string();
        run.truncate(RUN_NAME_CHARS);
        let opened = Exporter::open(&self.folder, None, None).map_err(refused)?;
        let mut exporter = opened.named(&run);
        let Start { read_from, .. } = exporter.start();
        let mut stored = Stored::new(
            self.store.as_ref(),
            self.read_model.as_ref(),
            handle,
            read_from,
            until,
        );
        let mut written = 0;
        let reached = offer_all(&mut exporter, &mut stored, |new| {
            written += new;
            written < self.max_events && Instant::now() < deadline
        })
        .map_err(|Unread(error)| error)?;
        // Without a page there is no time up to which the export is complete.
        let reached = reached.ok_or_else(|| {
            Error::Retryable("the time ran out before a page of the history was read".into())
        })?;
        let snapshot = match reached >= until {
            true => snapshot::take(self.notifications.as_ref(), handle, &mut exporter, deadline)?,
            false => None,
        };
        let with_notifications = snapshot.is_some();
        let exported = exporter.finish(reached, snapshot).map_err(refused)?;
        let is_here = |name: &String| self.folder.join(name).exists();
        let names = exported.manifest.files.iter().map(|file| file.path.clone());
        Ok(Made {
            written: Written {
                events: exported.written,
                until: reached,
                manifest_sha256: exported.manifest_sha256,
                with_notifications,
            },
            files: names.filter(is_here).collect(),
            manifest: exported.manifest,
        })
    }

    async fn upload(
        &self,
        made: &Made,
        until: DateTime<Utc>,
        tag: Option<String>,
    ) -> Result<Ended> {
        for name in &made.files {
            self.objects.create(name, &self.folder.join(name)).await?;
        }
        let bytes = std::fs::read(self.folder.join(MANIFEST)).map_err(local)?;
        let replaced = self
            .objects
            .replace(MANIFEST, bytes.clone(), tag.as_deref());
        if !replaced.await? {
            // The answer to an earlier attempt may have been lost; then the
            // manifest there is ours.
            let there = self.objects.get(MANIFEST).await?;
            if there.is_none_or(|object| object.bytes != bytes) {
                return Ok(Ended::Overtaken);
            }
        }
        Ok(match made.written.until >= until {
            true => Ended::Complete(made.written),
            false => Ended::Partly(made.written),
        })
    }
}

/// Returns the beginning of this time's day in UTC.
fn midnight(time: DateTime<Utc>) -> DateTime<Utc> {
    time.date_naive().and_time(NaiveTime::MIN).and_utc()
}

fn log(ended: &Ended) {
    match ended {
        Ended::UpToDate => {}
        Ended::Complete(written) => {
            tracing::info!(
                manifest_sha256 = %written.manifest_sha256,
                with_notifications = written.with_notifications,
                "exported"
            );
            telemetry::export_complete(written.until, written.events);
        }
        Ended::Partly(written) => tracing::info!(
            events = written.events,
            until = %written.until,
            "the export continues with the next run"
        ),
        Ended::Overtaken => tracing::warn!("another run replaced the manifest first"),
    }
}

/// The error of [`offer_all`] here.
struct Unread(Error);

impl From<ExportError> for Unread {
    fn from(error: ExportError) -> Self {
        Unread(refused(error))
    }
}

fn refused(error: ExportError) -> Error {
    match error {
        ExportError::Io { .. } => Error::Retryable(error.to_string().into()),
        _ => Error::Permanent(error.to_string().into()),
    }
}

fn unreadable(reason: String) -> Error {
    Error::Permanent(format!("the manifest of the export: {reason}").into())
}

fn local(error: std::io::Error) -> Error {
    Error::retryable("the folder of the export", error)
}

/// Empties the folder: a process that ran out of time may have left files.
fn empty(folder: &Path) -> Result<()> {
    match std::fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(local(error)),
        _ => {}
    }
    std::fs::create_dir_all(folder).map_err(local)
}
