//! Notifying: a domain event becomes mails, each once.
//!
//! A mailer has no idempotency key, and silence after a request says nothing.
//! So each notification has a state that is written before and after every
//! step, and the step that may not be repeated is never repeated by itself.

mod low_balance;
mod render;

use std::sync::Arc;
use std::time::Duration;

use domain::DomainEvent;
use domain::notification::{self, Decision, EMAIL, Kind, SkipReason};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use crate::dead_letter::OwnLetter;
use crate::error::{Error, Result};
use crate::mail_code::verification_code;
use crate::planted;
use crate::ports::{
    Clock, CustomerRevision, Customers, DeadLetterQueue, EventStore, Keys, Mail, Mailer,
    Notification, Notifications, Outcome, Person, Priority, SendFailure, State, Suppressions,
    Transition,
};
use crate::unsubscribe::{self, Topic};

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
    pub notification_id: Uuid,
    /// How often it had been tried when the letter was written, so that the
    /// same letter acts once.
    pub attempts: u32,
}

impl Notifier {
    /// Handles what a rule of the bus delivers.
    pub async fn deliver(&self, event_type: &str, detail: &Value) -> Result<()> {
        let unreadable = |error: serde_json::Error| {
            Error::Permanent(format!("the event cannot be read: {error}"))
        };
        let mut event = DomainEvent::deserialize(detail).map_err(unreadable)?;
        event_type.clone_into(&mut event.event_type);
        match detail.get("resend") {
            Some(resend) => {
                self.resend(&event, Resend::deserialize(resend).map_err(unreadable)?)
                    .await
            }
            None => self.notify(&event).await,
        }
    }

    /// Handles one event. May be called again with it as often as one likes.
    pub async fn notify(&self, event: &DomainEvent) -> Result<()> {
        // The rules keep replays away from here; this is the second lock.
        if event.metadata.replay.is_some() {
            return Ok(());
        }
        let customer = &event.data.customer_id;
        let then = self
            .customers
            .at(customer, event.metadata.recorded_at)
            .await?;
        let now = self.customers.latest(customer).await?;
        let has_changed = now.as_ref().is_some_and(|latest| latest.revision > 1);
        let (mut decisions, person) = decide(event, then.as_ref(), now)?;
        self.look_at_the_past(event, &mut decisions, then.as_ref())
            .await?;
        let mut first_error = None;
        for &kind in notification::kinds(event) {
            let decided = decisions.iter().find(|decision| decision.kind == kind);
            let done = match decided {
                Some(decision) => self.carry_out(event, *decision, person.as_ref()).await,
                // A kind that nobody asks for now may be on its way all the same:
                // the customer was erased since, or the change that took it back
                // was on its own way when the event was judged first.
                None if has_changed => self.give_up(event, kind, person.as_ref()).await,
                None => Ok(()),
            };
            if let Err(error) = done {
                tracing::warn!(
                    event_id = %event.metadata.event_id, %kind, class = error.class(), %error,
                    "notification not finished"
                );
                first_error = first_error.or(Some(error));
            }
        }
        first_error.map_or(Ok(()), Err)
    }

    /// Sends a notification of unknown outcome once more, because an operator
    /// named it.
    async fn resend(&self, event: &DomainEvent, resend: Resend) -> Result<()> {
        let Some(stored) = self.notifications.get(resend.notification_id).await? else {
            return Ok(());
        };
        let latest = self.customers.latest(&event.data.customer_id).await?;
        let person = latest.and_then(|revision| revision.person);
        // The customer's wish goes before the operator's.
        let skip = match &person {
            None => Some(SkipReason::Erased),
            Some(person) if person.preferences.is_on(stored.kind) => None,
            Some(_) => Some(SkipReason::PreferenceOff),
        };
        match stored.state {
            State::Unknown if stored.attempts == resend.attempts => {
                self.send_or_skip(event, stored, skip, person.as_ref())
                    .await
            }
            State::Unknown => Ok(()),
            // An earlier delivery of this wish has begun it.
            _ => self.go_on(event, stored, skip, person.as_ref()).await,
        }
    }

    /// Ends a notification that was begun and is not wanted any more.
    async fn give_up(
        &self,
        event: &DomainEvent,
        kind: Kind,
        person: Option<&Person>,
    ) -> Result<()> {
        let reason = match person {
            Some(_) => SkipReason::PreferenceOff,
            None => SkipReason::Erased,
        };
        match self.notifications.get(id_of(event, kind)).await? {
            Some(stored) => self.go_on(event, stored, Some(reason), person).await,
            None => Ok(()),
        }
    }

