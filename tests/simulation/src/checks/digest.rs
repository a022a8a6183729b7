use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use domain::notification::{self, Digest, EMAIL, Notification};
use domain::{AccountId, Currency, NotificationId};
use handlers::ports::Mail;

use crate::kernel::{Core, Micros};

impl Core {
    /// A digest is one of its occurrence, or the mail of an event. What it tells is told by it alone, was to wait for a digest
    /// or not to wait, and adds up.
    pub(super) fn check_digest(
        &mut self,
        mail: &Mail,
        notification: &Notification,
        digest: &Digest,
        began: Micros,
    ) {
        let id = notification.id();
        let recipient = notification.recipient();
        let waits = !notification.subject().is_mail_of_event();
        let of_occurrence =
            notification::digest_id(digest.customer_id(), recipient, digest.to(), EMAIL);
        if waits && id != of_occurrence {
            self.violate("a digest is one of its occurrence", || {
                format!("{id} of {}", digest.to())
            });
        }
        for covered in digest.covers() {
            self.check_covered(covered.notification_id, notification, waits, began);
        }
        let kinds = digest.kinds();
        match digest.one_event() {
            Some((account, version)) => self.check_amounts(mail, account, version, &kinds),
            None => self.check_totals(mail, digest),
        }
        self.check_recipient(mail, notification, digest.customer_id(), &kinds, began);
    }

    fn check_covered(
        &mut self,
        item: NotificationId,
        digest: &Notification,
        waits: bool,
        began: Micros,
    ) {
        let id = digest.id();
        let teller = *self.state.book.told_by.entry(item).or_insert(id);
        if teller != id {
            self.violate("a notification is told by one digest", || {
                format!("{item} by {teller} and {id}")
            });
        }
        if self.state.book.taken.contains_key(&item) {
            self.violate("what a digest tells is not told alone too", || {
                format!("{item}, told by {id}")
            });
        }
        let stored = self.state.notifications.get(&item).map(Arc::clone);
        let found = stored.and_then(|item| Some((self.event_of(&item)?, item)));
        match found {
            Some((event, item)) if item.recipient() == digest.recipient() => {
                self.check_is_no_old_news(&item);
                let judged = self.judged(&item, &event, began);
                self.check_decision_of(&item, &event, waits, judged);
            }
            _ => self.violate("no mail without an event", || item.to_string()),
        }
    }

    /// The totals of an account are the sums of what its events moved, each
    /// event once.
    fn check_totals(&mut self, mail: &Mail, digest: &Digest) {
        let mut told: BTreeMap<&AccountId, BTreeSet<u64>> = BTreeMap::new();
        for covered in digest.covers() {
            let versions = told.entry(&covered.account_id).or_default();
            versions.insert(covered.event_version);
        }
        for (account, versions) in told {
            let book = &self.state.book;
            let moves = versions.iter().filter_map(|version| {
                let balance = book.balance_at(account, *version)?;
                Some(balance - book.balance_at(account, version - 1).unwrap_or(0))
            });
            let (mut paid_in, mut paid_out) = (0, 0);
            for moved in moves {
                if moved > 0 {
                    paid_in += moved;
                } else {
                    paid_out -= moved;
                }
            }
            // An operation that was skipped has moved nothing.
            if (paid_in, paid_out) == (0, 0) {
                continue;
            }
            let Some(currency) = self.currency_of(account) else {
                continue;
            };
            self.check_shown(mail, currency, &[paid_in, paid_out]);
        }
    }

    pub(super) fn currency_of(&self, account: &AccountId) -> Option<Currency> {
        let last = self.state.store.last(account)?;
        Some(last.after.balance.currency())
    }
}
