//! Due notifications: the heartbeat resumes those that waited.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use chrono::TimeDelta;
use domain::notification::{Caller, Content, Notification, Step, Verdict};
use domain::{IntegrationEvent, NotificationId};
use futures::future::{join_all, try_join_all};
use tracing::field::Empty;
use tracing::{Instrument, Span};

use super::Notifier;
use crate::error::{Error, Result};
use crate::ports::{DUE_SHARDS, Person};
use crate::telemetry;

/// Due notifications of one shard that a heartbeat reads. The rest waits for the next heartbeat.
const MAX_DUE: usize = 1000;
/// Notifications that are resumed concurrently, because a mail is mostly round trips. More would only wait for the mailer's
/// rate, within their leases.
const AT_ONCE: usize = 8;
/// The pause after a permanent failure, which an operator has to repair first. The log has the error.
const AFTER_A_FAILURE: TimeDelta = TimeDelta::hours(1);

/// The result of a heartbeat.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct HeartbeatReport {
    /// Notifications that were resumed without a failure.
    pub done: u64,
    /// Notifications that failed and are still due. The log has the errors.
    pub failed: u64,
    /// Whether notifications may still be due, because the budget was used up.
    pub unfinished: bool,
}

impl Notifier {
    /// Resumes the due notifications, for at most `budget` and one group of them. Idempotent: each is sent once.
    ///
    /// A notification that fails does not stop the others. It stays due after a transient failure, and for an hour later after
    /// a permanent one.
    ///
    /// # Errors
    /// - `Retryable`, `Unknown`: the due notifications could not be listed; the next heartbeat tries again.
    /// - `Permanent`: the store refused the query; a retry does not help.
    pub async fn run_due(&self, budget: Duration) -> Result<HeartbeatReport> {
        let started = self.clock.now();
        let deadline = started + budget;
        let slices = 0..DUE_SHARDS;
        let due = slices.map(|slice| self.notifications.due(slice, started, MAX_DUE));
        let due = try_join_all(due).await?.concat();
        let mut beat = HeartbeatReport::default();
        let digests = Mutex::default();
        for some in due.chunks(AT_ONCE) {
            if self.clock.now() >= deadline {
                beat.unfinished = true;
                break;
            }
            let taken_up = some.iter().map(|id| {
                let span =
                    tracing::error_span!("due", correlation_id = Empty, notification_id = %id);
                // Boxed, because it is large and would be moved more than once.
                let work = Box::pin(self.resume_due(*id, &digests)).instrument(span.clone());
                async move { (*id, span, work.await) }
            });
            for (id, span, outcome) in join_all(taken_up).await {
                match outcome {
                    Ok(()) => beat.done += 1,
                    Err(error) => {
                        beat.failed += 1;
                        span.in_scope(|| telemetry::notification_failed_when_due(&error));
                        // If it cannot be postponed it is still due, and the others continue.
                        if matches!(error, Error::Permanent(_) | Error::Invalid(_))
                            && let Err(error) = self.put_off(id).await
                        {
                            span.in_scope(|| telemetry::notification_failed_when_due(&error));
                        }
                    }
                }
            }
        }
        Ok(beat)
    }

    /// Resumes one notification. `digests` are those that this heartbeat has made.
    async fn resume_due(
        &self,
        id: NotificationId,
        digests: &Mutex<BTreeSet<NotificationId>>,
    ) -> Result<()> {
        let now = self.clock.now();
        let Some(stored) = self.notifications.get(id).await? else {
            return Ok(());
        };
        if let Some(correlation_id) = stored.value.correlation_id() {
            Span::current().record("correlation_id", correlation_id);
        }
        match stored.value.next_step(Caller::Heartbeat, now) {
            Step::Nothing => return Ok(()),
            // The first notification of a digest resumes all of them.
            Step::Collect { digest } => {
                return match is_first(digests, digest) {
                    true => self.tell_digest(digest, &stored).await,
                    false => Ok(()),
                };
            }
            Step::HoldBack => {
                let why = "it waits for a reason that this version does not know";
                return Err(Error::Permanent(why.into()));
            }
            Step::NotBefore(_) | Step::Deliver | Step::AskMailer { .. } => {}
        }
        let event = self.event_of(&stored.value).await?;
        let person = self.person_of_today(&event).await?;
        let stored = self.drawn(&event, stored).await?;
        // First the next one, because nothing resumes this notification after it is sent.
        self.plan_next(&event, &stored.value, person.as_ref())
            .await?;
        let of_today = person.as_ref();
        self.resume(&event, stored, Caller::Heartbeat, Verdict::Send, of_today)
            .await
    }

    async fn plan_next(
        &self,
        event: &IntegrationEvent,
        stored: &Notification,
        person: Option<&Person>,
    ) -> Result<()> {
        match stored.content() {
            Content::Statement(statement) => {
                self.plan_next_statement(event, stored, *statement, person)
                    .await
            }
            Content::Event | Content::Digest(_) => Ok(()),
        }
    }

    async fn put_off(&self, id: NotificationId) -> Result<()> {
        let Some(stored) = self.notifications.get(id).await? else {
            return Ok(());
        };
        if stored.value.due_at().is_some() {
            let until = self.clock.now() + AFTER_A_FAILURE;
            self.save(stored.try_map(|stored| stored.postponed(until))?)
                .await?;
        }
        Ok(())
    }
}

fn is_first(seen: &Mutex<BTreeSet<NotificationId>>, digest: NotificationId) -> bool {
    let mut seen = seen.lock().unwrap_or_else(PoisonError::into_inner);
    seen.insert(digest)
}
