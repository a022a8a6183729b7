//! Redriving: an operator sends a permanent failure back to where it failed.

mod seen;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use domain::notification::Phase;
use domain::{AccountId, NotificationId};
use serde::Serialize;
use serde_json::json;

use crate::dead_letter::{self, DeadLetter, Origin};
use crate::error::{Error, Refusal, Result};
use crate::feedback::Feedback;
use crate::notify::Resend;
use crate::ports::{Bus, BusEntry, DeadLetterQueue, Notifications, QueuedLetter, Schedules};
use crate::project::Projector;
use crate::query::time_index;
use crate::schedule;
use crate::telemetry;
use seen::Seen;

/// Letters that one request reads. The rest waits for the next request.
pub const MAX_LETTERS: usize = 100;
/// How long the letters of a redrive are hidden. A slower redrive may handle a letter twice, which is idempotent.
const REDRIVE_HIDES_FOR: Duration = Duration::from_secs(120);
/// The largest assumed difference between a commit's recorded time and its arrival in the stream: four times the window of the
/// time index. A larger one would make each letter project more unrelated accounts.
const STREAM_MARGIN: chrono::TimeDelta = chrono::TimeDelta::minutes(1);

/// A selection of letters to redrive.
#[derive(Debug, Clone, Default)]
pub struct Selection {
    /// The ids of the letters. If empty, any letters are redriven, up to `max`.
    pub ids: Vec<String>,
    /// The number of letters without `ids`, at most [`MAX_LETTERS`].
    pub max: usize,
    /// Whether to return what would be redriven, and redrive nothing.
    pub dry_run: bool,
}

/// A list of the letters in the queue, as the API returns it.
#[derive(Debug, Clone, Serialize)]
pub struct Listing {
    /// The letters that were seen.
    #[serde(rename = "dead_letters")]
    pub letters: Vec<DeadLetter>,
    /// The number of letters in the queue, seen or not.
    pub waiting: usize,
    /// Whether `letters` has every letter. An empty list that is not complete does not mean that nothing has failed.
    pub complete: bool,
}

/// The result of one letter's redrive, as the API returns it.
#[derive(Debug, Clone, Serialize)]
pub struct Redriven {
    /// The letter's id.
    pub id: String,
    /// `redriven`, `would-redrive`, `not-found`, or `failed: ` and the error.
    pub outcome: String,
    /// The action in one line, for a person.
    pub detail: String,
}

/// The use cases of dead letters. It has no mailer: mails are sent by the notifier, which gets the event again.
pub struct Redriver {
    /// The dead-letter queue.
    pub queue: Arc<dyn DeadLetterQueue>,
    /// The bus on which events are published again.
    pub bus: Arc<dyn Bus>,
    /// The projector, which resumes accounts.
    pub projector: Arc<Projector>,
    /// The notifications, of which a mail's outcome may be known by now.
    pub notifications: Arc<dyn Notifications>,
    /// The schedules to resume.
    pub schedules: Arc<dyn Schedules>,
    /// The use case that records reports of the mail provider.
    pub feedback: Arc<Feedback>,
}

impl std::fmt::Debug for Redriver {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Redriver").finish_non_exhaustive()
    }
}

impl Redriver {
    /// Lists the letters in the queue, at most [`MAX_LETTERS`], and leaves them there. Concurrent callers see them too, although
    /// a queue may hide them for a moment (SQS does if there are more than ten).
    ///
    /// # Errors
    /// - `Retryable`, `Unknown`: the queue did not answer; list again.
    /// - `Permanent`: the queue refused the request; a retry does not help.
    pub async fn list(&self, max: usize) -> Result<Listing> {
        let look = self.queue.look(max.min(MAX_LETTERS)).await?;
        Ok(Listing {
            letters: look.letters.iter().map(dead_letter::read).collect(),
            waiting: look.waiting,
            complete: look.letters.len() >= look.waiting,
        })
    }

