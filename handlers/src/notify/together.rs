//! One event, one mail: all notifications of an event that are sent to one recipient share a mail.
//!
//! The mail is a notification of its own, under an id made of event and recipient, and pins what it covers when it is first
//! written, as a digest does. Those that it covers are saved before it, refer to it, and share its outcome. So a
//! redelivery of the event, or the heartbeat, finds the mail from any of them, and never sends one alone.

use chrono::{DateTime, Utc};
use domain::notification::{
    self, Caller, Content, Decision, Digest, EMAIL, Kind, Notification, Pending, Phase, SkipReason,
    State, Verdict, WaitReason, mail_id,
};
use domain::recipient::Recipient;
use domain::{IntegrationEvent, NotificationId};

use super::digest::{covers, shares};
use super::{Notifier, draft, draft_of, id_of};
use crate::error::{Error, Result};
use crate::ports::{Person, Versioned};

/// The results of an event's notifications. All are tried before the first error is returned.
#[derive(Debug, Default)]
pub(super) struct Results(Option<Error>);

impl Results {
    pub(super) fn note(&mut self, kind: Kind, done: Result<()>) {
        if let Err(error) = done {
            tracing::warn!(
                %kind, class = error.class(), %error,
                "notification not finished"
            );
            self.0.get_or_insert(error);
        }
    }

    pub(super) fn first_error(self) -> Result<()> {
        self.0.map_or(Ok(()), Err)
    }
}

/// An event with those that follow from it, and the current customer.
#[derive(Debug, Clone, Copy)]
pub(super) struct Occasion<'a> {
    /// The reported event first. Never empty.
    pub(super) events: &'a [IntegrationEvent],
    /// The event to which the mail of several notifications belongs.
    pub(super) main: &'a IntegrationEvent,
    /// `None` after an erasure.
    pub(super) person: Option<&'a Person>,
}

impl<'a> Occasion<'a> {
    /// The event that a notification of this kind is about.
    pub(super) fn event_of(self, kind: Kind) -> &'a IntegrationEvent {
        of_kind(self.events, kind).unwrap_or(self.main)
    }

    fn mail_to(self, recipient: &Recipient) -> NotificationId {
        let (metadata, customer) = (&self.main.metadata, &self.main.customer_id);
        let account = &metadata.account_id;
        mail_id(account, metadata.version, customer, recipient, EMAIL)
    }
}

/// Returns the event among these that has notifications of this kind.
pub(super) fn of_kind(events: &[IntegrationEvent], kind: Kind) -> Option<&IntegrationEvent> {
    let mut events = events.iter();
    events.find(|event| notification::kinds(event).contains(&kind))
}

/// Whether it has, had or waits for a mail in which it is alone.
fn has_own_mail(notification: &Notification) -> bool {
    notification.phase() != Phase::Skipped && notification.digest_id().is_none()
}

/// The wait for the digest in which it is or will be. If that is made already, the next heartbeat finds the one after it.
fn digest_of(notification: &Notification, now: DateTime<Utc>) -> Option<Verdict> {
    let waits = |until, digest| {
        let reason = WaitReason::Digest(digest);
        Verdict::Wait { until, reason }
    };
    match notification.state() {
        State::Waiting {
            until,
            reason: WaitReason::Digest(digest),
        } => Some(waits(*until, *digest)),
        State::InDigest { digest } => Some(waits(now, *digest)),
        State::Waiting { .. }
        | State::HeldBack { .. }
        | State::Sending { .. }
        | State::Deferred { .. }
        | State::Unknown { .. }
        | State::Sent { .. }
        | State::Rejected { .. }
        | State::Skipped { .. } => None,
    }
}

