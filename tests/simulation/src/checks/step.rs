use domain::notification::{Digest, MAX_PROVIDER_EVENTS, Notification, Phase};
use std::collections::BTreeSet;

use domain::NotificationId;

use crate::kernel::Core;

impl Core {
    /// What must hold between a notification as it is stored and its next write.
    pub(crate) fn check_step(&mut self, stored: &Notification, next: &Notification) {
        let id = next.id();
        if !covered(next).is_subset(&covered(stored)) {
            self.violate("what a digest tells is pinned", || id.to_string());
        }
        let told_more = next.provider().events() != stored.provider().events();
        let stays = match (stored.phase(), next.phase()) {
            // Of an earlier attempt, whose outcome was unknown.
            (Phase::Skipped, Phase::Skipped) => told_more,
            (Phase::Skipped, _) => false,
            // Only what the provider tells may lead from one to the other.
            (Phase::Sent | Phase::Rejected, Phase::Sent | Phase::Rejected) => told_more,
            (Phase::Sent | Phase::Rejected, _) => false,
            _ => true,
        };
        if !stays {
            self.violate("a final state stays", || {
                format!("{id}: from {:?} to {:?}", stored.phase(), next.phase())
            });
        }
        let lost = stored.provider().events().iter().any(|event| {
            !next
                .provider()
                .events()
                .iter()
                .any(|kept| kept.id == event.id)
        });
        if (lost && next.provider().events().len() < MAX_PROVIDER_EVENTS)
            || next.provider().status() < stored.provider().status()
        {
            self.violate("what the provider told is never taken back", || {
                let status = |of: &Notification| of.provider().status();
                format!("{id}: from {:?} to {:?}", status(stored), status(next))
            });
        }
    }
}

fn covered(notification: &Notification) -> BTreeSet<NotificationId> {
    let digest = notification.content().digest();
    let covers = digest.into_iter().flat_map(Digest::covers);
    covers.map(|covered| covered.notification_id).collect()
}
