/// The names of the tables. A function knows those that it uses; the others
/// stay empty, and a call to one of them fails.
#[derive(Debug, Clone, Default)]
pub struct Tables {
    pub events: String,
    pub requests: String,
    pub balances: String,
    pub customers: String,
    pub notifications: String,
    pub replays: String,
    pub schedules: String,
    pub suppressions: String,
}

/// The index of the events table by slice and recorded time.
pub(crate) const BY_TIME: &str = "by-time";
/// The index of the notifications table by account and position.
pub(crate) const BY_ACCOUNT: &str = "by-account";
/// The indexes of the schedules and notifications tables by what is due.
pub(crate) const BY_DUE: &str = "by-due";
/// The index of the notifications table by the digest that tells them.
pub(crate) const BY_DIGEST: &str = "by-digest";
/// The index of the notifications table by verification code.
pub(crate) const BY_CODE: &str = "by-code";

impl Tables {
    /// From `EVENTS_TABLE`, `REQUESTS_TABLE` ... as the template sets them.
    #[cfg(feature = "cloud")]
    pub fn from_env() -> Self {
        let name = |variable: &str| std::env::var(variable).unwrap_or_default();
        Tables {
            events: name("EVENTS_TABLE"),
            requests: name("REQUESTS_TABLE"),
            balances: name("BALANCES_TABLE"),
            customers: name("CUSTOMERS_TABLE"),
            notifications: name("NOTIFICATIONS_TABLE"),
            replays: name("REPLAYS_TABLE"),
            schedules: name("SCHEDULES_TABLE"),
            suppressions: name("SUPPRESSIONS_TABLE"),
        }
    }
}
