use std::collections::BTreeSet;
use std::sync::Arc;

use domain::notification::{
    self, Content, Kind, Notification, Phase, ProviderEventKind, SkipReason,
};
use domain::recipient::Recipient;
use domain::{Commit, IntegrationEvent, NotificationId};
use handlers::ports::Person;

use crate::book::always_decided;
use crate::checks::OLD_NEWS;
use crate::kernel::{Core, Micros, SECOND};

const TOLD: &str = "every event is told or skipped with a reason";
/// A revision that was written longer before is seen by every evaluation of the event.
const JUST_BEFORE: Micros = 3 * SECOND;
const UNSENT: &str = "what was sent is not told as unsent";

impl Core {
    pub(super) fn check_notifications(&mut self, letters: &BTreeSet<NotificationId>) {
        let commits: Vec<Arc<Commit>> = self.state.store.commits.values().cloned().collect();
        for commit in commits {
            for event in IntegrationEvent::of_commit(&commit).unwrap_or_default() {
                for (kind, recipient) in self.due(&event) {
                    self.check_is_decided(&event, kind, &recipient);
                }
                self.check_statements_planned(&event);
                self.check_is_stated(&event);
            }
        }
        let all: Vec<Arc<Notification>> = self.state.notifications.values().cloned().collect();
        for notification in all {
            self.check_is_skipped_as_imported(&notification);
            let id = notification.id();
            if let Some(invariant) = self.broken_by(&notification, letters) {
                self.violate(invariant, || {
                    let (kind, recipient) = (notification.kind(), notification.recipient());
                    let phase = notification.phase();
                    format!("{kind} {id} to {recipient:?} is {phase}")
                });
            }
            self.check_next_statement(&notification);
        }
    }

    /// What is not told of loaded history says why.
    fn check_is_skipped_as_imported(&mut self, notification: &Notification) {
        let (account, version) = (notification.account_id(), notification.source().version);
        let commit = self.state.store.holding(account, version);
        let silent = commit.is_some_and(|commit| self.state.book.is_silent(commit));
        let said = notification.phase() == Phase::Skipped
            && notification.reason() == Some(SkipReason::Imported.as_str());
        if silent && notification.content().is_event() && !said {
            self.violate(OLD_NEWS, || {
                let (id, state) = (notification.id(), notification.phase().as_str());
                format!("{id}: {account} version {version} is {state}")
            });
        }
    }

    /// What does not hold of it at the end.
    fn broken_by(
        &self,
        notification: &Notification,
        letters: &BTreeSet<NotificationId>,
    ) -> Option<&'static str> {
        let id = notification.id();
        let taken = self.state.book.taken.contains_key(&id);
        let digest = self.state.book.told_by.get(&id);
        let by_digest = digest.is_some_and(|digest| !self.state.book.named.contains_key(digest));
        match notification.phase() {
            Phase::Unknown if notification.due_at().is_some() => Some(TOLD),
            Phase::Unknown if !letters.contains(&id) => Some("an unknown mail has its dead letter"),
            Phase::Unknown | Phase::Sent => None,
            Phase::Skipped if by_digest => Some(UNSENT),
            Phase::Skipped | Phase::Rejected
                if taken && !self.may_be_told_as_unsent(notification) =>
            {
                Some(UNSENT)
            }
            Phase::Skipped | Phase::Rejected => None,
            Phase::Planned if self.waits_beyond_the_end(notification) => None,
            Phase::Planned => match notification.in_digest() {
                Some(digest) if self.tells(digest, id) => None,
                _ => Some(TOLD),
            },
            Phase::Claimed | Phase::Sending | Phase::RetryAt => Some(TOLD),
        }
    }

    /// After an unknown outcome a further attempt may end otherwise; and the
    /// provider may turn away what it has taken.
    fn may_be_told_as_unsent(&self, notification: &Notification) -> bool {
        let mut told = notification.provider().events().iter();
        let turned_away = told.any(|event| event.kind == ProviderEventKind::Rejected);
        let named = &self.state.book.named;
        notification.kind() == Kind::Security
            || named.contains_key(&notification.id())
            || (notification.phase() == Phase::Rejected && turned_away)
    }

    /// Whether this digest has come to an end and tells it.
    fn tells(&self, digest: NotificationId, item: NotificationId) -> bool {
        let digest = self.state.notifications.get(&digest);
        digest.is_some_and(|digest| match digest.content() {
            Content::Digest(content) => content
                .covers()
                .iter()
                .any(|covered| covered.notification_id == item),
            _ => false,
        })
    }

    /// What must have been decided for an event, whatever was decided.
    fn due(&self, event: &IntegrationEvent) -> Vec<(Kind, Recipient)> {
        let kinds = notification::kinds(event);
        let own = |kind| (kind, Recipient::Customer);
        let mut due: Vec<_> = always_decided(kinds).map(own).collect();
        let Some(person) = self.settled_person(event) else {
            return due;
        };
        let wishes = &person.preferences;
        let asked = kinds
            .iter()
            .filter(|kind| !kind.is_on_by_default() && wishes.get(**kind).is_some());
        due.extend(asked.copied().map(own));
        for address in wishes.addresses() {
            let named = kinds.iter().filter(|kind| address.kinds.contains(kind));
            due.extend(named.map(|kind| (*kind, Recipient::Address(address.hash()))));
        }
        due
    }

    /// Whose wishes an event was judged by, where no change was on its way then
    /// and the customer was never erased.
    pub(super) fn settled_person(&self, event: &IntegrationEvent) -> Option<&Person> {
        let (customer, recorded_at) = (&event.customer_id, event.metadata.recorded_at);
        let known = self.state.book.customers.get(customer)?;
        let in_force = self.state.book.in_force(customer, recorded_at)?;
        let ever_erased = known.iter().any(|known| known.revision.person.is_none());
        let written = known.iter().find(|known| known.revision == *in_force)?;
        let (account, version) = (&event.metadata.account_id, event.metadata.version);
        let judged_after = self.state.book.written_at(account, version)?;
        let settled = written.written_at + JUST_BEFORE < judged_after;
        let person = in_force.person.as_ref()?.as_ref().ok();
        person.filter(|_| settled && !ever_erased)
    }

    fn check_is_decided(&mut self, event: &IntegrationEvent, kind: Kind, recipient: &Recipient) {
        let id = notification::notification_id(
            event.metadata.event_id,
            kind,
            &event.customer_id,
            recipient,
            notification::EMAIL,
        );
        if !self.state.notifications.contains_key(&id) {
            self.violate(TOLD, || {
                format!(
                    "{kind} of {} version {} was never decided",
                    event.metadata.account_id, event.metadata.version
                )
            });
        }
    }
}
