use domain::notification::{Notification, Phase, SkipReason};

use crate::kernel::{Core, Micros, SECOND};

/// A customer who was entered longer before is seen by every evaluation of the event.
const JUST_BEFORE: Micros = 3 * SECOND;

impl Core {
    /// Who was entered before an event is told of it, whatever the clocks show.
    pub(crate) fn check_is_without_contact(&mut self, notification: &Notification) {
        let unknown = notification.phase() == Phase::Skipped
            && notification.reason() == Some(SkipReason::NoContact.as_str());
        let (account, version) = (notification.account_id(), notification.source().version);
        let book = &self.state.book;
        let (Some(written_at), Some(commit), true) = (
            book.written_at(account, version),
            self.state.store.holding(account, version),
            unknown,
        ) else {
            return;
        };
        let entered = book.customers.get(&commit.after.customer_id);
        // Who was erased has no contact at any time before that.
        let entered =
            entered.filter(|known| known.iter().all(|known| known.revision.person.is_some()));
        let entered = entered.and_then(|known| known.first());
        if entered.is_some_and(|entered| entered.written_at + JUST_BEFORE < written_at) {
            self.violate("who was entered before an event is told of it", || {
                format!("{}: {account} version {version}", notification.id())
            });
        }
    }
}