impl Notifier {
    /// Carries out the decisions for one recipient. The `withdrawn` ones are only resumed where they were begun.
    pub(super) async fn carry_out(
        &self,
        occasion: Occasion<'_>,
        recipient: &Recipient,
        decisions: &[&Decision],
        withdrawn: &[Decision],
        results: &mut Results,
    ) {
        let mail = occasion.mail_to(recipient);
        let follows = occasion.main.fact.reported().is_none();
        let (mut to_send, mut others) = (Vec::new(), Vec::new());
        let (mut covered, mut begun) = (Vec::new(), Vec::new());
        for decision in decisions.iter().copied().chain(withdrawn) {
            let event = occasion.event_of(decision.kind);
            match self
                .notifications
                .get(id_of(event, decision.kind, recipient))
                .await
            {
                // Without knowing all of them, a second mail could be sent.
                Err(error) => return results.note(decision.kind, Err(error)),
                // The delivery of the cause makes it.
                Ok(Some(stored)) if shares(&stored.value, mail) && follows => {}
                Ok(Some(stored)) if shares(&stored.value, mail) => covered.push(stored),
                Ok(Some(stored)) => begun.push((decision, stored)),
                Ok(None) if withdrawn.contains(decision) => {}
                Ok(None) if decision.verdict == Verdict::Send => to_send.push(decision),
                Ok(None) => others.push(decision),
            }
        }
        // Also of a mail from which all were left out: its worker may have died before it skipped the mail too.
        let mut begun_before = covered
            .iter()
            .chain(begun.iter().map(|(_, stored)| stored))
            .filter(|stored| stored.value.digest_id() == Some(mail));
        let made = match begun_before.next().filter(|_| !follows) {
            Some(one) => match self.notifications.get(mail).await {
                Ok(made) => made,
                Err(error) => return results.note(one.value.kind(), Err(error)),
            },
            None => None,
        };
        let is_alone = covered.is_empty() && made.is_none();
        let has_mail =
            made.is_some() || begun.iter().any(|(_, stored)| has_own_mail(&stored.value));
        let digest = begun
            .iter()
            .find_map(|(_, stored)| digest_of(&stored.value, self.clock.now()));
        // A second mail must not follow the one that what is stored has, or waits for. A worker died before it saved the rest,
        // and since then the customer's preferences have changed, or a change has become visible.
        let bound = match (has_mail, digest) {
            (true, _) => Some(Verdict::Skip(SkipReason::PreferenceOff)),
            (false, waits) => waits,
        };
        if let Some(verdict) = bound {
            let waits = |decision: &&Decision| matches!(decision.verdict, Verdict::Wait { .. });
            for late in to_send
                .drain(..)
                .chain(others.extract_if(.., |one| waits(one)))
            {
                results.note(late.kind, self.begin(occasion, late, verdict).await);
            }
        }
        to_send.sort_by_key(|decision| decision.kind.precedence());
        match to_send.as_slice() {
            [alone] if is_alone => {
                let begun = self.begin(occasion, alone, alone.verdict).await;
                results.note(alone.kind, begun);
            }
            [] if is_alone => {}
            new => {
                let kinds: Vec<Kind> = new.iter().map(|decision| decision.kind).collect();
                let stored = covered.first().map(|stored| stored.value.kind());
                let lead = kinds.first().copied().or(stored);
                let sent = self
                    .send_together(occasion, recipient, made, covered, &kinds)
                    .await;
                results.note(lead.unwrap_or(Kind::Security), sent);
            }
        }
        for decision in others {
            let begun = self.begin(occasion, decision, decision.verdict).await;
            results.note(decision.kind, begun);
        }
        for (decision, stored) in begun {
            results.note(
                decision.kind,
                self.resume_begun(occasion, decision, stored).await,
            );
        }
    }

    /// Begins a notification that has a mail of its own, or none.
    async fn begin(
        &self,
        occasion: Occasion<'_>,
        decision: &Decision,
        verdict: Verdict,
    ) -> Result<()> {
        let (event, recipient) = (occasion.event_of(decision.kind), &decision.recipient);
        let id = id_of(event, decision.kind, recipient);
        let mut draft = draft(id, event, decision.kind, recipient);
        // A further address may be removed before the event is delivered again, and then has no decision. So the heartbeat
        // continues its notification.
        if !recipient.is_customer() {
            draft = draft.resumed_by_heartbeat(self.clock.now());
        }
        let pending = Versioned::new(Pending::from(draft));
        self.attempt(event, pending, verdict, occasion.person).await
    }

    /// Resumes a notification with a mail of its own that an earlier delivery of the event has begun.
    async fn resume_begun(
        &self,
        occasion: Occasion<'_>,
        decision: &Decision,
        stored: Versioned<Notification>,
    ) -> Result<()> {
        // A notification that was begun alone is not put into a digest.
        let decided = match decision.verdict {
            Verdict::Wait { .. } => Verdict::Send,
            verdict @ (Verdict::Send | Verdict::Skip(_)) => verdict,
        };
        let event = occasion.event_of(decision.kind);
        self.resume(event, stored, Caller::Redelivery, decided, occasion.person)
            .await
    }

