//! Replaying: the read model is rebuilt beside the live one, or events are published again to one consumer.
//!
//! There is no mailer among these ports, so a replay cannot send mail.

mod events;
mod list;
mod pace;
mod projections;
mod request;
mod switch_back;

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use domain::FieldError;
use domain::time::format_time;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tracing::Instrument;

use crate::contention::Rounds;
use crate::error::{Contended, Error, Missing, Result};
use crate::ports::{
    Bus, BusEntry, Clock, EventStore, Ids, ReadModel, ReplayJob, Replays, Saved, Versioned,
};
pub use list::ReplayPosition;
use pace::Pace;
pub use request::{ReplayKind, ReplayRequest, check_replay_id};

/// Attempts of a stop while the worker writes its progress. After the last, it fails as `Busy`.
const MAX_STOPS: u32 = 10;

/// The type of the event that calls a replay's worker.
pub const REQUESTED: &str = "ReplayRequested";

/// The use cases of replays: requests for them, and their worker.
pub struct Replayer {
    /// The event store, the source of every replay.
    pub store: Arc<dyn EventStore>,
    /// The read model of balances, with which a rebuilt one is compared.
    pub read_model: Arc<dyn ReadModel>,
    /// The bus on which events are published again, and the worker is called.
    pub bus: Arc<dyn Bus>,
    /// The replays, their progress and their shadows.
    pub replays: Arc<dyn Replays>,
    /// The clock for budgets and waits.
    pub clock: Arc<dyn Clock>,
    /// The source of the replays' ids.
    pub ids: Arc<dyn Ids>,
    /// How far a replay of events stays behind now; see
    /// [`SAFETY_WINDOW`](crate::query::time_index::SAFETY_WINDOW).
    pub safety_window: chrono::TimeDelta,
}

impl std::fmt::Debug for Replayer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Replayer").finish_non_exhaustive()
    }
}

/// A replay, as the API returns it and as the job stores it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Document {
    pub(crate) replay_id: String,
    pub(crate) kind: ReplayKind,
    pub(crate) state: Progress,
    pub(crate) requested_at: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) pace: Option<Pace>,
    pub(crate) request: ReplayRequest,
    pub(crate) progress: Counts,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) result: Option<Value>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) reason: Option<String>,
}

/// The state of a replay.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Progress {
    /// Waits for a worker.
    Requested,
    /// A worker has begun.
    Running,
    /// Has a result.
    Done,
    /// Has a reason.
    Failed,
    /// Somebody stopped it.
    Stopped,
}

impl Progress {
    /// All states.
    pub const ALL: [Self; 5] = [
        Progress::Requested,
        Progress::Running,
        Progress::Done,
        Progress::Failed,
        Progress::Stopped,
    ];

    /// Returns the state's name, as the API has it.
    pub fn as_str(self) -> &'static str {
        match self {
            Progress::Requested => "requested",
            Progress::Running => "running",
            Progress::Done => "done",
            Progress::Failed => "failed",
            Progress::Stopped => "stopped",
        }
    }

    fn is_final(self) -> bool {
        matches!(self, Progress::Done | Progress::Failed | Progress::Stopped)
    }
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Counts {
    pub(crate) accounts: u64,
    pub(crate) commits: u64,
    pub(crate) events: u64,
}

impl Document {
    fn of(job: &ReplayJob) -> Result<Self> {
        Document::deserialize(&job.document)
            .map_err(|error| Error::permanent("the replay cannot be read", error))
    }
}

