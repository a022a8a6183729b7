use domain::notification::{self, EMAIL, Kind};
use handlers::ports::{Mail, Notification, Statement};

use crate::kernel::{Core, Micros};

impl Core {
    /// A statement is one of its month, and its balances are those of its events.
    pub(super) fn check_statement(
        &mut self,
        mail: &Mail,
        notification: &Notification,
        statement: Statement,
        began: Micros,
    ) {
        let (id, account) = (notification.notification_id, &notification.account_id);
        let Some(event) = self.event_of(notification) else {
            self.violate("no mail without an event", || id.to_string());
            return;
        };
        let (customer, recipient) = (&event.data.customer_id, &notification.recipient);
        let first_day = statement.first_day;
        if id != notification::statement_id(account, first_day, customer, recipient, EMAIL) {
            self.violate("a statement is one of its month", || id.to_string());
        }
        let ends_at = self
            .state
            .store
            .of(account)
            .rfind(|commit| commit.recorded_at < statement.ends)
            .map(|commit| commit.last_version());
        let balance = ends_at.and_then(|version| self.state.book.balance_at(account, version));
        if let (Some(balance), Some(currency)) = (balance, self.currency_of(account)) {
            self.check_shown(mail, currency, &[balance]);
        }
        self.check_recipient(mail, notification, customer, &[Kind::Statement], began);
    }
}
