//! The names that templates may use. `build.rs` refuses a template with another name; tests compare the facts with them.

/// The facts of every mail.
pub(crate) const ENVELOPE: &[&str] = &[
    "bank_name",
    "customer_name",
    "verification_code",
    "unsubscribe_url",
    "optional",
    "hidden",
    "possible_repeat",
];

/// The additional facts of bodies, which subjects do not have.
pub(crate) const GIVEN_TO_BODIES: &[&str] = &["headline"];

/// The facts of a mail about one event.
pub(crate) const NOTICE: &[&str] = &[
    "account",
    "amount",
    "movement",
    "direction",
    "balance_after",
    "overdraft_limit",
    "overdraft_agreed",
    "threshold",
    "also",
    "reference",
    "counterparty",
    "reversed_party",
    "reversed_day",
    "schedule_id",
    "planned_for",
    "skipped",
    "occurred_at",
    "occurred_on",
    "recorded_at",
    "value_date",
];

/// The facts of a further kind that a mail covers.
pub(crate) const ALSO: &[&str] = &["kind", "threshold"];

/// The facts of a digest.
pub(crate) const DIGEST: &[&str] = &[
    "count",
    "plural",
    "period_from",
    "period_to",
    "day",
    "only_movements",
    "items",
    "more",
    "more_plural",
    "totals",
];

/// The facts of a digest's item.
pub(crate) const ITEM: &[&str] = &[
    "kinds",
    "time",
    "account",
    "counterparty",
    "reference",
    "amount",
    "balance_after",
];

/// The facts of a digest's total for an account and currency.
pub(crate) const TOTAL: &[&str] = &["account", "paid_in", "paid_out", "count"];

/// The facts of a statement.
pub(crate) const STATEMENT: &[&str] = &[
    "account",
    "period_from",
    "period_to",
    "opening_balance",
    "closing_balance",
    "total_in",
    "total_out",
    "count",
    "entries",
    "more",
    "more_plural",
    "file_name",
];

/// The facts of a statement's entry.
pub(crate) const ENTRY: &[&str] = &[
    "kind",
    "day",
    "amount",
    "balance_after",
    "counterparty",
    "reference",
];

/// The facts that a subject may use: none that a third party wrote.
pub(crate) const SUBJECT: &[&str] = &[
    "hidden",
    "account",
    "amount",
    "direction",
    "balance_after",
    "count",
    "plural",
    "period_from",
    "period_to",
    "day",
    "only_movements",
];

/// The folder of digests, which have no kind.
pub(crate) const DIGEST_FOLDER: &str = "digest";