    /// Sends the mail that covers the stored notifications and new ones of these kinds, or resumes it if it was made before.
    async fn send_together(
        &self,
        occasion: Occasion<'_>,
        recipient: &Recipient,
        made: Option<Versioned<Notification>>,
        mut covered: Vec<Versioned<Notification>>,
        new: &[Kind],
    ) -> Result<()> {
        let Occasion { main, person, .. } = occasion;
        let told = if let Some(made) = made {
            self.resume(main, made, Caller::Redelivery, Verdict::Send, person)
                .await
        } else {
            for kind in new {
                covered.push(self.join(occasion, recipient, *kind).await?);
            }
            self.make_mail(occasion, recipient, &covered).await
        };
        self.settle(occasion.mail_to(recipient), occasion, &covered)
            .await?;
        told
    }

    /// Saves a notification that leaves its mail to that of the event.
    async fn join(
        &self,
        occasion: Occasion<'_>,
        recipient: &Recipient,
        kind: Kind,
    ) -> Result<Versioned<Notification>> {
        let event = occasion.event_of(kind);
        let mut draft = draft(id_of(event, kind, recipient), event, kind, recipient);
        let now = self.clock.now();
        if !recipient.is_customer() {
            // Not before this worker must have made the mail.
            draft = draft.resumed_by_heartbeat(now + self.settings.lease);
        }
        let joined = draft.joins_mail(now, occasion.mail_to(recipient));
        self.save(Versioned::new(joined)).await
    }

    async fn make_mail(
        &self,
        occasion: Occasion<'_>,
        recipient: &Recipient,
        covered: &[Versioned<Notification>],
    ) -> Result<()> {
        let Occasion { main, person, .. } = occasion;
        let at = main.metadata.recorded_at;
        let all = covered.iter().map(|one| covers(&one.value)).collect();
        let content = Digest::pin(main.customer_id.clone(), recipient.clone(), at, at, all);
        let Some(lead) = content.kinds().first().copied() else {
            return Ok(());
        };
        let id = occasion.mail_to(recipient);
        let mut draft = draft_of(id, main, lead, recipient, Content::Digest(content));
        if !recipient.is_customer() {
            draft = draft.resumed_by_heartbeat(self.clock.now());
        }
        let pending = Versioned::new(Pending::from(draft));
        self.attempt(main, pending, Verdict::Send, person).await
    }

    /// Settles what still waits for the mail into it.
    async fn settle(
        &self,
        id: NotificationId,
        occasion: Occasion<'_>,
        covered: &[Versioned<Notification>],
    ) -> Result<()> {
        let waiting = covered.iter().filter(|one| one.value.waits_for_digest(id));
        let waiting: Vec<_> = waiting.collect();
        if waiting.is_empty() {
            return Ok(());
        }
        if let Some(mail) = self.notifications.get(id).await? {
            for one in waiting {
                self.settle_into_digest(occasion.main, &mail.value, one, occasion.person)
                    .await?;
            }
        }
        Ok(())
    }

    /// Makes the mail of an event for which `one` waits, because the worker that was to make it has stopped. Returns `false` if
    /// it waits for a digest instead.
    pub(super) async fn make_mail_of(
        &self,
        id: NotificationId,
        one: &Notification,
        person: Option<&Person>,
        events: &[IntegrationEvent],
    ) -> Result<bool> {
        let (Some(main), recipient) = (events.first(), one.recipient()) else {
            return Ok(false);
        };
        let occasion = Occasion {
            events,
            main,
            person,
        };
        if occasion.mail_to(recipient) != id {
            return Ok(false);
        }
        // Read one by one, because the index of digests is late.
        let mut covered = Vec::new();
        for event in events {
            for kind in notification::kinds(event) {
                let stored = self
                    .notifications
                    .get(id_of(event, *kind, recipient))
                    .await?;
                covered.extend(stored.filter(|stored| shares(&stored.value, id)));
            }
        }
        let made = self.notifications.get(id).await?;
        self.send_together(occasion, recipient, made, covered, &[])
            .await?;
        Ok(true)
    }
}
