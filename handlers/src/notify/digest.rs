//! Digests: the notifications that waited for an occurrence, in one mail.
//!
//! The digest is a notification of its own, under an id made of its recipient
//! and occurrence, and it pins what it covers when it is first written. A
//! notification that comes late waits for the next one. Those that it covers stay
//! `PLANNED` and refer to it: they share the digest's outcome.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use domain::cadence::Cadence;
use domain::notification::{
    self, Content, Covered, Digest, EMAIL, Kind, Notification, Pending, SkipReason, Subject,
    Verdict,
};
use domain::{AccountId, IntegrationEvent, Movement, NotificationId, Version};
use futures::future::join_all;
use mail::{DigestItem, DigestNotice};

use super::past::event_among;
use super::{Notifier, draft_of, render};
use crate::error::{Error, Result};
use crate::ports::{Person, Versioned};

/// Notifications in one digest: each is read before sending, within the function's timeout. The rest, and those without room in
/// the digest's item, wait for the next one.
const MAX_COVERED: usize = 1_500;
/// Concurrent reads. Sequential reads of a large digest exceed the function's timeout, and no heartbeat would send it.
const AT_ONCE: usize = 16;

impl Notifier {
    /// Makes and sends a digest, of which one notification is due, unless it was made before.
    pub(super) async fn tell_digest(
        &self,
        id: NotificationId,
        one: &Versioned<Notification>,
    ) -> Result<()> {
        let source = one.value.source();
        let events = self.events_of(&source.account_id, source.version).await?;
        let event = event_among(events.clone(), source)?;
        let person = self.person_of_today(&event).await?;
        if self
            .make_mail_of(id, &one.value, person.as_ref(), &events)
            .await?
        {
            return Ok(());
        }
        let waiting = self.waiting_for(id, one).await?;
        let told = match self.notifications.get(id).await? {
            // The heartbeat resumes it at its own time.
            Some(_) => Ok(()),
            None => self.make_digest(id, &waiting, person.as_ref()).await,
        };
        if let Some(digest) = self.notifications.get(id).await? {
            for waiting in &waiting {
                self.settle_into_digest(&event, &digest.value, waiting, person.as_ref())
                    .await?;
            }
        }
        told
    }

    /// Reads the notifications that wait for this digest, in the order of the digest.
    async fn waiting_for(
        &self,
        id: NotificationId,
        one: &Versioned<Notification>,
    ) -> Result<Vec<Versioned<Notification>>> {
        let mut waiting = vec![one.clone()];
        // One more than fits, because one of them may be `one`.
        let mut found = self.notifications.of_digest(id, MAX_COVERED + 1).await?;
        found.retain(|found| *found != one.value.id());
        for some in found.chunks(AT_ONCE) {
            let stored = join_all(some.iter().map(|id| self.notifications.get(*id))).await;
            for stored in stored {
                waiting.extend(stored?.filter(|stored| stored.value.waits_for_digest(id)));
            }
        }
        waiting.sort_by(|a, b| place(&a.value).cmp(&place(&b.value)));
        Ok(waiting)
    }

    async fn make_digest(
        &self,
        id: NotificationId,
        waiting: &[Versioned<Notification>],
        person: Option<&Person>,
    ) -> Result<()> {
        let Some(first) = waiting.first() else {
            return Ok(());
        };
        let first = &first.value;
        let covered = waiting.iter().map(|one| covers(&one.value));
        let covered = covered.take(MAX_COVERED).collect();
        let event = self.event_of(first).await?;
        let now = self.clock.now();
        let to = first.due_at().unwrap_or(now);
        let from = person.map_or(to, |person| begins(person, to));
        let (customer, recipient) = (event.customer_id.clone(), first.recipient());
        let digest = Digest::pin(customer, recipient.clone(), from, to, covered);
        let content = Content::Digest(digest);
        let digest = draft_of(id, &event, first.kind(), recipient, content);
        let pending = Versioned::new(Pending::from(digest.resumed_by_heartbeat(now)));
        self.attempt(&event, pending, Verdict::Send, person).await
    }

    /// Settles a notification into the digest, or lets it wait for the next one if this was pinned without it.
    pub(super) async fn settle_into_digest(
        &self,
        event: &IntegrationEvent,
        digest: &Notification,
        waiting: &Versioned<Notification>,
        person: Option<&Person>,
    ) -> Result<()> {
        let id = waiting.value.id();
        let Some(stored) = self.notifications.get(id).await? else {
            return Ok(());
        };
        // Skipped while the digest was made, or settled by another heartbeat.
        if stored.revision != waiting.revision {
            return Ok(());
        }
        let Some(content) = digest.content().digest() else {
            return Ok(());
        };
        if content.includes(id) {
            let settled = stored.try_map(Notification::joins_digest)?;
            return self.save(settled).await.map(drop);
        }
        let next = person.and_then(|person| next_digest(person, self.clock.now()));
        let Some(next) = next else {
            return self
                .skip(stored.map(Pending::from), SkipReason::Erased)
                .await;
        };
        let (customer, recipient) = (&event.customer_id, stored.value.recipient());
        let digest = notification::digest_id(customer, recipient, next, EMAIL);
        let later = stored.try_map(|stored| stored.misses_digest(digest, next))?;
        self.save(later).await.map(drop)
    }