impl Replayer {
    /// Stores a replay and calls its worker. Returns its id. Not idempotent: a repeated call requests a second replay.
    ///
    /// # Errors
    /// - `Invalid`: the replay whose switch is to be undone did not switch, or is not finished; a retry does not help.
    /// - `Retryable`, `Unknown`: a store or the bus did not answer. A replay may be stored whose worker was not called; request
    ///   another.
    /// - `Permanent`: a store or the bus refused the call; a retry does not help.
    pub async fn request(&self, request: ReplayRequest) -> Result<String> {
        if let Some(other) = &request.replay_id {
            self.check_switched(other).await?;
        }
        let replay_id = self.ids.next().to_string();
        let document = Document {
            replay_id: replay_id.clone(),
            kind: request.kind,
            state: Progress::Requested,
            requested_at: format_time(self.clock.now()),
            pace: None,
            request,
            progress: Counts::default(),
            result: None,
            reason: None,
        };
        let job = Versioned::new(ReplayJob {
            replay_id: replay_id.clone(),
            document: to_value(&document)?,
            cursor: None,
        });
        if !self.replays.save(&job).await?.is_written() {
            return Err(Error::Retryable(
                "a replay of this id exists; try again".into(),
            ));
        }
        self.call_worker(&replay_id).await?;
        Ok(replay_id)
    }

    /// Reads a replay with its progress and result, as `docs/openapi.json` describes it.
    ///
    /// # Errors
    /// - `NotFound`: there is no such replay.
    /// - `Retryable`, `Unknown`: the store did not answer; read again.
    /// - `Permanent`: the stored job cannot be read; a retry does not help.
    pub async fn get(&self, replay_id: &str) -> Result<Value> {
        match self.replays.load(replay_id).await? {
            Some(job) => Ok(job.value.document),
            None => Err(Error::NotFound(Missing::Replay(replay_id.to_owned()))),
        }
    }

    /// Runs the worker on its event for at most `budget` and one page. If more is left, it publishes its event again. Idempotent:
    /// of two workers of a replay only one can write its progress.
    ///
    /// # Errors
    /// - `Permanent`: the event has no replay's id, or there is no such replay; a retry does not help. Permanent failures of
    ///   the work itself end the replay as `failed` instead.
    /// - `Retryable`, `Unknown`: a store or the bus did not answer, or another worker runs the replay; deliver the event again.
    pub async fn deliver(&self, detail: &Value, budget: Duration) -> Result<()> {
        let replay_id = detail["data"]["replay_id"]
            .as_str()
            .ok_or_else(|| Error::Permanent("the event names no replay".into()))?;
        let span = tracing::error_span!("replay", correlation_id = replay_id);
        self.work(replay_id, budget).instrument(span).await
    }

    async fn work(&self, replay_id: &str, budget: Duration) -> Result<()> {
        let Some(job) = self.replays.load(replay_id).await? else {
            return Err(Error::Permanent(
                format!("replay {replay_id} is not known").into(),
            ));
        };
        let mut run = Run::start(self, job, budget)?;
        if run.document.state.is_final() {
            return Ok(());
        }
        let finished = match (run.begin(self).await, run.document.request.kind) {
            (Err(error), _) => Err(error),
            (Ok(()), ReplayKind::Projections) => projections::run(self, &mut run).await,
            (Ok(()), ReplayKind::Events) => events::run(self, &mut run).await,
            (Ok(()), ReplayKind::SwitchBack) => switch_back::run(self, &mut run).await,
        };
        let done = match finished {
            Ok(true) => {
                run.document.state = Progress::Done;
                run.save(self).await
            }
            Ok(false) => self.call_worker(replay_id).await,
            Err(error @ Error::Permanent(_)) => {
                run.document.state = Progress::Failed;
                run.document.reason = Some(error.to_string());
                run.save(self).await
            }
            Err(error) => Err(error),
        };
        match done {
            // The write of the progress failed, because the stop had written the job.
            Err(_) if self.is_stopped(replay_id).await.unwrap_or(false) => Ok(()),
            done => done,
        }
    }

    /// Stops a replay and returns it, as [`Replayer::get`] does. A finished one does not change. Idempotent.
    ///
    /// The worker notices at its next write of the progress. Until then it continues, uncounted.
    ///
    /// # Errors
    /// - `NotFound`: there is no such replay.
    /// - `Busy`: every optimistic write lost its race, and the replay continues; retry.
    /// - `Retryable`, `Unknown`: the store did not answer; retry.
    /// - `Permanent`: the stored job cannot be read; a retry does not help.
    pub async fn stop(&self, replay_id: &str) -> Result<Value> {
        let mut rounds = Rounds::at_once(MAX_STOPS);
        while rounds.next().await.is_some() {
            let Some(mut job) = self.replays.load(replay_id).await? else {
                return Err(Error::NotFound(Missing::Replay(replay_id.to_owned())));
            };
            let mut document = Document::of(&job.value)?;
            if document.state.is_final() {
                return Ok(job.value.document);
            }
            document.state = Progress::Stopped;
            job.value.document = to_value(&document)?;
            if self.replays.save(&job).await?.is_written() {
                return Ok(job.value.document);
            }
        }
        Err(rounds.lost(Contended::Replay(replay_id.to_owned())))
    }

