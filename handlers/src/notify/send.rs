//! From a decision to a mail, in steps of which none is repeated by itself that
//! must not be.

use domain::email::EmailAddress;
use std::time::Duration;

use domain::notification::{Kind, SkipReason};
use domain::{Event, IntegrationEvent};

use super::evaluator::can_wait;
use super::{Notifier, past, render};
use crate::dead_letter::InternalDeadLetter;
use crate::error::{Error, Result};
use crate::mail_code::verification_code;
use crate::ports::{Mail, Notification, Outcome, Person, Priority, SendFailure, State};
use crate::telemetry;
use crate::unsubscribe::{self, Topic};

/// From this on a mailer's wait is left to the heartbeat. Lambda tries again
/// within three minutes, and then gives up.
const LONG_WAIT: Duration = Duration::from_secs(60);

impl Notifier {
    /// Sends what was not handed over yet, unless it is not to be sent any
    /// more, or not now.
    pub(super) async fn send_or_skip(
        &self,
        event: &IntegrationEvent,
        planned: Notification,
        skip: Option<SkipReason>,
        person: Option<&Person>,
    ) -> Result<()> {
        let (mut planned, mut skip) = (planned, skip);
        if let (None, Some(person)) = (skip, person) {
            planned = self.without_unwanted(planned, person).await?;
            if planned.content.is_empty() {
                skip = Some(SkipReason::PreferenceOff);
            }
        }
        let skip = match (skip, person) {
            (None, Some(person)) => match person.address(&planned.recipient) {
                None => SkipReason::PreferenceOff,
                Some(address) => match self.suppressions.get(&address.hash()).await? {
                    Some(_) => SkipReason::Suppressed,
                    None => return self.send_or_wait(event, planned, person, address).await,
                },
            },
            (skip, _) => skip.unwrap_or(SkipReason::NoContact),
        };
        let reason = skip.as_str().to_owned();
        self.skip(&planned, reason).await
    }

    /// Ends it without a mail.
    pub(super) async fn skip(&self, planned: &Notification, reason: String) -> Result<()> {
        self.step(&planned.moved(State::Skipped, self.clock.now(), Some(reason)))
            .await
    }

    async fn send_or_wait(
        &self,
        event: &IntegrationEvent,
        planned: Notification,
        person: &Person,
        address: &EmailAddress,
    ) -> Result<()> {
        let now = self.clock.now();
        match person.quiet_until(now) {
            Some(until) if can_wait(planned.kind) => {
                let reason = Some("quiet-hours".to_owned());
                let mut waiting = planned.moved(State::Planned, now, reason);
                waiting.due_at = Some(until);
                self.save(&waiting).await
            }
            _ => self.send(event, person, address, planned).await,
        }
    }

    /// A notification that an earlier attempt has left behind, and the same
    /// event once more.
    pub(super) async fn resume(
        &self,
        event: &IntegrationEvent,
        stored: Notification,
        skip: Option<SkipReason>,
        person: Option<&Person>,
    ) -> Result<()> {
        // The heartbeat has it: one of the two is enough.
        if stored.due_at.is_some() {
            return Ok(());
        }
        self.go_on_now(event, stored, skip, person).await
    }

