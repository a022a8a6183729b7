//! Notifying: an event becomes mails, each sent once.
//!
//! The modules here load a notification, ask it for its next step, act, and save:
//! what a notification is and may become is in [`domain::notification`]. A send
//! that may have left is never retried automatically.

mod background;
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
mod together;
mod what_if;

use std::sync::Arc;
use std::time::Duration;

use domain::notification::{
    self, Caller, Content, Draft, EMAIL, EventRef, Kind, SkipReason, Subject, Verdict,
};
use domain::recipient::Recipient;
use domain::{EventId, IntegrationEvent, NotificationId};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tracing::Instrument;

use crate::error::{Error, Result};
use crate::ports::{
    Clock, Customers, DeadLetterQueue, EventStore, Keys, Mailer, Notifications, Person,
    Suppressions,
};
use crate::schedule::HEARTBEAT;
pub use due::HeartbeatReport;
pub use evaluator::Evaluator;
pub use preview::{Preview, Previewer};
use together::{Occasion, Results};
pub use what_if::{OtherPreferences, Position, Question, Report, Scope, WhatIf};

/// The lease of a notification in the cloud: longer than the mailer's timeout, and shorter than the function's (90 s) and than
/// Lambda's wait before the first retry (60 s). After it, another worker treats the mail as one of unknown outcome.
pub const LEASE: Duration = Duration::from_secs(45);
/// The time for SES's events to settle an unknown outcome before an operator sees it: SQS's longest delay of a letter.
pub const UNKNOWN_WINDOW: Duration = Duration::from_secs(15 * 60);

/// The settings of an installation.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The bank's name, as mails show it.
    pub bank_name: String,
    /// The sender of mails: an address, or what [`sender`](crate::ports::sender) returns.
    pub mail_from: String,
    /// The public URL of the API, including `/v1`, with which links in mails begin.
    pub public_url: String,
    /// The lease of a notification: longer than the mailer's timeout, and shorter than the function's. See [`LEASE`].
    pub lease: Duration,
    /// The domain of the ids that the mailer gives to its messages, by which a later mail refers to an earlier one.
    pub message_id_domain: String,
    /// The time for the provider's events to settle an unknown outcome before an operator sees it; at most 15 minutes, SQS's
    /// longest delay.
    pub unknown_window: Duration,
}

/// The use case that decides which notifications an event leads to, and sends them. The only one with a mailer.
pub struct Notifier {
    /// The event store, for the past of an account, on which some rules depend. Only read.
    pub store: Arc<dyn EventStore>,
    /// The customers, for preferences and addresses. Only read.
    pub customers: Arc<dyn Customers>,
    /// The notifications and their states.
    pub notifications: Arc<dyn Notifications>,
    /// The suppressed addresses. Only read.
    pub suppressions: Arc<dyn Suppressions>,
    /// The keys that sign links and codes.
    pub keys: Arc<dyn Keys>,
    /// The mail provider.
    pub mailer: Arc<dyn Mailer>,
    /// The queue for the letters about mails of unknown outcome.
    pub dead_letters: Arc<dyn DeadLetterQueue>,
    /// The clock for leases, waits and recorded times.
    pub clock: Arc<dyn Clock>,
    /// The installation's settings.
    pub settings: Settings,
}

impl std::fmt::Debug for Notifier {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Notifier")
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}

/// An operator's request to send a mail of unknown outcome once more. The bus carries it in the event's `resend`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resend {
    /// The notification.
    pub notification_id: NotificationId,
    /// The number of attempts when the letter was written, so that the same letter acts once.
    pub attempts: u32,
}

impl Notifier {
    /// Handles one invocation of the function: a heartbeat resumes the due notifications within `budget`, and an event of the
    /// bus is notified.
    ///
    /// # Errors
    /// Those of [`Notifier::run_due`] for a heartbeat, and those of [`Notifier::deliver`] for an event.
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

