use domain::EventId;
use domain::notification::{self, EMAIL, Kind, Notification, Statement};
use handlers::ports::Mail;

use crate::kernel::{Core, Micros};

impl Core {
    /// A statement is one of its month, its balances are those of its events,
    /// and no other statement has told any of its movements.
    pub(super) fn check_statement(
        &mut self,
        mail: &Mail,
        notification: &Notification,
        statement: Statement,
        began: Micros,
    ) {
        let (id, account) = (notification.id(), notification.account_id());
        let Some(event) = self.event_of(notification) else {
            self.violate("no mail without an event", || id.to_string());
            return;
        };
        let (customer, recipient) = (&event.customer_id, notification.recipient());
        let first_day = statement.first_day;
        if id != notification::statement_id(account, first_day, customer, recipient, EMAIL) {
            self.violate("a statement is one of its month", || id.to_string());
        }
        let Some(versions) = statement.versions else {
            self.violate("a statement is one of its month", || {
                format!("{id} tells no versions")
            });
            return;
        };
        let book = &self.state.book;
        let opening = Some(versions.after).filter(|after| *after > 0);
        let opening = opening.and_then(|after| book.balance_at(account, after));
        let closing = match versions.through {
            // Its month was over, by another clock, before the account was opened.
            0 => Some(0),
            through => book.balance_at(account, through),
        };
        let balances: Vec<i128> = opening.into_iter().chain(closing).collect();
        if let Some(currency) = self.currency_of(account) {
            self.check_shown(mail, currency, &balances);
        }
        self.check_told_once(mail, notification);
        self.check_recipient(mail, notification, customer, &[Kind::Statement], began);
    }

    fn check_told_once(&mut self, mail: &Mail, notification: &Notification) {
        let id = notification.id();
        for event in told_by(mail) {
            let place = (event, notification.recipient().clone());
            let first = *self.state.book.stated.entry(place).or_insert(id);
            if first != id {
                self.violate(ONE_STATEMENT, || {
                    format!(
                        "event {event} of {}: by {first} and by {id}",
                        notification.account_id()
                    )
                });
            }
        }
    }
}

pub(crate) const ONE_STATEMENT: &str = "each movement is in exactly one statement";

/// The events of the entries that are attached, read off the last column. The
/// customer's language decides what separates columns.
fn told_by(mail: &Mail) -> impl Iterator<Item = EventId> {
    let texts = mail.attachments.iter().map(|file| &*file.bytes);
    let texts = texts.map(|bytes| std::str::from_utf8(bytes).unwrap_or_default());
    let entries = texts.flat_map(|text| text.lines().skip(1));
    entries.filter_map(|entry| entry.rsplit([',', ';']).next()?.parse().ok())
}
