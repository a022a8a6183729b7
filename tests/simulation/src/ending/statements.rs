use domain::cadence::StatementMonth;
use domain::notification::{self, Content, EMAIL, Kind, Notification, Phase, Statement};
use domain::recipient::Recipient;
use domain::{IntegrationEvent, Status};
use handlers::ports::Person;

use crate::checks::statement::ONE_STATEMENT;
use crate::kernel::{Core, micros_at};

const MOVEMENTS: [&str; 3] = ["MoneyDeposited", "MoneyWithdrawn", "TransactionReversed"];

impl Core {
    /// A month in which something is told has a statement for each customer who wished it.
    pub(super) fn check_statements_planned(&mut self, event: &IntegrationEvent) {
        if notification::kinds(event).is_empty() {
            return;
        }
        let recorded_at = event.metadata.recorded_at;
        let Some(person) = self.settled_person(event) else {
            return;
        };
        let quiet = person.preferences.quiet_hours();
        let Some(month) = StatementMonth::of(recorded_at, person.time_zone, quiet) else {
            return;
        };
        let (account, customer) = (&event.metadata.account_id, &event.customer_id);
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

    /// A movement of who has wished for statements ever since was told in one,
    /// or is in one that is not told yet, or could not be.
    pub(super) fn check_is_stated(&mut self, event: &IntegrationEvent) {
        let (metadata, customer) = (&event.metadata, &event.customer_id);
        if !MOVEMENTS.contains(&event.type_name()) {
            return;
        }
        let Some(person) = self.settled_person(event) else {
            return;
        };
        let since = self.state.book.in_force(customer, metadata.recorded_at);
        let since = since.map_or(0, |revision| revision.revision);
        let known = self.state.book.customers.get(customer);
        let later: Vec<&Person> = known
            .into_iter()
            .flatten()
            .filter(|known| known.revision.revision >= since)
            .filter_map(|known| known.revision.person.as_ref()?.as_ref().ok())
            .collect();
        let ever_since = |recipient: &Recipient| {
            later
                .iter()
                .all(|person| wanting(person).contains(recipient))
        };
        let missing = wanting(person).into_iter().find(|recipient| {
            let place = (metadata.event_id, recipient.clone());
            ever_since(recipient)
                && !self.state.book.stated.contains_key(&place)
                && !self.waits_to_be_stated(event, recipient)
        });
        if let Some(recipient) = missing {
            self.violate(ONE_STATEMENT, || {
                format!(
                    "event {} of {} version {}, recorded {}, is in none of {recipient:?}",
                    metadata.event_id, metadata.account_id, metadata.version, metadata.recorded_at
                )
            });
        }
    }

    fn waits_to_be_stated(&self, event: &IntegrationEvent, recipient: &Recipient) -> bool {
        let mut all = self.state.notifications.values();
        all.any(|found| match found.content() {
            Content::Statement(Statement { ends, versions, .. }) => {
                let (version, time) = (event.metadata.version, event.metadata.recorded_at);
                *found.account_id() == event.metadata.account_id
                    && found.recipient() == recipient
                    && found.phase() != Phase::Sent
                    && match versions {
                        Some(told) => (told.after + 1..=told.through).contains(&version),
                        None => time < *ends,
                    }
            }
            _ => false,
        })
    }

    /// A statement that was told is followed by the next one.
    pub(super) fn check_next_statement(&mut self, told: &Notification) {
        let Content::Statement(statement) = told.content() else {
            return;
        };
        if told.due_at().is_some() {
            return;
        }
        let account = told.account_id();
        let Some(last) = self.state.store.last(account) else {
            return;
        };
        let customer = last.after.customer_id.clone();
        let open = last.after.status != Status::Closed;
        let known = self.state.book.customers.get(&customer);
        // Who has asked for them since has the next one with the next event.
        let latest = known.and_then(|known| known.last());
        let latest = latest.filter(|latest| latest.written_at < micros_at(statement.ends));
        let latest = latest.and_then(|latest| latest.revision.person.as_ref()?.as_ref().ok());
        let wanted = latest.is_some_and(|person| wanting(person).contains(told.recipient()));
        let Some(next) = statement.last_day.succ_opt().filter(|_| open && wanted) else {
            return;
        };
        let id = notification::statement_id(account, next, &customer, told.recipient(), EMAIL);
        if !self.state.notifications.contains_key(&id) {
            self.violate("a month has its statement", || {
                format!("{account} from {next}, after {}", told.id())
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