    /// Refuses to undo a replay that did not switch, or that is not finished.
    async fn check_switched(&self, replay_id: &str) -> Result<()> {
        let document = self.document(replay_id).await?;
        let switched =
            document.is_some_and(|document| document.request.switch && document.state.is_final());
        if switched {
            return Ok(());
        }
        Err(Error::invalid(FieldError::pointer(
            "/replay_id",
            "must be a replay of projections that switched and is over",
        )))
    }

    async fn document(&self, replay_id: &str) -> Result<Option<Document>> {
        let job = self.replays.load(replay_id).await?;
        job.map(|job| Document::of(&job.value)).transpose()
    }

    async fn is_stopped(&self, replay_id: &str) -> Result<bool> {
        let document = self.document(replay_id).await?;
        Ok(document.is_some_and(|document| document.state == Progress::Stopped))
    }

    async fn call_worker(&self, replay_id: &str) -> Result<()> {
        let now = format_time(self.clock.now());
        let entry = BusEntry {
            event_type: REQUESTED.to_owned(),
            detail: json!({
                "metadata": {
                    "event_id": self.ids.next(),
                    "occurred_at": now,
                    "recorded_at": now,
                    "correlation_id": replay_id,
                    "schema": 1,
                },
                "data": { "replay_id": replay_id },
            }),
        };
        self.bus.publish_all(&[entry]).await
    }
}

/// A job that one worker runs.
struct Run {
    job: Versioned<ReplayJob>,
    document: Document,
    deadline: DateTime<Utc>,
}

impl Run {
    fn start(replayer: &Replayer, job: Versioned<ReplayJob>, budget: Duration) -> Result<Self> {
        let mut document = Document::of(&job.value)?;
        let now = replayer.clock.now();
        document.pace.get_or_insert_with(|| Pace::beginning(now));
        Ok(Run {
            job,
            document,
            deadline: now + budget,
        })
    }

    /// Writes the state `running` before the first page, which may take long.
    async fn begin(&mut self, replayer: &Replayer) -> Result<()> {
        if self.document.state == Progress::Running {
            return Ok(());
        }
        self.document.state = Progress::Running;
        self.save(replayer).await
    }

    fn out_of_time(&self, replayer: &Replayer) -> bool {
        replayer.clock.now() >= self.deadline
    }

    /// Writes the progress. Fails if another worker has written the job.
    async fn save(&mut self, replayer: &Replayer) -> Result<()> {
        let events = self.document.progress.events;
        let pace = self.document.pace;
        self.document.pace = pace.map(|pace| pace.noted(replayer.clock.now(), events));
        self.job.value.document = to_value(&self.document)?;
        match replayer.replays.save(&self.job).await? {
            Saved::Written => {
                self.job.revision += 1;
                Ok(())
            }
            Saved::Stale => Err(Error::Retryable("another worker has this replay".into())),
        }
    }

    fn cursor<T: for<'a> Deserialize<'a>>(&self) -> Result<Option<T>> {
        let read = |text: &String| {
            serde_json::from_str(text)
                .map_err(|error| Error::permanent("the replay's cursor", error))
        };
        self.job.value.cursor.as_ref().map(read).transpose()
    }

    fn set_cursor<T: Serialize>(&mut self, cursor: &T) -> Result<()> {
        self.job.value.cursor = Some(to_value(cursor)?.to_string());
        Ok(())
    }
}

fn to_value<T: Serialize>(value: &T) -> Result<Value> {
    serde_json::to_value(value)
        .map_err(|error| Error::permanent("cannot be written as JSON", error))
}
