//! From a decision to a mail. The order of the steps prevents a second mail: the notification is saved as `SENDING`, the mail is
//! sent, a dead letter is written if the outcome is unknown, and then the state is saved.

use domain::email::EmailAddress;
use domain::notification::{
    Caller, Followup, Kind, Notification, Pending, Pinned, Reason, SkipReason, State, Step, Verdict,
};
use domain::recipient::Recipient;

use domain::{Event, IntegrationEvent};

use super::confirm::confirm;
use super::{Notifier, past, render};
use crate::dead_letter::InternalDeadLetter;
use crate::error::{Error, Result};
use crate::mail_code::verification_code;
use crate::ports::{Mail, Outcome, Person, Priority, Saved, SendFailure, Versioned};
use crate::telemetry;
use crate::unsubscribe::{self, Topic};

impl Notifier {
    /// Confirms the verdict for the current customer, and acts on it.
    pub(super) async fn attempt(
        &self,
        event: &IntegrationEvent,
        mut pending: Versioned<Pending>,
        decided: Verdict,
        person: Option<&Person>,
    ) -> Result<()> {
        if let (Verdict::Send, Some(person)) = (decided, person) {
            pending = self.without_unwanted(pending, person).await?;
        }
        let subject = pending.value.subject();
        let (suppressions, clock) = (self.suppressions.as_ref(), self.clock.as_ref());
        let verdict = confirm(suppressions, clock, subject, decided, person).await?;
        let reached = person.and_then(|person| Some((person, person.address_for(subject)?)));
        match (verdict, reached) {
            (Verdict::Send, Some((person, address))) => {
                self.send(event, person, address, pending).await
            }
            // Not reached: `confirm` sends only where there is an address.
            (Verdict::Send, None) => self.skip(pending, SkipReason::NoContact).await,
            (Verdict::Skip(reason), _) => self.skip(pending, reason).await,
            (Verdict::Wait { until, reason }, _) => {
                let now = self.clock.now();
                self.save(pending.try_map(|pending| pending.waits(now, until, reason))?)
                    .await
                    .map(drop)
            }
        }
    }

    /// Finishes it without a mail.
    pub(super) async fn skip(&self, pending: Versioned<Pending>, reason: SkipReason) -> Result<()> {
        let now = self.clock.now();
        self.step(pending.try_map(|pending| pending.skipped(now, reason))?)
            .await
    }

    /// Takes the next step of a stored notification that `caller` may take. No other code acts on it.
    pub(super) async fn resume(
        &self,
        event: &IntegrationEvent,
        stored: Versioned<Notification>,
        caller: Caller,
        decided: Verdict,
        person: Option<&Person>,
    ) -> Result<()> {
        match stored.value.next_step(caller, self.clock.now()) {
            // The heartbeat collects what waits for a digest, and refuses what is held back, before it comes here.
            Step::Nothing | Step::Collect { .. } | Step::HoldBack => Ok(()),
            Step::NotBefore(_) => {
                let why = if let State::Deferred { reason, .. } = stored.value.state() {
                    format!("put off by the mailer: {reason}").into()
                } else {
                    "another worker has this notification".into()
                };
                Err(Error::Retryable(why))
            }
            Step::Deliver => {
                self.attempt(event, stored.map(Pending::from), decided, person)
                    .await
            }
            Step::AskMailer { attempt } => {
                match self.mailer.outcome(stored.value.id(), attempt).await {
                    Outcome::Accepted(message_id) => self.sent(event, stored, message_id).await,
                    Outcome::NotAccepted => {
                        self.attempt(event, stored.map(Pending::from), decided, person)
                            .await
                    }
                    Outcome::Unknowable => {
                        self.unknown(event, stored, "the worker stopped while it was sending")
                            .await
                    }
                }
            }
        }
    }