    pub(super) async fn go_on_now(
        &self,
        event: &IntegrationEvent,
        stored: Notification,
        skip: Option<SkipReason>,
        person: Option<&Person>,
    ) -> Result<()> {
        let now = self.clock.now();
        let leased = stored.lease_until.is_some_and(|until| until > now);
        match stored.state {
            // Of the unknown ones, only what may rather come twice is ever due.
            State::Planned | State::Unknown if stored.due_at.is_some() => {
                self.send_or_skip(event, stored, skip, person).await
            }
            State::Planned | State::Sent | State::Skipped | State::Rejected | State::Unknown => {
                Ok(())
            }
            State::Claimed | State::Sending if leased => Err(Error::Retryable(
                "another worker has this notification".into(),
            )),
            // What a dead letter tells: not that it waits, but for what.
            State::RetryAt if stored.retry_at.is_some_and(|at| at > now) => {
                let reason = stored.reason.as_deref().unwrap_or("no reason given");
                Err(Error::Retryable(
                    format!("put off by the mailer: {reason}").into(),
                ))
            }
            // Nothing was handed to the mailer yet.
            State::Claimed | State::RetryAt => self.send_or_skip(event, stored, skip, person).await,
            // Its worker died with the mail in its hands.
            State::Sending => match self
                .mailer
                .outcome(stored.notification_id, stored.attempts)
                .await
            {
                Outcome::Accepted(message_id) => self.sent(event, stored, message_id).await,
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
        event: &IntegrationEvent,
        person: &Person,
        address: &EmailAddress,
        planned: Notification,
    ) -> Result<()> {
        let keyring = self.keys.keyring().await?;
        let code = verification_code(&keyring, planned.notification_id);
        let customer = &event.customer_id;
        let topic = match planned.content.is_digest() {
            true => Topic::All,
            false => Topic::Kind(planned.kind),
        };
        let list = unsubscribe::List {
            customer,
            recipient: &planned.recipient,
            topic,
        };
        let public_url = &self.settings.public_url;
        let foot = render::MailFooter {
            bank_name: &self.settings.bank_name,
            verification_code: code.clone(),
            unsubscribe_url: unsubscribe::url(&keyring, public_url, list),
        };
        let rendered = self.rendered(event, person, &planned, foot).await?;
        let mut headers = unsubscribe::headers(&keyring, public_url, list);
        headers.extend(self.thread(event, &planned).await?);
        let now = self.clock.now();
        let lease_until = now + self.settings.lease;
        // No event comes again for what had waited: should this worker die, the heartbeat takes it up.
        let due_at = planned.due_at.map(|_| lease_until);
        // Both steps in one write: nothing happens between them that a crash could leave half done, so that the first
        // alone would prove nothing.
        let claimed = planned.moved(State::Claimed, now, None);
        let mut sending = claimed.moved(State::Sending, now, None);
        sending.revision = claimed.revision;
        sending.template = Some(rendered.mail.template.to_owned());
        sending.content_hash = Some(rendered.mail.content_hash.clone());
        sending.verification_code = Some(code);
        sending.attempts += 1;
        sending.lease_until = Some(lease_until);
        sending.due_at = due_at;
        self.save(&sending).await?;

        let mail = Mail {
            notification_id: sending.notification_id,
            attempt: sending.attempts,
            from: self.settings.mail_from.clone(),
            to: address.clone(),
            subject: rendered.mail.subject,
            text: rendered.mail.text,
            html: rendered.mail.html,
            headers,
            attachments: rendered.attachments,
            priority: match sending.kind {
                Kind::Security => Priority::Security,
                _ => Priority::Ordinary,
            },
        };
        match self.mailer.send(&mail).await {
            Ok(message_id) => self.sent(event, sending, message_id).await,
            Err(SendFailure::Refused(reason)) => {
                self.step(&sending.moved(State::Rejected, self.clock.now(), Some(reason)))
                    .await
            }
            Err(SendFailure::Later { reason, after }) => self.later(sending, reason, after).await,
            Err(SendFailure::Unknown(reason)) => self.unknown(event, sending, &reason).await,
        }
    }

    async fn later(&self, sending: Notification, reason: String, after: Duration) -> Result<()> {
        let now = self.clock.now();
        let by_heartbeat = sending.due_at.is_some() || after >= LONG_WAIT;
        let mut waiting = sending.moved(State::RetryAt, now, Some(reason.clone()));
        waiting.retry_at = Some(now + after);
        waiting.due_at = waiting.retry_at.filter(|_| by_heartbeat);
        self.step(&waiting).await?;
        match by_heartbeat {
            true => Ok(()),
            false => Err(Error::Retryable(reason.into())),
        }
    }

    async fn sent(
        &self,
        event: &IntegrationEvent,
        sending: Notification,
        message_id: String,
    ) -> Result<()> {
        let mut sent = sending.moved(State::Sent, self.clock.now(), None);
        sent.message_id = Some(message_id);
        self.save(&sent).await?;
        telemetry::sent(&sent, event, self.clock.now());
        Ok(())
    }

    async fn unknown(
        &self,
        event: &IntegrationEvent,
        sending: Notification,
        reason: &str,
    ) -> Result<()> {
        let at = self.clock.now();
        let mut unknown = sending.moved(State::Unknown, at, Some(reason.to_owned()));
        // Rather twice than never, where no event of the provider clears it up in
        // time; once, and then it is as with every other mail.
        if sending.kind == Kind::Security && sending.attempts == 1 {
            unknown.due_at = Some(at + self.settings.unknown_window);
            return self.step(&unknown).await;
        }
        let letter = InternalDeadLetter::NotificationUnknown {
            notification_id: sending.notification_id,
            attempts: sending.attempts,
            reason: reason.to_owned(),
            at,
            event_type: event.type_name().to_owned(),
            event: Box::new(event.into()),
        };
        // First the letter, then the state: a crash in between repeats this step.
        self.dead_letters
            .put(&letter.to_body()?, self.settings.unknown_window)
            .await?;
        telemetry::outcome_unknown(&unknown);
        self.step(&unknown).await
    }

    /// The headers by which the mail of a reversal answers that of the movement
    /// that it undoes, where there was one.
    async fn thread(
        &self,
        event: &IntegrationEvent,
        planned: &Notification,
    ) -> Result<Vec<(String, String)>> {
        let (Kind::Reversal, Some(Event::TransactionReversed(reversal))) =
            (planned.kind, event.fact.reported())
        else {
            return Ok(Vec::new());
        };
        for id in past::told_as(reversal.reverses, event, &planned.recipient) {
            let Some(told) = self.notifications.get(id).await? else {
                continue;
            };
            let told = match told.told_by() {
                Some(digest) => self.notifications.get(digest).await?,
                None => Some(told),
            };
            let message_id = told.and_then(|told| told.message_id);
            let domain = &self.settings.message_id_domain;
            if let Some(headers) = message_id.and_then(|id| mail::thread_headers(&id, domain)) {
                return Ok(headers.map(|(name, value)| (name.to_owned(), value)).into());
            }
        }
        Ok(Vec::new())
    }

    /// A step that whoever watches is to hear of.
    async fn step(&self, notification: &Notification) -> Result<()> {
        self.save(notification).await?;
        telemetry::moved(notification);
        Ok(())
    }

    pub(super) async fn save(&self, notification: &Notification) -> Result<()> {
        if self.notifications.save(notification).await? {
            Ok(())
        } else {
            Err(Error::Retryable(
                "another worker took this notification meanwhile".into(),
            ))
        }
    }
}
