//! What must hold when nothing goes wrong any more and all is done.

use domain::notification::{self, Kind};
use domain::recipient::Recipient;
use domain::{Commit, DomainEvent, EventId};
use handlers::dead_letter::{self, Origin};
use handlers::ports::{QueuedLetter, State};
use handlers::replay::ReplayKind;
use std::collections::BTreeSet;
use std::sync::Arc;
use uuid::Uuid;

use crate::book::always_decided;
use crate::kernel::Core;

impl Core {
    pub fn check_the_end(&mut self) {
        if self.state.unanswered > 0 {
            let unanswered = self.state.unanswered;
            self.violate("every request is answered", || {
                format!("{unanswered} are not")
            });
        }
        self.check_projections();
        let letters = self.unknown_letters();
        self.check_notifications(&letters);
        self.check_replays();
    }

    fn check_projections(&mut self) {
        if !self.state.stream.is_empty() {
            self.violate("every event is projected", || {
                "records wait in the stream".to_owned()
            });
        }
        let mut broken = Vec::new();
        for (account, ledger) in &self.state.book.ledgers {
            let last = self.state.store.last(account);
            let row = self.state.rows.get(account);
            let head = row
                .and_then(|row| row.balance.as_ref())
                .map(|balance| &balance.head);
            let parked = row.is_some_and(|row| row.parked.is_some());
            if parked || head != last.map(|commit| commit.head()).as_ref() {
                let version = row.map(|row| row.version());
                let parked = row.and_then(|row| row.parked.as_ref());
                broken.push(format!(
                    "{account} has {} versions, and its balance is at {version:?}, parked: {parked:?}",
                    ledger.balances.len()
                ));
            }
            for commit in self.state.store.of(account) {
                let first = ledger.commits.get(&commit.first_version);
                let kept = first == Some(&commit.hash);
                if !kept {
                    broken.push(format!(
                        "{account}: the commit at {} changed",
                        commit.first_version
                    ));
                }
            }
        }
        for detail in broken {
            self.violate("every event is projected", || detail);
        }
    }

    /// The notifications that dead letters of unknown mails are about.
    fn unknown_letters(&mut self) -> BTreeSet<Uuid> {
        let mut unknown = BTreeSet::new();
        let mut other = None;
        for letter in &self.state.letters.waiting {
            let queued = QueuedLetter {
                id: letter.id.clone(),
                receipt: String::new(),
                body: letter.body.clone(),
                attributes: Default::default(),
            };
            match dead_letter::read(&queued).origin {
                Origin::Notification { id, .. } => {
                    unknown.insert(id);
                }
                _ => other = Some(letter.body.clone()),
            }
        }
        if let Some(body) = other {
            self.violate("dead letters can be redriven to the end", || body);
        }
        unknown
    }

    fn check_notifications(&mut self, letters: &BTreeSet<Uuid>) {
        let commits: Vec<Arc<Commit>> = self.state.store.commits.values().cloned().collect();
        for commit in commits {
            for event in DomainEvent::of_commit(&commit).unwrap_or_default() {
                for kind in self.due(&event, &commit) {
                    self.check_decision(&event, kind);
                }
            }
        }
        let mut broken = Vec::new();
        for (id, notification) in &self.state.notifications {
            let state = notification.state;
            let taken = self.state.book.taken.contains_key(id);
            let named = self.state.book.named.contains_key(id);
            match state {
                State::Unknown if !letters.contains(id) => {
                    broken.push(("an unknown mail has its dead letter", *id, state));
                }
                State::Unknown | State::Sent => {}
                State::Skipped | State::Rejected if taken && !named => {
                    broken.push(("what was sent is not told as unsent", *id, state));
                }
                State::Skipped | State::Rejected => {}
                State::Planned | State::Claimed | State::Sending | State::RetryAt => {
                    broken.push(("every event is told or skipped with a reason", *id, state));
                }
            }
        }
        for (invariant, id, state) in broken {
            self.violate(invariant, || format!("{id} is {}", state.as_str()));
        }
    }

    /// The kinds that must have been decided for an event, whatever was decided.
    fn due(&self, event: &DomainEvent, commit: &Commit) -> Vec<Kind> {
        let kinds = notification::kinds(event);
        let mut due: Vec<Kind> = always_decided(kinds).collect();
        let customer = &event.data.customer_id;
        let known = self.state.book.customers.get(customer);
        let known = known.map(Vec::as_slice).unwrap_or_default();
        let ever_erased = known.iter().any(|known| known.revision.person.is_none());
        let in_force = self.state.book.in_force(customer, commit.recorded_at);
        let written = known.iter().find(|known| Some(&known.revision) == in_force);
        // A revision that was on its way while the event was judged may count or not.
        let settled = written.is_some_and(|known| {
            crate::kernel::time_at(known.written_at)
                < commit.recorded_at - chrono::TimeDelta::seconds(3)
        });
        if let (Some(person), true, false) = (
            in_force.and_then(|revision| revision.person.as_ref()),
            settled,
            ever_erased,
        ) {
            due.extend(kinds.iter().filter(|kind| {
                !kind.is_on_by_default() && person.preferences.get(**kind).is_some()
            }));
        }
        due
    }

    fn check_decision(&mut self, event: &DomainEvent, kind: Kind) {
        let recipient = &event.data.customer_id;
        let id = notification::notification_id(
            event.metadata.event_id,
            kind,
            recipient,
            &Recipient::Customer,
            notification::EMAIL,
        );
        if !self.state.notifications.contains_key(&id) {
            self.violate("every event is told or skipped with a reason", || {
                format!(
                    "{kind} of {} version {} was never decided",
                    event.metadata.account_id, event.metadata.version
                )
            });
        }
    }

    fn check_replays(&mut self) {
        let mut broken = Vec::new();
        for asked in &self.state.asked {
            let job = self.state.replays.get(&asked.replay_id);
            let state = job.map(|job| job.document["state"].clone());
            if state.as_ref().and_then(|state| state.as_str()) != Some("done") {
                let document = job.map(|job| job.document.to_string());
                broken.push(("every replay ends", format!("{document:?}")));
                continue;
            }
            if asked.kind != ReplayKind::Events {
                continue;
            }
            let published = self.state.book.replayed.get(&asked.replay_id);
            let has = |event: &EventId| published.is_some_and(|all| all.contains(event));
            let missing = self.state.store.commits.values().find(|commit| {
                (asked.from..asked.to).contains(&commit.recorded_at)
                    && commit.events.iter().any(|event| !has(&event.event_id))
            });
            if let Some(commit) = missing {
                let detail = format!(
                    "replay {} lacks {} version {}, recorded {}",
                    asked.replay_id, commit.account_id, commit.first_version, commit.recorded_at
                );
                broken.push(("a replay publishes all it was asked for", detail));
            }
        }
        for (invariant, detail) in broken {
            self.violate(invariant, || detail);
        }
    }
}
