//! Notifying: a domain event becomes mails, each once.
//!
//! The modules here load a notification, ask it for its next step, act, and save:
//! what a notification is and may become is in [`domain::notification`]. A send
//! that may have left is never retried automatically.

mod confirm;
mod digest;
mod due;
mod evaluator;
mod low_balance;
mod past;
mod preview;
mod render;
mod send;
mod statement;
mod what_if;

use std::sync::Arc;
use std::time::Duration;

use domain::notification::{
    self, Caller, Content, Decision, Draft, EMAIL, EventRef, Kind, Pending, SkipReason, Subject,
    Verdict,
};
use domain::recipient::Recipient;
use domain::{IntegrationEvent, NotificationId};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tracing::Instrument;

use crate::error::{Error, Result};
use crate::ports::{
    Clock, Customers, DeadLetterQueue, EventStore, Keys, Mailer, Notifications, Person,
    Suppressions, Versioned,
};
use crate::schedule::HEARTBEAT;
pub use due::HeartbeatReport;
pub use evaluator::Evaluator;
pub use preview::{Preview, Previewer};
pub use what_if::{Position, Question, Report, Scope, WhatIf, Wishes};

/// How long one worker may work on a notification in the cloud: longer than the
/// mailer's timeout, shorter than the function's (90 s) and than Lambda's
/// wait before the first retry (60 s). Beyond it, another worker takes the mail
/// for one of unknown outcome.
pub const LEASE: Duration = Duration::from_secs(45);
/// How long SES's events may take to clear up an unknown outcome, before an
/// operator sees it. SQS holds a letter back no longer.
pub const UNKNOWN_WINDOW: Duration = Duration::from_secs(15 * 60);

/// What an installation decides.
#[derive(Debug, Clone)]
pub struct Settings {
    pub bank_name: String,
    pub mail_from: String,
    /// Where the API is reached from outside, up to and with `/v1`: links in
    /// mails begin with it.
    pub public_url: String,
    /// How long one worker may work on a notification. Longer than the
    /// mailer's timeout, shorter than the function's.
    pub lease: Duration,
    /// The domain of the ids that the mailer gives to its messages, by which an
    /// answer finds the mail that it answers.
    pub message_id_domain: String,
    /// How long a provider event may still clear up an unknown outcome before
    /// an operator sees it (at most 15 minutes, SQS's longest delay).
    pub unknown_window: Duration,
}

pub struct Notifier {
    /// The past of an account, which some rules ask for. Nothing is written.
    pub store: Arc<dyn EventStore>,
    pub customers: Arc<dyn Customers>,
    pub notifications: Arc<dyn Notifications>,
    pub suppressions: Arc<dyn Suppressions>,
    pub keys: Arc<dyn Keys>,
    pub mailer: Arc<dyn Mailer>,
    pub dead_letters: Arc<dyn DeadLetterQueue>,
    pub clock: Arc<dyn Clock>,
    pub settings: Settings,
}

impl std::fmt::Debug for Notifier {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Notifier")
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}

/// An operator's wish that a mail of unknown outcome be sent once more. It
/// travels beside the event, on the bus.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resend {
    pub notification_id: NotificationId,
    /// How often it had been tried when the letter was written, so that the
    /// same letter acts once.
    pub attempts: u32,
}

impl Notifier {
    /// Handles what a rule of the bus delivers, or a heartbeat, for at most
    /// `budget`.
    pub async fn call(&self, event_type: &str, detail: &Value, budget: Duration) -> Result<()> {
        if event_type != HEARTBEAT {
            return self.deliver(event_type, detail).await;
        }
        let beat = self.run_due(budget).await?;
        if beat != HeartbeatReport::default() {
            tracing::info!(?beat, "due notifications were resumed");
        }
        Ok(())
    }

    /// Handles what a rule of the bus delivers.
    ///
    /// # Errors
    /// [`Error::Permanent`] where this version cannot read the event: its type or schema is of
    /// a later one, or it is malformed. The function's retries may reach that later version; if
    /// they do not, the event is a dead letter. Otherwise the errors of [`Notifier::notify`].
    pub async fn deliver(&self, event_type: &str, detail: &Value) -> Result<()> {
        let event = IntegrationEvent::from_wire(event_type, detail)
            .map_err(|error| Error::permanent("the event cannot be read", error))?;
        let span = tracing::error_span!(
            "event",
            correlation_id = event.metadata.correlation_id.as_str(),
            event_id = %event.metadata.event_id
        );
        // Boxed, as it is large and would be moved about with all that waits for it.
        Box::pin(self.act(&event, detail)).instrument(span).await
    }

    async fn act(&self, event: &IntegrationEvent, detail: &Value) -> Result<()> {
        let unreadable =
            |error: serde_json::Error| Error::permanent("the event cannot be read", error);
        match detail.get("resend") {
            Some(resend) => {
                self.resend(event, Resend::deserialize(resend).map_err(unreadable)?)
                    .await
            }
            None => self.notify(event).await,
        }
    }