    /// Removes the notifications from the digest that are no longer wanted, and skips each with its reason.
    pub(super) async fn without_unwanted(
        &self,
        mut digest: Versioned<Pending>,
        person: &Person,
    ) -> Result<Versioned<Pending>> {
        // An earlier attempt may have skipped some that the customer wants again since. They stay skipped.
        if let Pending::Begun(begun) = &digest.value
            && let Some(content) = begun.content().digest()
        {
            let open = self.still_open(begun.id(), content.covers()).await?;
            let is_open = |covered: &Covered| open.contains(&covered.notification_id);
            digest.value.retain_covered(is_open);
        }
        let Subject { id, recipient, .. } = digest.value.subject();
        let (id, recipient) = (*id, recipient.clone());
        let is_wanted = |covered: &Covered| person.preferences.is_on_for(covered.kind, &recipient);
        for unwanted in digest.value.retain_covered(is_wanted) {
            let stored = self.notifications.get(unwanted.notification_id).await?;
            if let Some(stored) = stored.filter(|stored| shares(&stored.value, id)) {
                let (now, reason) = (self.clock.now(), SkipReason::PreferenceOff);
                self.save(stored.try_map(|stored| stored.skipped(now, reason))?)
                    .await?;
            }
        }
        Ok(digest)
    }

    async fn still_open(
        &self,
        digest: NotificationId,
        covers: &[Covered],
    ) -> Result<BTreeSet<NotificationId>> {
        let mut open = BTreeSet::new();
        for some in covers.chunks(AT_ONCE) {
            let read = some
                .iter()
                .map(|covered| self.notifications.get(covered.notification_id));
            for (stored, covered) in join_all(read).await.into_iter().zip(some) {
                if stored?.is_some_and(|stored| shares(&stored.value, digest)) {
                    open.insert(covered.notification_id);
                }
            }
        }
        Ok(open)
    }

    pub(super) async fn render_digest(
        &self,
        digest: &Digest,
        person: &Person,
        notification: &Pending,
        foot: render::MailFooter<'_>,
    ) -> Result<mail::Rendered> {
        let mut kinds: BTreeMap<(&AccountId, Version), Vec<Kind>> = BTreeMap::new();
        for covered in digest.covers() {
            let place = (&covered.account_id, covered.event_version);
            kinds.entry(place).or_default().push(covered.kind);
        }
        let mut items = Vec::new();
        let kinds: Vec<_> = kinds.into_iter().collect();
        for some in kinds.chunks(AT_ONCE) {
            let read = some
                .iter()
                .map(|((account, version), _)| self.events_of(account, *version));
            for (events, ((account, version), kinds)) in join_all(read).await.into_iter().zip(some)
            {
                let events = events?;
                let reported = events
                    .iter()
                    .find(|event| event.fact.reported().is_some())
                    .ok_or_else(|| {
                        Error::Permanent(
                            format!("version {version} of {account} is no event").into(),
                        )
                    })?;
                items.push(item(reported, kinds.clone()));
            }
        }
        let notice = DigestNotice {
            envelope: render::envelope(person, notification, foot),
            from: digest.from(),
            to: digest.to(),
            items,
        };
        mail::render_digest(&notice).map_err(render::failed)
    }
}

/// The position in a digest: by account, in the order of its events, and an event's main kind first.
fn place(waiting: &Notification) -> (&AccountId, Version, Kind) {
    let source = waiting.source();
    (&source.account_id, source.version, waiting.kind())
}

/// Whether it shares the outcome of this digest, or will. What a later version holds back has left it.
pub(super) fn shares(notification: &Notification, digest: NotificationId) -> bool {
    notification.in_digest() == Some(digest) || notification.waits_for_digest(digest)
}

pub(super) fn covers(waiting: &Notification) -> Covered {
    Covered {
        notification_id: waiting.id(),
        kind: waiting.kind(),
        account_id: waiting.account_id().clone(),
        event_version: waiting.source().version,
    }
}

/// Returns the item of an event, one for all its notifications, so that its amount counts once.
fn item(event: &IntegrationEvent, kinds: Vec<Kind>) -> DigestItem {
    let movement = event.fact.movement();
    let text = |part: fn(&Movement) -> &Option<String>| movement.and_then(|one| part(one).clone());
    DigestItem {
        kinds,
        account_id: event.metadata.account_id.to_string(),
        amount: event.fact.amount().map(render::amount),
        direction: render::direction(event),
        counterparty: text(|movement| &movement.counterparty),
        reference: text(|movement| &movement.reference),
        balance_after: render::amount(event.balances.after()),
        occurred: event.metadata.occurred,
    }
}

/// The next digest for a notification that missed its own. If the customer no longer has digests, the rest is sent as if daily.
fn next_digest(person: &Person, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let quiet = person.preferences.quiet_hours();
    cadence(person).digest_after(now, person.time_zone, quiet)
}

fn begins(person: &Person, occurrence: DateTime<Utc>) -> DateTime<Utc> {
    cadence(person).digest_begins(occurrence, person.time_zone)
}

fn cadence(person: &Person) -> Cadence {
    match person.preferences.delivery() {
        Cadence::Immediate | Cadence::Daily => Cadence::Daily,
        Cadence::Weekly => Cadence::Weekly,
    }
}