    /// Redrives the selected letters. Idempotent.
    ///
    /// A letter is removed after its content was published or processed. After an interruption it is redriven again, and its
    /// receiver acts once. A letter that fails stays in the queue, and its result contains the error. A mail of unknown outcome
    /// is sent once more only if its letter is named.
    ///
    /// # Errors
    /// - `Retryable`, `Unknown`: the queue did not answer. Some letters may be redriven; repeat the request.
    /// - `Permanent`: the queue refused the request; a retry does not help.
    pub async fn redrive(&self, selection: &Selection) -> Result<Vec<Redriven>> {
        let named = !selection.ids.is_empty();
        let look_at = if named {
            MAX_LETTERS
        } else {
            selection.max.min(MAX_LETTERS)
        };
        let mut redriven = Vec::new();
        let mut seen = Seen::default();
        let found = match selection.dry_run {
            true => self.queue.look(look_at).await?.letters,
            false => self.receive(look_at, REDRIVE_HIDES_FOR).await?,
        };
        for queued in found {
            if named && !selection.ids.contains(&queued.id) {
                if !selection.dry_run {
                    self.queue.release(&queued.receipt).await?;
                }
                continue;
            }
            let letter = dead_letter::read(&queued);
            let (outcome, detail) = if selection.dry_run {
                ("would-redrive".to_owned(), letter.what.clone())
            } else {
                self.one(&queued, &letter, named, &mut seen).await
            };
            redriven.push(Redriven {
                id: letter.id,
                outcome,
                detail,
            });
        }
        for id in &selection.ids {
            if redriven.iter().all(|redriven| redriven.id != *id) {
                let detail = "no letter of this id is visible".to_owned();
                redriven.push(Redriven {
                    id: id.clone(),
                    outcome: "not-found".to_owned(),
                    detail,
                });
            }
        }
        Ok(redriven)
    }

    async fn one(
        &self,
        queued: &QueuedLetter,
        letter: &DeadLetter,
        named: bool,
        seen: &mut Seen,
    ) -> (String, String) {
        let done = match self.act(letter, named, seen).await {
            Ok(done) => done,
            Err(error) => {
                let released = self.queue.release(&queued.receipt).await;
                let correlation_id = letter.correlation_id();
                tracing::warn!(correlation_id, id = %letter.id, %error, ?released, "not redriven");
                return (
                    format!("failed: {error}"),
                    "it stays in the queue".to_owned(),
                );
            }
        };
        if let Err(error) = self.queue.remove(&queued.receipt).await {
            let detail =
                format!("{done}, but the letter could not be taken out of the queue: {error}");
            return ("redriven".to_owned(), detail);
        }
        telemetry::redriven(&letter.id, letter.correlation_id(), &done);
        ("redriven".to_owned(), done)
    }

    async fn act(&self, letter: &DeadLetter, named: bool, seen: &mut Seen) -> Result<String> {
        match &letter.origin {
            Origin::Event(entry) => {
                self.publish(again(entry, &letter.id)).await?;
                Ok("put on the bus again".to_owned())
            }
            Origin::Account(account) => {
                self.projector.resume(account).await?;
                Ok(format!("account {account} goes on"))
            }
            Origin::Commit {
                account_id,
                first_version,
            } => {
                self.projector.republish(account_id, *first_version).await?;
                Ok("its events were put on the bus".to_owned())
            }
            Origin::Stream { from, to } => self.project_again(*from, *to, seen).await,
            Origin::Schedule {
                account_id,
                schedule_id,
            } => {
                let resumed =
                    schedule::resume(self.schedules.as_ref(), account_id, schedule_id).await?;
                Ok(match resumed {
                    true => format!("schedule {schedule_id} of account {account_id} is due again"),
                    false => "nothing to do: the schedule is not parked any more".to_owned(),
                })
            }
            Origin::Notification {
                id,
                attempts,
                entry,
            } => {
                if let Some(settled) = self.settled(*id, *attempts).await? {
                    return Ok(settled);
                }
                if !named {
                    return Err(Error::Refused(Refusal::MayHaveBeenSent));
                }
                let resend = Resend {
                    notification_id: *id,
                    attempts: *attempts,
                };
                let mut entry = again(entry, &letter.id);
                entry.detail["resend"] = json!(resend);
                self.publish(entry).await?;
                Ok("handed to notify, to be sent once more".to_owned())
            }
            Origin::Feedback(event) => {
                // Not through the bus, because it contains a customer's address.
                self.feedback.deliver(event).await?;
                Ok("what SES tells was noted".to_owned())
            }
            Origin::None => Err(Error::Permanent(letter.reason.clone().into())),
        }
    }

