//! What must hold of a mail at the moment at which the mailer takes it.

mod amounts;
mod contact;
mod digest;
mod export;
mod recipient;
mod size;
pub(crate) mod statement;
mod step;

use domain::integration_event::ACCOUNT_OVERDRAWN;
use domain::notification::{Content, EMAIL, Kind, Notification, Phase, notification_id};
use std::collections::BTreeSet;

use domain::{AccountId, EventId, IntegrationEvent, Version};
use handlers::ports::Mail;

use crate::kernel::{Core, Micros};

const ONE_MAIL: &str = "one mail an event and address";
pub(crate) const OLD_NEWS: &str = "history that is loaded is told to nobody";
/// As the templates say it, up to the first letter beyond ASCII.
const POSSIBLE_REPEAT: [&str; 2] = ["You may have had this mail before", "Vous avez peut-"];

impl Core {
    /// `taken`: how often the mailer has taken it by now. `began`: since when
    /// what was read of the customer counts.
    pub fn check_mail(
        &mut self,
        mail: &Mail,
        notification: &Notification,
        taken: u32,
        began: Micros,
    ) {
        self.check_repeat(mail, notification, taken);
        let suppressed = self.state.book.suppressed.get(&mail.to.hash());
        if suppressed.is_some_and(|since| *since < began) {
            self.violate("no mail to a suppressed address", || {
                mail.notification_id.to_string()
            });
        }
        self.check_one_mail(notification);
        match notification.content() {
            Content::Event => self.check_single(mail, notification, began),
            Content::Digest(digest) => self.check_digest(mail, notification, digest, began),
            Content::Statement(statement) => {
                self.check_statement(mail, notification, *statement, began);
            }
        }
    }

    /// Once, and once more for each letter that an operator named; what must
    /// be known once more by itself, if its first outcome was unknown.
    fn check_repeat(&mut self, mail: &Mail, notification: &Notification, taken: u32) {
        let id = mail.notification_id;
        let named = self.state.book.named.get(&id);
        let named = named.map_or(0, |attempts| attempts.len() as u32);
        let was_unknown = notification
            .history()
            .iter()
            .any(|step| step.state == Phase::Unknown);
        let rather_twice = notification.kind() == Kind::Security && was_unknown;
        let allowed = 1 + named + u32::from(rather_twice);
        if taken > allowed {
            self.violate("one mail a notification", || {
                format!("{id} was taken {taken} times, and {allowed} were allowed")
            });
        }
        let is_marked = POSSIBLE_REPEAT
            .iter()
            .any(|words| mail.text.contains(words));
        if taken > 1 && !is_marked {
            self.violate("a repeat is marked as one", || id.to_string());
        }
    }

    fn check_single(&mut self, mail: &Mail, notification: &Notification, began: Micros) {
        let id = notification.id();
        if let Some(digest) = self.state.book.told_by.get(&id).copied() {
            self.violate("what a digest tells is not told alone too", || {
                format!("{id}, told by {digest}")
            });
        }
        let Some(event) = self.event_of(notification) else {
            self.violate("no mail without an event", || {
                notification.source().event_id.to_string()
            });
            return;
        };
        self.check_is_no_old_news(notification);
        let (account, version) = (notification.account_id(), notification.source().version);
        self.check_amounts(mail, account, version, &[notification.kind()]);
        let judged = self.judged(notification, &event, began);
        self.check_decision_of(notification, &event, false, judged);
        let customer = &event.customer_id;
        self.check_recipient(mail, notification, customer, &[notification.kind()], began);
    }

    /// No address hears of an event in two mails. What was delivered after its digest was made is in the next digest, also if
    /// another kind of its event was in time.
    fn check_one_mail(&mut self, notification: &Notification) {
        let (id, recipient) = (notification.id(), notification.recipient());
        let (source, subject) = (notification.source(), notification.subject());
        let waited = subject.content.is_digest() && !subject.is_mail_of_event();
        let events: BTreeSet<(AccountId, Version)> = match notification.content() {
            Content::Event => [(source.account_id.clone(), source.version)].into(),
            Content::Digest(digest) => {
                let covers = digest.covers().iter();
                covers
                    .map(|one| (one.account_id.clone(), one.event_version))
                    .collect()
            }
            Content::Statement(_) => BTreeSet::new(),
        };
        for (account, version) in events {
            let place = (account.clone(), version, recipient.clone());
            let told = (id, waited);
            let (first, both_waited) = *self.state.book.mails_of.entry(place).or_insert(told);
            if first != id && !(waited && both_waited) {
                self.violate(ONE_MAIL, || {
                    format!("{account} version {version}: by {first} and by {id}")
                });
            }
        }
    }

    /// Nobody is told of history that was loaded.
    fn check_is_no_old_news(&mut self, notification: &Notification) {
        let (account, version) = (notification.account_id(), notification.source().version);
        let commit = self.state.store.holding(account, version);
        if commit.is_some_and(|commit| self.state.book.is_silent(commit)) {
            self.violate(OLD_NEWS, || {
                format!("{}: {account} version {version}", notification.id())
            });
        }
    }

    /// What was decided at the first delivery stands for the later ones, and binds what they decide on other kinds.
    fn judged(
        &self,
        notification: &Notification,
        event: &IntegrationEvent,
        began: Micros,
    ) -> Micros {
        let (account, version) = (notification.account_id(), notification.source().version);
        let (customer, recipient) = (&event.customer_id, notification.recipient());
        let reported = EventId::new(account, version);
        let of_event = [reported, reported.derived(ACCOUNT_OVERDRAWN)];
        let ids = of_event.into_iter().flat_map(|event| {
            Kind::ALL.map(|kind| notification_id(event, kind, customer, recipient, EMAIL))
        });
        let first = ids.filter_map(|id| self.state.book.first_claims.get(&id));
        first.copied().min().unwrap_or(began).min(began)
    }

    fn event_of(&self, notification: &Notification) -> Option<IntegrationEvent> {
        let (account, version) = (notification.account_id(), notification.source().version);
        let commit = self.state.store.holding(account, version)?;
        let events = IntegrationEvent::of_commit(commit).unwrap_or_default();
        let mut events = events.into_iter();
        events.find(|event| event.metadata.event_id == notification.source().event_id)
    }
}