    async fn carry_out(
        &self,
        event: &DomainEvent,
        decision: Decision,
        person: Option<&Person>,
    ) -> Result<()> {
        let id = id_of(event, decision.kind);
        match self.notifications.get(id).await? {
            None => {
                let planned = planned(event, decision, id);
                self.send_or_skip(event, planned, decision.skip, person)
                    .await
            }
            Some(stored) => self.go_on(event, stored, decision.skip, person).await,
        }
    }

    /// Sends what was not handed over yet, unless it is not to be sent any more.
    async fn send_or_skip(
        &self,
        event: &DomainEvent,
        planned: Notification,
        skip: Option<SkipReason>,
        person: Option<&Person>,
    ) -> Result<()> {
        let skip = match (skip, person) {
            (None, Some(person)) => match self.suppressions.get(&person.email).await? {
                None => return self.send(event, person, planned).await,
                Some(_) => SkipReason::Suppressed,
            },
            (skip, _) => skip.unwrap_or(SkipReason::NoContact),
        };
        let reason = skip.as_str().to_owned();
        self.save(&planned.moved(State::Skipped, self.clock.now(), Some(reason)))
            .await
    }

    /// A notification that an earlier attempt has left behind.
    async fn go_on(
        &self,
        event: &DomainEvent,
        stored: Notification,
        skip: Option<SkipReason>,
        person: Option<&Person>,
    ) -> Result<()> {
        let now = self.clock.now();
        let leased = stored.lease_until.is_some_and(|until| until > now);
        match stored.state {
            State::Sent | State::Skipped | State::Rejected | State::Unknown => Ok(()),
            State::Claimed | State::Sending if leased => Err(Error::Retryable(
                "another worker has this notification".to_owned(),
            )),
            State::RetryAt if stored.retry_at.is_some_and(|at| at > now) => Err(Error::Retryable(
                "the mailer asked to be left alone for a while".to_owned(),
            )),
            // Nothing was handed to the mailer yet.
            State::Claimed | State::RetryAt => self.send_or_skip(event, stored, skip, person).await,
            State::Sending if planted::is("expired-send-repeated") => {
                self.send_or_skip(event, stored, skip, person).await
            }
            // Its worker died with the mail in its hands.
            State::Sending => match self
                .mailer
                .outcome(stored.notification_id, stored.attempts)
                .await
            {
                Outcome::Accepted(message_id) => self.sent(stored, message_id).await,
                Outcome::NotAccepted => self.send_or_skip(event, stored, skip, person).await,
                Outcome::Unknowable => {
                    self.unknown(event, stored, "the worker stopped while it was sending")
                        .await
                }
            },
        }
    }

    /// Claims, renders, sends. From the claim on, this worker alone may act.
    async fn send(
        &self,
        event: &DomainEvent,
        person: &Person,
        planned: Notification,
    ) -> Result<()> {
        let keyring = self.keys.keyring().await?;
        let code = verification_code(&keyring, planned.notification_id);
        let (customer, topic) = (&event.data.customer_id, Topic::Kind(planned.kind));
        let public_url = &self.settings.public_url;
        let foot = render::Foot {
            bank_name: &self.settings.bank_name,
            verification_code: code.clone(),
            unsubscribe_url: unsubscribe::url(&keyring, public_url, customer, topic),
        };
        let rendered = render::render(event, person, &planned, foot)?;
        let now = self.clock.now();
        let lease_until = now + self.settings.lease;
        let mut claimed = planned.moved(State::Claimed, now, None);
        claimed.template = Some(rendered.template.to_owned());
        claimed.content_hash = Some(rendered.content_hash.clone());
        claimed.verification_code = Some(code);
        claimed.lease_until = Some(lease_until);
        self.save(&claimed).await?;

        let mut sending = claimed.moved(State::Sending, self.clock.now(), None);
        sending.attempts += 1;
        sending.lease_until = Some(lease_until);
        self.save(&sending).await?;

        let mail = Mail {
            notification_id: sending.notification_id,
            attempt: sending.attempts,
            from: self.settings.mail_from.clone(),
            to: person.email.clone(),
            subject: rendered.subject,
            text: rendered.text,
            html: rendered.html,
            headers: unsubscribe::headers(&keyring, public_url, customer, topic),
            attachments: Vec::new(),
            priority: match sending.kind {
                Kind::Security => Priority::Security,
                _ => Priority::Ordinary,
            },
        };
        match self.mailer.send(&mail).await {
            Ok(message_id) => self.sent(sending, message_id).await,
            Err(SendFailure::Refused(reason)) => {
                self.save(&sending.moved(State::Rejected, self.clock.now(), Some(reason)))
                    .await
            }
            Err(SendFailure::Later { reason, after }) => {
                let now = self.clock.now();
                let mut waiting = sending.moved(State::RetryAt, now, Some(reason.clone()));
                waiting.retry_at = Some(now + after);
                self.save(&waiting).await?;
                Err(Error::Retryable(reason))
            }
            Err(SendFailure::Unknown(_)) if planted::is("claim-given-back-on-error") => {
                let at = self.clock.now();
                self.save(&sending.moved(State::RetryAt, at, None)).await?;
                Err(Error::Retryable("to be tried again".to_owned()))
            }
            Err(SendFailure::Unknown(_)) if planted::is("unknown-read-as-sent") => {
                self.sent(sending, "unknown".to_owned()).await
            }
            Err(SendFailure::Unknown(reason)) => self.unknown(event, sending, &reason).await,
        }
    }

