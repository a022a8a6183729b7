//! The names that templates may use. `build.rs` refuses a template that uses another; tests hold the facts against them.

/// What every mail knows.
pub const ENVELOPE: &[&str] = &[
    "bank_name",
    "customer_name",
    "verification_code",
    "unsubscribe_url",
    "optional",
    "hidden",
    "possible_repeat",
    "notification_id",
];

/// What bodies know beside it, and subjects do not.
pub const GIVEN_TO_BODIES: &[&str] = &["headline"];

/// What a mail about one event knows.
pub const NOTICE: &[&str] = &[
    "account",
    "amount",
    "balance_after",
    "overdraft_limit",
    "threshold",
    "reference",
    "counterparty",
    "schedule_id",
    "planned_for",
    "skipped",
    "occurred_at",
    "recorded_at",
    "value_date",
];

/// What a digest knows.
pub const DIGEST: &[&str] = &[
    "count",
    "plural",
    "period_from",
    "period_to",
    "items",
    "more",
    "more_plural",
    "totals",
];

/// What a digest knows of each item.
pub const ITEM: &[&str] = &["kinds", "time", "account", "amount", "balance_after"];

/// What a digest knows of each account and currency.
pub const TOTAL: &[&str] = &["account", "paid_in", "paid_out", "count"];

/// What a statement knows.
pub const STATEMENT: &[&str] = &[
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

/// What a statement knows of each entry.
pub const ENTRY: &[&str] = &[
    "kind",
    "day",
    "amount",
    "balance_after",
    "counterparty",
    "reference",
];

/// What a subject may say: nothing that somebody else has written.
pub const SUBJECT: &[&str] = &[
    "hidden",
    "account",
    "amount",
    "balance_after",
    "count",
    "plural",
    "period_from",
    "period_to",
];

/// The folder of the mail that is not about one kind.
pub const DIGEST_FOLDER: &str = "digest";
