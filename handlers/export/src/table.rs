//! The tables and their columns, which readers rely on. New columns go to the
//! end, and none ever changes; `docs/reference/export.md` describes each.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A table of the export.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Table {
    /// One row an event.
    Events,
    /// One row a commit, with the content that its hash covers.
    Commits,
    /// One row a decision: to send a notification, or to skip it for a reason.
    Decisions,
    /// One row a notification that was not skipped, in its current phase.
    Notifications,
}

/// The type of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// UTF-8 text.
    Text,
    /// A signed 64-bit integer.
    Int,
    /// An exact amount.
    Decimal,
    /// A time in UTC, in microseconds.
    Time,
    /// A day.
    Date,
}

/// A column of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Column {
    /// The name.
    pub name: &'static str,
    /// The type.
    pub kind: Kind,
    /// Whether a cell may be without a value.
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

const EVENTS: [Column; 25] = [
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
    optional("occurred_on", Kind::Date),
];

/// The columns of events before `occurred_on`.
const EVENTS_AT_FIRST: usize = 24;

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
    /// All tables.
    pub const ALL: [Table; 4] = [
        Table::Events,
        Table::Commits,
        Table::Decisions,
        Table::Notifications,
    ];

    /// Returns the table's name, which is also its folder's.
    pub fn name(self) -> &'static str {
        match self {
            Table::Events => "events",
            Table::Commits => "commits",
            Table::Decisions => "decisions",
            Table::Notifications => "notifications",
        }
    }

    /// Returns the columns in their order.
    pub fn columns(self) -> &'static [Column] {
        match self {
            Table::Events => &EVENTS,
            Table::Commits => &COMMITS,
            Table::Decisions => &DECISIONS,
            Table::Notifications => &NOTIFICATIONS,
        }
    }

    /// Returns the number of columns that files of every version have. Later versions added the others, which are nullable;
    /// a file without them has no value in them.
    pub(crate) fn first_columns(self) -> usize {
        match self {
            Table::Events => EVENTS_AT_FIRST,
            Table::Commits | Table::Decisions | Table::Notifications => self.columns().len(),
        }
    }

    /// Returns the index of a column in a row.
    pub fn position(self, name: &str) -> Option<usize> {
        self.columns().iter().position(|column| column.name == name)
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
