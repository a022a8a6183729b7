use std::collections::BTreeSet;

use domain::NotificationId;
use handlers::feedback::MAX_EVENTS;
use handlers::ports::{Content, Notification, State};

use crate::kernel::Core;

impl Core {
    /// What must hold between a notification as it is stored and its next write.
    pub(crate) fn check_step(&mut self, stored: &Notification, next: &Notification) {
        let id = next.notification_id;
        if !covered(next).is_subset(&covered(stored)) {
            self.violate("what a digest tells is pinned", || id.to_string());
        }
        let told_more = next.feedback != stored.feedback;
        let stays = match (stored.state, next.state) {
            // Of an earlier attempt, whose outcome was unknown.
            (State::Skipped, State::Skipped) => told_more,
            (State::Skipped, _) => false,
            // Only what the provider tells may lead from one to the other.
            (State::Sent | State::Rejected, State::Sent | State::Rejected) => told_more,
            (State::Sent | State::Rejected, _) => false,
            _ => true,
        };
        if !stays {
            self.violate("a final state stays", || {
                format!("{id}: from {:?} to {:?}", stored.state, next.state)
            });
        }
        let lost = stored
            .feedback
            .iter()
            .any(|event| !next.feedback.iter().any(|kept| kept.id == event.id));
        if (lost && next.feedback.len() < MAX_EVENTS) || next.delivery < stored.delivery {
            self.violate("what the provider told is never taken back", || {
                format!("{id}: from {:?} to {:?}", stored.delivery, next.delivery)
            });
        }
    }
}

fn covered(notification: &Notification) -> BTreeSet<NotificationId> {
    match &notification.content {
        Content::Digest(digest) => digest
            .covers
            .iter()
            .map(|covered| covered.notification_id)
            .collect(),
        _ => BTreeSet::new(),
    }
}
