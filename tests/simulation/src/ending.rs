//! What must hold when nothing goes wrong any more and all is done.

mod exports;
mod feedback;
mod notifications;
mod schedules;
mod statements;

use domain::{EventId, NotificationId};
use handlers::dead_letter::{self, Origin};
use handlers::ports::QueuedLetter;
use handlers::replay::ReplayKind;
use std::collections::BTreeSet;

use crate::kernel::{Core, MINUTE};

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
        self.check_feedback();
        self.check_replays();
        self.check_exports();
        self.check_schedules();
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
            let row = self.state.rows.get(account).map(|stored| &stored.value);
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
                let kept = first.is_some_and(|(hash, _)| *hash == commit.hash);
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
    fn unknown_letters(&mut self) -> BTreeSet<NotificationId> {
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

    fn check_replays(&mut self) {
        let mut broken = Vec::new();
        for asked in &self.state.asked {
            let stored = self.state.replays.get(&asked.replay_id);
            let job = stored.map(|stored| &stored.value);
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
                // What was stamped by a clock that was behind comes later than its time.
                let written_at = self
                    .state
                    .book
                    .written_at(&commit.account_id, commit.first_version);
                let was_there = written_at.is_some_and(|at| at + MINUTE < asked.at);
                (was_there || self.state.clocks.were_always_right())
                    && (asked.from..asked.to).contains(&commit.recorded_at)
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