    /// Handles one event. May be called again with it as often as one likes.
    pub async fn notify(&self, event: &IntegrationEvent) -> Result<()> {
        // The rules keep replays away from here; this is the second lock.
        if event.metadata.replay.is_some() {
            return Ok(());
        }
        let mut evaluation = self.evaluator().evaluate(event, &[]).await?;
        if evaluation.entered_later && self.was_without_contact(event).await? {
            evaluation.without_contact(event);
        }
        let mut first_error = None;
        let mut note = |kind: Kind, done: Result<()>| {
            if let Err(error) = done {
                tracing::warn!(
                    %kind, class = error.class(), %error,
                    "notification not finished"
                );
                first_error.get_or_insert(error);
            }
        };
        let person = evaluation.person.as_ref();
        for decision in &evaluation.decisions {
            note(decision.kind, self.carry_out(event, decision, person).await);
        }
        for decision in evaluation.withdrawn(event) {
            note(
                decision.kind,
                self.resume_begun(event, &decision, person).await.map(drop),
            );
        }
        note(
            Kind::Statement,
            self.plan_statements(event, &evaluation).await,
        );
        first_error.map_or(Ok(()), Err)
    }

    /// Sends a notification of unknown outcome once more, because an operator
    /// named it.
    async fn resend(&self, event: &IntegrationEvent, resend: Resend) -> Result<()> {
        let Some(stored) = self.notifications.get(resend.notification_id).await? else {
            return Ok(());
        };
        let person = self.person_of_today(event).await?;
        let stored = self.drawn(event, stored).await?;
        let caller = Caller::Operator {
            attempt: resend.attempts,
        };
        // The customer's wish goes before the operator's: the attempt confirms it.
        self.resume(event, stored, caller, Verdict::Send, person.as_ref())
            .await
    }

    /// Whether the event was judged before, when the customer was not entered.
    /// That stands, also for kinds that leave no trace unless they are asked for.
    async fn was_without_contact(&self, event: &IntegrationEvent) -> Result<bool> {
        for decision in notification::skip_all(event, SkipReason::NoContact) {
            let id = id_of(event, decision.kind, &decision.recipient);
            let stored = self.notifications.get(id).await?;
            let reason = stored.as_ref().and_then(|stored| stored.value.reason());
            if reason == Some(SkipReason::NoContact.as_str()) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn evaluator(&self) -> Evaluator {
        Evaluator {
            store: self.store.clone(),
            customers: self.customers.clone(),
        }
    }

    async fn person_of_today(&self, event: &IntegrationEvent) -> Result<Option<Person>> {
        let latest = self.customers.latest(&event.customer_id).await?;
        Ok(latest.and_then(|revision| revision.person).transpose()?)
    }

    async fn carry_out(
        &self,
        event: &IntegrationEvent,
        decision: &Decision,
        person: Option<&Person>,
    ) -> Result<()> {
        if self.resume_begun(event, decision, person).await? {
            return Ok(());
        }
        let id = id_of(event, decision.kind, &decision.recipient);
        let mut draft = draft(id, event, decision.kind, &decision.recipient);
        // A further address may be gone when the event comes again, and nothing
        // is decided for it then: what was begun is the heartbeat's to end.
        if !decision.recipient.is_customer() {
            draft = draft.resumed_by_heartbeat(self.clock.now());
        }
        let pending = Versioned::new(Pending::from(draft));
        self.attempt(event, pending, decision.verdict, person).await
    }

    /// Resumes what an earlier delivery of the event has begun; `false` where
    /// there is no such notification.
    async fn resume_begun(
        &self,
        event: &IntegrationEvent,
        decision: &Decision,
        person: Option<&Person>,
    ) -> Result<bool> {
        let id = id_of(event, decision.kind, &decision.recipient);
        let Some(stored) = self.notifications.get(id).await? else {
            return Ok(false);
        };
        // What was begun by itself ends by itself, and not in a digest.
        let decided = match decision.verdict {
            Verdict::Wait { .. } => Verdict::Send,
            verdict => verdict,
        };
        self.resume(event, stored, Caller::Redelivery, decided, person)
            .await?;
        Ok(true)
    }
}

fn id_of(event: &IntegrationEvent, kind: Kind, recipient: &Recipient) -> NotificationId {
    let customer = &event.customer_id;
    notification::notification_id(event.metadata.event_id, kind, customer, recipient, EMAIL)
}

/// A notification about an event alone, of which nothing is stored.
fn draft(id: NotificationId, event: &IntegrationEvent, kind: Kind, recipient: &Recipient) -> Draft {
    draft_of(id, event, kind, recipient, Content::Event)
}

/// A notification of which nothing is stored.
fn draft_of(
    id: NotificationId,
    event: &IntegrationEvent,
    kind: Kind,
    recipient: &Recipient,
    content: Content,
) -> Draft {
    let metadata = &event.metadata;
    Draft::new(Subject {
        id,
        source: EventRef {
            account_id: metadata.account_id.clone(),
            event_id: metadata.event_id,
            version: metadata.version,
        },
        correlation_id: Some(metadata.correlation_id.clone()),
        kind,
        recipient: recipient.clone(),
        content,
    })
}