    async fn sent(&self, sending: Notification, message_id: String) -> Result<()> {
        let mut sent = sending.moved(State::Sent, self.clock.now(), None);
        sent.message_id = Some(message_id);
        self.save(&sent).await
    }

    async fn unknown(
        &self,
        event: &DomainEvent,
        sending: Notification,
        reason: &str,
    ) -> Result<()> {
        let at = self.clock.now();
        let letter = OwnLetter::NotificationUnknown {
            notification_id: sending.notification_id,
            attempts: sending.attempts,
            reason: reason.to_owned(),
            at,
            event_type: event.event_type.clone(),
            event: Box::new(event.clone()),
        };
        // First the letter, then the state: a crash in between repeats this step.
        if !planted::is("unknown-without-a-letter") {
            self.dead_letters
                .put(&letter.to_body()?, self.settings.unknown_window)
                .await?;
        }
        self.save(&sending.moved(State::Unknown, at, Some(reason.to_owned())))
            .await
    }

    async fn save(&self, notification: &Notification) -> Result<()> {
        if self.notifications.save(notification).await? {
            Ok(())
        } else {
            Err(Error::Retryable(
                "another worker took this notification meanwhile".to_owned(),
            ))
        }
    }
}

/// What is to be told, and to whom.
///
/// The preferences are those in force when the event was recorded; the address
/// is today's, because the one of then may be somebody else's by now. Who has
/// switched a kind off since is not told either.
fn decide(
    event: &DomainEvent,
    then: Option<&CustomerRevision>,
    now: Option<CustomerRevision>,
) -> Result<(Vec<Decision>, Option<Person>)> {
    let unreadable = |error: domain::money::MoneyError| {
        Error::Permanent(format!("the event's amounts: {error}"))
    };
    if now
        .as_ref()
        .is_some_and(|revision| revision.person.is_none())
    {
        return Ok((notification::skip_all(event, SkipReason::Erased), None));
    }
    let then = then.and_then(|revision| revision.person.as_ref());
    let now = now.and_then(|revision| revision.person);
    let (Some(then), Some(now)) = (then, now) else {
        return Ok((notification::skip_all(event, SkipReason::NoContact), None));
    };
    let judged_by = if planted::is("preferences-of-now") {
        &now.preferences
    } else {
        &then.preferences
    };
    let mut decisions = notification::decide(event, judged_by).map_err(unreadable)?;
    for decision in &mut decisions {
        if decision.skip.is_none()
            && !now.preferences.is_on(decision.kind)
            && !planted::is("opt-out-not-read-again")
        {
            decision.skip = Some(SkipReason::PreferenceOff);
        }
    }
    let addressee = if planted::is("address-of-then") {
        then.clone()
    } else {
        now
    };
    Ok((decisions, Some(addressee)))
}

fn id_of(event: &DomainEvent, kind: Kind) -> Uuid {
    let recipient = &event.data.customer_id;
    notification::notification_id(event.metadata.event_id, kind, recipient, EMAIL)
}

fn planned(event: &DomainEvent, decision: Decision, id: Uuid) -> Notification {
    Notification {
        notification_id: id,
        account_id: event.metadata.account_id.clone(),
        event_id: event.metadata.event_id,
        event_version: event.metadata.version,
        kind: decision.kind,
        // Replaced by the first step before anything is stored.
        state: State::Claimed,
        reason: None,
        template: None,
        content_hash: None,
        attempts: 0,
        lease_until: None,
        retry_at: None,
        message_id: None,
        feedback: Vec::new(),
        delivery: None,
        verification_code: None,
        revision: 0,
        history: Vec::<Transition>::new(),
    }
}
