use chrono_tz::Tz;
use domain::delivery::StatementMonth;
use domain::notification::{self, EMAIL, Kind};
use domain::recipient::Recipient;
use domain::{DomainEvent, Status};
use handlers::ports::{Content, Notification, Person};

use crate::kernel::Core;

impl Core {
    /// A month in which something is told has a statement for whoever wished it.
    pub(super) fn check_statements_planned(&mut self, event: &DomainEvent) {
        if notification::kinds(event).is_empty() {
            return;
        }
        let recorded_at = event.metadata.recorded_at;
        let Some(person) = self.settled_person(event, recorded_at) else {
            return;
        };
        let quiet = person.preferences.quiet_hours();
        let zone: Option<Tz> = person.time_zone.parse().ok();
        let Some(month) = zone.and_then(|zone| StatementMonth::of(recorded_at, zone, quiet)) else {
            return;
        };
        let (account, customer) = (&event.metadata.account_id, &event.data.customer_id);
        let missing = wanting(person).into_iter().find(|recipient| {
            let id = notification::statement_id(account, month.first, customer, recipient, EMAIL);
            !self.state.notifications.contains_key(&id)
        });
        if missing.is_some() {
            self.violate("a month has its statement", || {
                format!("{account} from {}", month.first)
            });
        }
    }

    /// A statement that was told is followed by the next one.
    pub(super) fn check_next_statement(&mut self, told: &Notification) {
        let Content::Statement(statement) = &told.content else {
            return;
        };
        if told.due_at.is_some() {
            return;
        }
        let account = &told.account_id;
        let Some(last) = self.state.store.last(account) else {
            return;
        };
        let customer = last.after.customer_id.clone();
        let open = last.after.status != Status::Closed;
        let known = self.state.book.customers.get(&customer);
        let latest = known.and_then(|known| known.last()?.revision.person.as_ref());
        let wanted = latest.is_some_and(|person| wanting(person).contains(&told.recipient));
        let Some(next) = statement.last_day.succ_opt().filter(|_| open && wanted) else {
            return;
        };
        let id = notification::statement_id(account, next, &customer, &told.recipient, EMAIL);
        if !self.state.notifications.contains_key(&id) {
            self.violate("a month has its statement", || {
                format!("{account} from {next}, after {}", told.notification_id)
            });
        }
    }
}

fn wanting(person: &Person) -> Vec<Recipient> {
    let wishes = &person.preferences;
    let further = wishes.addresses().iter();
    let further = further.map(|address| Recipient::Address(address.hash()));
    std::iter::once(Recipient::Customer)
        .chain(further)
        .filter(|recipient| wishes.is_on_for(Kind::Statement, recipient))
        .collect()
}
