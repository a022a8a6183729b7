//! The tables and their columns: what readers rely on. A column is added at the
//! end and never changed; docs/export.md has what each means.

use std::fmt;

use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Table {
    /// One row an event.
    Events,
    /// One row a commit, with all that its hash is taken of.
    Commits,
    /// One row a notification that was considered: whether to send it, or why not.
    Decisions,
    /// One row a notification that was to be sent, as it stands.
    Notifications,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Text,
    Int,
    Decimal,
    Time,
    Date,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Column {
    pub name: &'static str,
    pub kind: Kind,
    pub nullable: bool,
}

const fn required(name: &'static str, kind: Kind) -> Column {
    Column {
        name,
        kind,
        nullable: false,
    }
}

const fn optional(name: &'static str, kind: Kind) -> Column {
    Column {
        name,
        kind,
        nullable: true,
    }
}

const EVENTS: [Column; 24] = [
    required("event_id", Kind::Text),
    required("account_id", Kind::Text),
    required("version", Kind::Int),
    required("customer_id", Kind::Text),
    required("type", Kind::Text),
    required("schema", Kind::Int),
    required("occurred_at", Kind::Time),
    required("recorded_at", Kind::Time),
    required("currency", Kind::Text),
    optional("amount", Kind::Decimal),
    required("delta", Kind::Decimal),
    required("balance", Kind::Decimal),
    optional("channel", Kind::Text),
    optional("counterparty", Kind::Text),
    optional("reference", Kind::Text),
    optional("value_date", Kind::Date),
    optional("reverses", Kind::Text),
    optional("reason", Kind::Text),
    optional("schedule_id", Kind::Text),
    required("data", Kind::Text),
    required("source", Kind::Text),
    required("correlation_id", Kind::Text),
    required("commit_version", Kind::Int),
    required("commit_hash", Kind::Text),
];

const COMMITS: [Column; 7] = [
    required("account_id", Kind::Text),
    required("first_version", Kind::Int),
    required("last_version", Kind::Int),
    required("recorded_at", Kind::Time),
    required("prev_hash", Kind::Text),
    required("hash", Kind::Text),
    required("content", Kind::Text),
];

const DECISIONS: [Column; 8] = [
    required("notification_id", Kind::Text),
    required("account_id", Kind::Text),
    required("event_id", Kind::Text),
    required("event_version", Kind::Int),
    required("kind", Kind::Text),
    required("decision", Kind::Text),
    optional("reason", Kind::Text),
    required("decided_at", Kind::Time),
];

const NOTIFICATIONS: [Column; 13] = [
    required("notification_id", Kind::Text),
    required("account_id", Kind::Text),
    required("event_id", Kind::Text),
    required("event_version", Kind::Int),
    required("kind", Kind::Text),
    required("state", Kind::Text),
    optional("reason", Kind::Text),
    optional("template", Kind::Text),
    required("attempts", Kind::Int),
    optional("delivery", Kind::Text),
    required("decided_at", Kind::Time),
    required("updated_at", Kind::Time),
    optional("sent_at", Kind::Time),
];

impl Table {
    pub const ALL: [Table; 4] = [
        Table::Events,
        Table::Commits,
        Table::Decisions,
        Table::Notifications,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Table::Events => "events",
            Table::Commits => "commits",
            Table::Decisions => "decisions",
            Table::Notifications => "notifications",
        }
    }

    pub fn columns(self) -> &'static [Column] {
        match self {
            Table::Events => &EVENTS,
            Table::Commits => &COMMITS,
            Table::Decisions => &DECISIONS,
            Table::Notifications => &NOTIFICATIONS,
        }
    }

    /// Where a column stands in a row.
    pub fn position(self, name: &str) -> Option<usize> {
        self.columns().iter().position(|column| column.name == name)
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