    /// Returns the outcome of the letter's mail if it is known by now: then nothing is left to do.
    async fn settled(&self, id: NotificationId, attempts: u32) -> Result<Option<String>> {
        let Some(stored) = self.notifications.get(id).await? else {
            return Ok(None);
        };
        // A later attempt has replaced the letter's.
        let stored = stored.value;
        if stored.attempts() > attempts {
            return Ok(Some("the mail was handed over again since".to_owned()));
        }
        Ok(match stored.phase() {
            finished @ (Phase::Sent | Phase::Rejected | Phase::Skipped) => Some(format!(
                "nothing to do: the notification is {finished} meanwhile"
            )),
            // Being sent; or the letter was just written, and its state not yet.
            Phase::Planned | Phase::Claimed | Phase::Sending | Phase::RetryAt | Phase::Unknown => {
                None
            }
        })
    }

    async fn publish(&self, entry: BusEntry) -> Result<()> {
        self.bus.publish_all(&[entry]).await
    }

    /// Projects again the accounts with commits in this time, except for times that another letter of this redrive has covered.
    async fn project_again(
        &self,
        from: chrono::DateTime<chrono::Utc>,
        to: chrono::DateTime<chrono::Utc>,
        seen: &mut Seen,
    ) -> Result<String> {
        // The index may lack commits that were written a moment ago, and only the letter still points to them.
        let settled = to + time_index::SAFETY_WINDOW;
        let began = self.projector.clock.now();
        if began < settled {
            let after = domain::time::format_time(settled);
            let why = format!(
                "its records are so new that the time index may not have them; redrive it after {after}"
            );
            return Err(Error::Retryable(why.into()));
        }
        let all = time_index::Range {
            from: from - STREAM_MARGIN,
            to: to + STREAM_MARGIN,
        };
        let left = seen.left_of(all);
        if left.is_empty() {
            return Ok("projected again with another letter of that time".to_owned());
        }
        let mut accounts = BTreeSet::new();
        for range in left {
            accounts.extend(self.project_range(range).await?);
        }
        seen.add(all, began);
        Ok(format!(
            "{} accounts of that time projected again",
            accounts.len()
        ))
    }

    async fn project_range(&self, range: time_index::Range) -> Result<BTreeSet<AccountId>> {
        let mut accounts = BTreeSet::new();
        let mut position = None;
        loop {
            let page = time_index::page(self.projector.store.as_ref(), range, position, false, 100)
                .await?;
            let records = page
                .commits
                .iter()
                .map(|commit| crate::project::StreamRecord {
                    sequence_number: commit.first_version.to_string(),
                    account_id: commit.account_id.clone(),
                    first_version: commit.first_version,
                    commit: Ok(commit.clone()),
                });
            let failed = self.projector.project(records.collect()).await;
            if !failed.is_empty() {
                return Err(Error::Retryable(
                    "some accounts could not be projected".into(),
                ));
            }
            accounts.extend(page.commits.into_iter().map(|commit| commit.account_id));
            position = page.next;
            if position.is_none() {
                return Ok(accounts);
            }
        }
    }

    async fn receive(&self, max: usize, hidden_for: Duration) -> Result<Vec<QueuedLetter>> {
        let mut letters: Vec<QueuedLetter> = Vec::new();
        while letters.len() < max {
            let page = self.queue.receive(max - letters.len(), hidden_for).await?;
            if page.is_empty() {
                break;
            }
            for letter in page {
                if letters.iter().all(|seen| seen.id != letter.id) {
                    letters.push(letter);
                }
            }
        }
        Ok(letters)
    }
}

/// Returns the unchanged event, addressed to the function that missed it and marked with its letter.
fn again(entry: &BusEntry, letter_id: &str) -> BusEntry {
    let mut entry = entry.clone();
    if let Some(metadata) = entry
        .detail
        .get_mut("metadata")
        .and_then(serde_json::Value::as_object_mut)
    {
        if entry.event_type != crate::replay::REQUESTED {
            // It may already be addressed to one consumer.
            metadata
                .entry("target")
                .or_insert_with(|| json!(consumer_of(&entry.event_type)));
        }
        metadata.insert("redrive".to_owned(), json!(letter_id));
    }
    entry
}

/// The function that processes events of this type.
fn consumer_of(event_type: &str) -> &'static str {
    match event_type {
        "OperationScheduled" | "OperationCancelled" => "schedule",
        _ => "notify",
    }
}
