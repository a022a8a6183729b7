/// The names of the tables, or their ARNs. A function has those that it uses; the others are empty, and a call to one of
/// them fails permanently.
#[derive(Debug, Clone, Default)]
pub struct Tables {
    /// Commits, by account and first version.
    pub events: String,
    /// Idempotency keys and marks of reversals, by account and key.
    pub requests: String,
    /// The read model, by account.
    pub balances: String,
    /// The revisions of customers, by customer and revision.
    pub customers: String,
    /// Notifications, by their id.
    pub notifications: String,
    /// Replay jobs and their shadow rows, by replay and part.
    pub replays: String,
    /// Schedules, by account and schedule.
    pub schedules: String,
    /// Suppressed addresses, by the hash of the address.
    pub suppressions: String,
}

/// The index of the events table by shard and recorded time.
pub(crate) const BY_TIME: &str = "by-time";
/// The index of the notifications table by account and position.
pub(crate) const BY_ACCOUNT: &str = "by-account";
/// The indexes of the schedules and notifications tables by shard and due time.
pub(crate) const BY_DUE: &str = "by-due";
/// The index of the notifications table by digest.
pub(crate) const BY_DIGEST: &str = "by-digest";
/// The index of the notifications table by shard and time of decision.
pub(crate) const BY_DECIDED: &str = "by-decided";
/// The index of the notifications table by verification code.
pub(crate) const BY_CODE: &str = "by-code";
/// The index of the customers table by kind and text of a term.
pub(crate) const BY_TERM: &str = "by-term";
/// The index of the replays table by part and revision, which only jobs have both.
pub(crate) const BY_PART: &str = "by-part";
/// The index of the balances table by the end of the account's id, and then by the folded id.
pub(crate) const BY_ENDING: &str = "by-ending";
/// The index of the balances table by the part that an account's event ids share.
pub(crate) const BY_EVENTS: &str = "by-events";
/// The index of the balances table by the account's holder.
pub(crate) const BY_CUSTOMER: &str = "by-customer";

impl Tables {
    /// Reads the names from `EVENTS_TABLE`, `REQUESTS_TABLE` and so on, which the template sets. A variable that is not set
    /// gives an empty name.
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