    /// Handles an event of the bus, or an operator's request to send its mail once more. Idempotent.
    ///
    /// # Errors
    /// - `Permanent`: this version cannot read the event, because a later one published it or it is malformed. The function's
    ///   retries may reach the later version; otherwise the event becomes a dead letter.
    /// - Those of [`Notifier::notify`].
    pub async fn deliver(&self, event_type: &str, detail: &Value) -> Result<()> {
        let event = IntegrationEvent::from_wire(event_type, detail)
            .map_err(|error| Error::permanent("the event cannot be read", error))?;
        let span = tracing::error_span!(
            "event",
            correlation_id = event.metadata.correlation_id.as_str(),
            event_id = %event.metadata.event_id
        );
        // Boxed, because it is large and would be moved with every future that awaits it.
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

    /// Decides on the notifications of an event, and sends each, or lets it wait. Idempotent: a repeated call continues where
    /// an earlier one stopped, and sends no mail twice. All notifications are tried before the first error is returned.
    ///
    /// # Errors
    /// - `Retryable`: the mailer did not accept a mail now, another worker has a notification, or a store did not answer;
    ///   deliver the event again.
    /// - `Unknown`: a store did not answer; deliver the event again. An unknown outcome of a mail is not an error: the
    ///   notification and its letter record it.
    /// - `Permanent`: the customer's entry or other stored data cannot be read; a retry does not help.
    pub async fn notify(&self, event: &IntegrationEvent) -> Result<()> {
        // The rules keep replays away from here; this is the second lock.
        if event.metadata.replay.is_some() {
            return Ok(());
        }
        if self.is_told_with_its_cause(event).await? {
            return Ok(());
        }
        let events = self.with_consequences(event).await?;
        let mut evaluation = self.evaluator().evaluate(&events, &[]).await?;
        if evaluation.entered_later && self.was_without_contact(&events).await? {
            evaluation.without_contact(&events);
        }
        let occasion = Occasion {
            events: &events,
            main: event,
            person: evaluation.person.as_ref(),
        };
        let withdrawn = evaluation.withdrawn(&events);
        let mut results = Results::default();
        for recipient in evaluation.recipients() {
            let own = evaluation.decisions_for(recipient);
            let withdrawn = match recipient.is_customer() {
                true => withdrawn.as_slice(),
                false => &[],
            };
            self.carry_out(occasion, recipient, &own, withdrawn, &mut results)
                .await;
        }
        results.note(
            Kind::Statement,
            self.plan_statements(event, &evaluation).await,
        );
        results.first_error()
    }

    /// Returns the event, and what follows from it. Whether anything does is only read where it can: in a commit that leaves
    /// less than nothing.
    async fn with_consequences(&self, event: &IntegrationEvent) -> Result<Vec<IntegrationEvent>> {
        let mut events = vec![event.clone()];
        let (change, after) = (event.balances.change(), event.balances.after());
        if event.fact.reported().is_some() && change < 0 && after.minor() < 0 {
            let (account, version) = (&event.metadata.account_id, event.metadata.version);
            let all = self.events_of(account, version).await?;
            events.extend(all.into_iter().filter(|one| one.fact.reported().is_none()));
        }
        Ok(events)
    }

    /// Whether this event follows from one whose delivery decides on both. That is so unless an earlier version decided on
    /// the cause alone.
    async fn is_told_with_its_cause(&self, event: &IntegrationEvent) -> Result<bool> {
        if event.fact.reported().is_some() {
            return Ok(false);
        }
        let (metadata, customer) = (&event.metadata, &event.customer_id);
        let cause = EventId::new(&metadata.account_id, metadata.version);
        // Kinds that are on by default always leave a trace, that of the consequence first.
        let traces = notification::kinds(event)
            .iter()
            .map(|kind| (metadata.event_id, *kind))
            .chain([Kind::Withdrawal, Kind::Reversal].map(|kind| (cause, kind)));
        for (event_id, kind) in traces {
            let id = notification::notification_id(
                event_id,
                kind,
                customer,
                &Recipient::Customer,
                EMAIL,
            );
            if self.notifications.get(id).await?.is_some() {
                return Ok(false);
            }
        }
        Ok(true)
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
        // The customer's preference overrides the operator's request: the attempt confirms the verdict.
        self.resume(event, stored, caller, Verdict::Send, person.as_ref())
            .await
    }

    /// Whether the event was evaluated before the customer was entered. That decision is final, even for kinds that are stored
    /// only if the customer wants them.
    async fn was_without_contact(&self, events: &[IntegrationEvent]) -> Result<bool> {
        for decision in evaluator::without_contact(events) {
            let Some(event) = together::of_kind(events, decision.kind) else {
                continue;
            };
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
}

fn id_of(event: &IntegrationEvent, kind: Kind, recipient: &Recipient) -> NotificationId {
    let customer = &event.customer_id;
    notification::notification_id(event.metadata.event_id, kind, customer, recipient, EMAIL)
}

/// Returns a notification about an event alone, not stored yet.
fn draft(id: NotificationId, event: &IntegrationEvent, kind: Kind, recipient: &Recipient) -> Draft {
    draft_of(id, event, kind, recipient, Content::Event)
}

/// Returns a notification that is not stored yet.
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