    /// Claims, renders, sends. From the claim on, this worker alone may act.
    async fn send(
        &self,
        event: &IntegrationEvent,
        person: &Person,
        address: &EmailAddress,
        pending: Versioned<Pending>,
    ) -> Result<()> {
        let keyring = self.keys.keyring().await?;
        let subject = pending.value.subject();
        let code = verification_code(&keyring, subject.id);
        let customer = &event.customer_id;
        let lead = subject.lead();
        let topic = match subject.content.is_about_several_events() {
            true => Topic::All,
            false => Topic::Kind(lead),
        };
        let list = unsubscribe::List {
            customer,
            recipient: &subject.recipient,
            topic,
        };
        let public_url = &self.settings.public_url;
        let foot = render::MailFooter {
            bank_name: &self.settings.bank_name,
            verification_code: code.clone(),
            unsubscribe_url: unsubscribe::url(&keyring, public_url, list),
        };
        let rendered = self.rendered(event, person, &pending.value, foot).await?;
        let mut headers = unsubscribe::headers(&keyring, public_url, list);
        headers.extend(self.thread(event, lead, &subject.recipient).await?);
        let now = self.clock.now();
        let pinned = Pinned {
            template: rendered.mail.template.to_owned(),
            content_hash: rendered.mail.content_hash.clone(),
            code,
        };
        let sending =
            pending.try_map(|pending| pending.sending(now, self.settings.lease, pinned))?;
        let sending = self.save(sending).await?;

        let mail = Mail {
            notification_id: sending.value.id(),
            attempt: sending.value.attempts(),
            from: self.settings.mail_from.clone(),
            to: address.clone(),
            subject: rendered.mail.subject,
            text: rendered.mail.text,
            html: rendered.mail.html,
            headers,
            attachments: rendered.attachments,
            priority: if sending.value.kind() == Kind::Security {
                Priority::Security
            } else {
                Priority::Ordinary
            },
        };
        match self.mailer.send(&mail).await {
            Ok(message_id) => self.sent(event, sending, message_id).await,
            Err(SendFailure::Refused(reason)) => {
                let now = self.clock.now();
                self.step(sending.try_map(|sending| sending.refused(now, reason.into()))?)
                    .await
            }
            Err(SendFailure::Later { reason, after }) => {
                let now = self.clock.now();
                let put_off =
                    |sending: Notification| sending.deferred(now, after, Reason::new(&*reason));
                let deferred = sending.try_map(put_off)?;
                let by_heartbeat = deferred.value.due_at().is_some();
                self.step(deferred).await?;
                match by_heartbeat {
                    true => Ok(()),
                    false => Err(Error::Retryable(reason.into())),
                }
            }
            Err(SendFailure::Unknown(reason)) => self.unknown(event, sending, &reason).await,
        }
    }

    async fn sent(
        &self,
        event: &IntegrationEvent,
        sending: Versioned<Notification>,
        message_id: String,
    ) -> Result<()> {
        let now = self.clock.now();
        let sent = self
            .save(sending.try_map(|sending| sending.sent(now, message_id))?)
            .await?;
        telemetry::sent(&sent.value, event, self.clock.now());
        Ok(())
    }

    async fn unknown(
        &self,
        event: &IntegrationEvent,
        sending: Versioned<Notification>,
        reason: &str,
    ) -> Result<()> {
        let (at, window) = (self.clock.now(), self.settings.unknown_window);
        let revision = sending.revision;
        let (value, followup) = sending.value.silent(at, reason.into(), window)?;
        let unknown = Versioned { value, revision };
        // First the letter, then the state: a crash in between repeats this step.
        if followup == Followup::Letter {
            let letter = InternalDeadLetter::NotificationUnknown {
                notification_id: unknown.value.id(),
                attempts: unknown.value.attempts(),
                reason: reason.to_owned(),
                at,
                event_type: event.type_name().to_owned(),
                event: Box::new(event.into()),
            };
            self.dead_letters.put(&letter.to_body()?, window).await?;
            telemetry::outcome_unknown(&unknown.value);
        }
        self.step(unknown).await
    }

    /// Returns the headers by which the mail of a reversal refers to that of the reversed movement, if there was one.
    async fn thread(
        &self,
        event: &IntegrationEvent,
        kind: Kind,
        recipient: &Recipient,
    ) -> Result<Vec<(String, String)>> {
        let (Kind::Reversal, Some(Event::TransactionReversed(reversal))) =
            (kind, event.fact.reported())
        else {
            return Ok(Vec::new());
        };
        for id in past::told_as(reversal.reverses, event, recipient) {
            let Some(told) = self.notifications.get(id).await? else {
                continue;
            };
            let told = match told.value.in_digest() {
                Some(digest) => self.notifications.get(digest).await?,
                None => Some(told),
            };
            let message_id = told.as_ref().and_then(|told| told.value.message_id());
            let domain = &self.settings.message_id_domain;
            if let Some(headers) = message_id.and_then(|id| mail::thread_headers(id, domain)) {
                return Ok(headers.map(|(name, value)| (name.to_owned(), value)).into());
            }
        }
        Ok(Vec::new())
    }

    /// Saves a step, and logs it.
    async fn step(&self, notification: Versioned<Notification>) -> Result<()> {
        let saved = self.save(notification).await?;
        telemetry::moved(&saved.value);
        Ok(())
    }

    /// Saves a notification if the stored one has the revision that was read, and returns it as stored.
    pub(super) async fn save(
        &self,
        notification: Versioned<Notification>,
    ) -> Result<Versioned<Notification>> {
        match self.notifications.save(&notification).await? {
            Saved::Written => Ok(notification.written()),
            Saved::Stale => Err(Error::Retryable(
                "another worker took this notification meanwhile".into(),
            )),
        }
    }
}
