//! Digests: what waited for one, told together and once for each occurrence.
//!
//! The digest is a notification of its own, under an id made of its recipient
//! and occurrence, and it pins what it tells when it is first written. Whoever
//! comes late waits for the next one. What it tells stays `PLANNED` and refers
//! to it: what becomes of them is what becomes of it.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use domain::cadence::Cadence;
use domain::notification::{self, EMAIL, Kind, SkipReason};
use domain::{AccountId, IntegrationEvent, NotificationId, Version};
use futures::future::join_all;
use mail::{DigestItem, DigestNotice, Direction};

use super::{Notifier, render};
use crate::error::{Error, Result};
use crate::ports::{Content, Covered, Digest, Notification, Person, State};

/// Most notifications of one digest: each is read before it is told. What is
/// more, or has no room in the digest's item, waits for the next one.
const MAX_COVERED: usize = 1_500;
/// Reads under way at once. One after the other, those of a large digest take
/// longer than the function has, and every beat would end before it is sent.
const AT_ONCE: usize = 16;

impl Notifier {
    pub(super) async fn wait_for_digest(
        &self,
        event: &IntegrationEvent,
        planned: Notification,
        at: DateTime<Utc>,
    ) -> Result<()> {
        let customer = &event.customer_id;
        let digest = notification::digest_id(customer, &planned.recipient, at, EMAIL);
        let reason = Some("digest".to_owned());
        let mut waiting = planned.moved(State::Planned, self.clock.now(), reason);
        waiting.due_at = Some(at);
        waiting.digest_id = Some(digest);
        self.save(&waiting).await
    }

    /// Tells a digest, one of whose notifications is due, unless it was told
    /// before.
    pub(super) async fn tell_digest(&self, id: NotificationId, one: &Notification) -> Result<()> {
        let event = self.event_of(one).await?;
        let person = self.person_of_today(&event).await?;
        let waiting = self.waiting_for(id, one).await?;
        let told = match self.notifications.get(id).await? {
            // Its own time is the heartbeat's too.
            Some(_) => Ok(()),
            None => self.make_digest(id, &waiting, person.as_ref()).await,
        };
        if let Some(digest) = self.notifications.get(id).await? {
            for waiting in &waiting {
                self.settle_into_digest(&event, &digest, waiting, person.as_ref())
                    .await?;
            }
        }
        told
    }

    /// What waits for this digest, in the order in which it is told.
    async fn waiting_for(
        &self,
        id: NotificationId,
        one: &Notification,
    ) -> Result<Vec<Notification>> {
        let mut waiting = vec![one.clone()];
        // One more than fits, as one may be the one that is here already.
        let mut found = self.notifications.of_digest(id, MAX_COVERED + 1).await?;
        found.retain(|found| *found != one.notification_id);
        for some in found.chunks(AT_ONCE) {
            let stored = join_all(some.iter().map(|id| self.notifications.get(*id))).await;
            for stored in stored {
                waiting.extend(stored?.filter(|stored| {
                    stored.state == State::Planned
                        && stored.due_at.is_some()
                        && stored.digest_id == Some(id)
                }));
            }
        }
        waiting.sort_by(|a, b| place(a).cmp(&place(b)));
        Ok(waiting)
    }

    async fn make_digest(
        &self,
        id: NotificationId,
        waiting: &[Notification],
        person: Option<&Person>,
    ) -> Result<()> {
        let Some(first) = waiting.first() else {
            return Ok(());
        };
        let mut covered: Vec<Covered> = waiting.iter().map(covers).take(MAX_COVERED).collect();
        covered.truncate(Digest::room_for(&covered));
        let event = self.event_of(first).await?;
        let now = self.clock.now();
        let to = first.due_at.unwrap_or(now);
        let from = person.map_or(to, |person| begins(person, to));
        let mut digest = Notification::new(id, &event, first.kind, first.recipient.clone());
        digest.due_at = Some(now);
        digest.content = Content::Digest(Digest {
            customer_id: event.customer_id.clone(),
            recipient: first.recipient.clone(),
            from,
            to,
            covers: covered,
        });
        let skip = person.is_none().then_some(SkipReason::Erased);
        self.send_or_skip(&event, digest, skip, person).await
    }

