use domain::notification::{MAX_PROVIDER_EVENTS, Phase, ProviderEventKind as Kind};

use crate::kernel::Core;

impl Core {
    /// What the provider told is noted, has cleared up what was unknown, and
    /// has suppressed the addresses that are bad.
    pub(super) fn check_feedback(&mut self) {
        let mut broken = Vec::new();
        for told in &self.state.book.provider {
            let id = told.notification_id;
            let Some(notification) = self.state.notifications.get(&id) else {
                continue;
            };
            let mut noted = notification.provider().events().iter();
            let is_noted =
                noted.any(|event| event.kind == told.kind && event.attempt == Some(told.attempt));
            // That it was taken may have been known from the answer to the mail itself.
            let is_known = told.kind == Kind::Sent
                && told.attempt == notification.attempts()
                && matches!(notification.phase(), Phase::Sent | Phase::Rejected)
                && notification.message_id().is_some();
            if !is_noted
                && !is_known
                && notification.provider().events().len() < MAX_PROVIDER_EVENTS
            {
                broken.push(("what the provider told is noted", format!("{told:?}")));
            }
            if notification.phase() == Phase::Unknown && told.attempt == notification.attempts() {
                broken.push((
                    "what the provider told clears up an unknown mail",
                    format!("{told:?}"),
                ));
            }
            if let Some(hash) = &told.suppresses
                && !self.state.suppressions.contains_key(hash)
            {
                broken.push(("a bad address is suppressed", format!("{told:?}")));
            }
        }
        for (id, notification) in &self.state.notifications {
            let mut told = notification.provider().events().iter();
            let rejected = told.any(|event| event.kind == Kind::Rejected);
            let by_provider =
                notification.phase() == Phase::Rejected && notification.message_id().is_some();
            if by_provider && !rejected {
                broken.push(("sent is what the mailer took", id.to_string()));
            }
        }
        for (invariant, detail) in broken {
            self.violate(invariant, || detail);
        }
    }
}
