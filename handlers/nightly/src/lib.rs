//! The nightly export: everything recorded up to the last midnight (UTC), as
//! `ledgerbell export` writes it, into the objects of a bucket.
//!
//! A run takes the manifest out of the bucket, writes what is new beside it in
//! a folder of its own, uploads that, and last puts the new manifest in the
//! place of the very one that it took. So of two runs at once one wins, and the
//! files of the other count for nothing; a run that dies leaves an export that
//! is whole, and the next one goes on from there.

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

/// Of a run's time, what is left for uploading and the manifest when nothing is
/// read any more.
const RESERVE: Duration = Duration::from_secs(180);
/// Characters of a run's name: enough for no two to be alike.
const RUN_NAME_CHARS: usize = 16;

/// The use case, with a folder on this machine that it may fill and empty.
#[derive(Clone)]
pub struct Nightly {
    pub store: Arc<dyn EventStore>,
    /// Where the accounts stand, which tells what came to the time index late.
    pub read_model: Arc<dyn ReadModel>,
    pub notifications: Arc<dyn Notifications>,
    pub objects: Arc<dyn Objects>,
    pub clock: Arc<dyn Clock>,
    pub ids: Arc<dyn Ids>,
    pub folder: PathBuf,
    /// A run that has written so many events leaves the rest to the next one:
    /// its files have to fit into the folder.
    pub max_events: u64,
}

impl std::fmt::Debug for Nightly {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Nightly")
            .field("folder", &self.folder)
            .finish_non_exhaustive()
    }
}

/// How a run has ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ended {
    /// The export had everything before.
    UpToDate,
    /// Now it has everything up to the last midnight.
    Complete(Written),
    /// The run's time, or what it may write, was used up: the next one goes on.
    Partly(Written),
    /// Another run was quicker, and what this one has written does not count.
    Overtaken,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Written {
    /// New events.
    pub events: u64,
    /// Up to when the export is complete.
    pub until: DateTime<Utc>,
    pub manifest_sha256: Hash,
    /// Whether decisions and notifications are of this run; there may have been
    /// no time for them.
    pub with_notifications: bool,
}

/// What a run has made in its folder.
struct Made {
    manifest: Manifest,
    written: Written,
    /// Names of new files.
    files: Vec<String>,
}

impl Nightly {
    /// Does what the function was called for, within this time: exports up to
    /// the last midnight, or, where an operator asks for it, to the time that
    /// `detail.until` names.
    ///
    /// # Errors
    /// `Permanent` for what is no such call, and those of [`Nightly::run`].
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

    /// One run, within this time, up to the last midnight or to another time.
    /// What is younger than the safety window is left to the next one.
    ///
    /// # Errors
    /// The ports'. Whatever it is, the export stays whole, and another run can
    /// be made.
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
        tell(&ended);
        Ok(ended)
    }

    /// Writes what is new into the folder. On a thread of its own: files and
    /// compression would keep the others from running.
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
        // Without a single page there is nothing to say; the next run has more time.
        let reached = reached.ok_or_else(|| {
            Error::Retryable("there was no time to read anything to be exported".into())
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
            // The answer to a first attempt may have been lost: then it is ours.
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

/// Of the day in UTC that this time is in.
fn midnight(time: DateTime<Utc>) -> DateTime<Utc> {
    time.date_naive().and_time(NaiveTime::MIN).and_utc()
}

fn tell(ended: &Ended) {
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
            "the export goes on with the next run"
        ),
        Ended::Overtaken => tracing::warn!("another run was quicker"),
    }
}

/// What [`offer_all`] fails with here.
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

/// A process that ran out of time may have left something there.
fn empty(folder: &Path) -> Result<()> {
    match std::fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(local(error)),
        _ => {}
    }
    std::fs::create_dir_all(folder).map_err(local)
}