    /// Notes that the digest tells it; or, where that was pinned without it,
    /// lets it wait for the next one.
    async fn settle_into_digest(
        &self,
        event: &IntegrationEvent,
        digest: &Notification,
        waiting: &Notification,
        person: Option<&Person>,
    ) -> Result<()> {
        let id = waiting.notification_id;
        let Some(stored) = self.notifications.get(id).await? else {
            return Ok(());
        };
        // Skipped while the digest was made, or seen to by another beat.
        if stored.state != State::Planned || stored.revision != waiting.revision {
            return Ok(());
        }
        let Content::Digest(Digest { covers, .. }) = &digest.content else {
            return Ok(());
        };
        let covered = covers.iter().any(|covered| covered.notification_id == id);
        if covered {
            return self.save(&stored.due(None)).await;
        }
        let next = person.and_then(|person| next_digest(person, self.clock.now()));
        let Some(next) = next else {
            let reason = SkipReason::Erased.as_str().to_owned();
            return self.skip(&stored, reason).await;
        };
        let customer = &event.customer_id;
        let mut later = stored.due(Some(next));
        later.digest_id = Some(notification::digest_id(
            customer,
            &stored.recipient,
            next,
            EMAIL,
        ));
        self.save(&later).await
    }

    /// The digest without what is not wanted any more, each with its reason.
    pub(super) async fn without_unwanted(
        &self,
        mut digest: Notification,
        person: &Person,
    ) -> Result<Notification> {
        // An earlier attempt may have left some out, and the customer may want
        // them again since: what was told as skipped stays so.
        let is_first = digest.revision == 0;
        let Content::Digest(content) = &mut digest.content else {
            return Ok(digest);
        };
        let covers = std::mem::take(&mut content.covers);
        let covers = match is_first {
            true => covers,
            false => self.still_planned(covers).await?,
        };
        let recipient = &digest.recipient;
        let (wanted, unwanted): (Vec<Covered>, Vec<Covered>) = covers
            .into_iter()
            .partition(|covered| person.preferences.is_on_for(covered.kind, recipient));
        content.covers = wanted;
        for covered in unwanted {
            let stored = self.notifications.get(covered.notification_id).await?;
            if let Some(stored) = stored.filter(|stored| stored.state == State::Planned) {
                let (now, reason) = (self.clock.now(), SkipReason::PreferenceOff.as_str());
                self.save(&stored.moved(State::Skipped, now, Some(reason.to_owned())))
                    .await?;
            }
        }
        Ok(digest)
    }

    async fn still_planned(&self, covers: Vec<Covered>) -> Result<Vec<Covered>> {
        let mut planned = Vec::with_capacity(covers.len());
        for some in covers.chunks(AT_ONCE) {
            let read = some
                .iter()
                .map(|covered| self.notifications.get(covered.notification_id));
            for (stored, covered) in join_all(read).await.into_iter().zip(some) {
                if stored?.is_some_and(|stored| stored.state == State::Planned) {
                    planned.push(covered.clone());
                }
            }
        }
        Ok(planned)
    }

    pub(super) async fn render_digest(
        &self,
        digest: &Digest,
        person: &Person,
        notification: &Notification,
        foot: render::MailFooter<'_>,
    ) -> Result<mail::Rendered> {
        let mut kinds: BTreeMap<(&AccountId, Version), Vec<Kind>> = BTreeMap::new();
        for covered in &digest.covers {
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
            from: digest.from,
            to: digest.to,
            items,
        };
        mail::render_digest(&notice).map_err(render::failed)
    }
}

/// By account, in the order of its events, what an event is mainly about first.
fn place(waiting: &Notification) -> (&AccountId, Version, Kind) {
    (&waiting.account_id, waiting.event_version, waiting.kind)
}

fn covers(waiting: &Notification) -> Covered {
    Covered {
        notification_id: waiting.notification_id,
        kind: waiting.kind,
        account_id: waiting.account_id.clone(),
        event_version: waiting.event_version,
    }
}

/// One item for one event, however many notifications it gave: its amount
/// counts once.
fn item(event: &IntegrationEvent, kinds: Vec<Kind>) -> DigestItem {
    DigestItem {
        kinds,
        account_id: event.metadata.account_id.to_string(),
        amount: event.fact.amount().map(render::amount),
        direction: match event.balances.change() {
            0 => None,
            change if change > 0 => Some(Direction::In),
            _ => Some(Direction::Out),
        },
        balance_after: render::amount(event.balances.after()),
        occurred_at: event.metadata.occurred_at,
    }
}

/// The digest for what missed its own. Who wants none any more has what is left
/// told as if it were daily.
fn next_digest(person: &Person, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let quiet = person.preferences.quiet_hours();
    cadence(person).digest_after(now, person.time_zone, quiet)
}

fn begins(person: &Person, occurrence: DateTime<Utc>) -> DateTime<Utc> {
    cadence(person).digest_begins(occurrence, person.time_zone)
}

fn cadence(person: &Person) -> Cadence {
    match person.preferences.delivery() {
        Cadence::Immediate => Cadence::Daily,
        delivery => delivery,
    }
}
