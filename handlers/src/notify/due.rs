//! Notifications that have waited: the heartbeat resumes them when their time has come.

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

/// Notifications of one slice that a beat looks at. What is left is still due
/// at the next one.
const MAX_DUE: usize = 1000;
/// Taken up at once: a mail is some round trips, and nothing but waiting. More
/// would only wait for the mailer's rate, within their leases.
const AT_ONCE: usize = 8;
/// When what has failed for good is looked at again: somebody has to mend
/// something first, and the log has told that.
const AFTER_A_FAILURE: TimeDelta = TimeDelta::hours(1);

/// What a beat has done.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct HeartbeatReport {
    /// Taken up without a failure.
    pub done: u64,
    /// Still due; the log has why.
    pub failed: u64,
    /// Something may be due still, as the budget was used up.
    pub unfinished: bool,
}

impl Notifier {
    /// Takes up what is due, for at most `budget`. What fails stays due, and
    /// does not stop the others.
    ///
    /// # Errors
    /// Where what is due cannot be listed.
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
                // Boxed, as it is large and would be moved more than once.
                let work = Box::pin(self.resume_due(*id, &digests)).instrument(span.clone());
                async move { (*id, span, work.await) }
            });
            for (id, span, outcome) in join_all(taken_up).await {
                match outcome {
                    Ok(()) => beat.done += 1,
                    Err(error) => {
                        beat.failed += 1;
                        span.in_scope(|| telemetry::notification_failed_when_due(&error));
                        // Where it cannot be put off it is still due, and the others go on.
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

    /// `digests` are those that this beat has seen to.
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
            // All that wait for it go together, at the first of them.
            Step::Collect { digest } => {
                return match is_first(digests, digest) {
                    true => self.tell_digest(digest, &stored).await,
                    false => Ok(()),
                };
            }
            Step::NotBefore(_) | Step::Deliver | Step::AskMailer { .. } => {}
        }
        let event = self.event_of(&stored.value).await?;
        let person = self.person_of_today(&event).await?;
        let stored = self.drawn(&event, stored).await?;
        // First the next one: once this is told, nothing comes for it again.
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
