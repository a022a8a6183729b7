//! The content of a mail, beyond its event.

mod digest;

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use crate::Version;
pub use digest::{Covered, Digest};

/// The content of a mail.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Content {
    /// The event alone.
    #[default]
    Event,
    /// Several notifications: all that waited for one occurrence, or all of one event.
    Digest(Digest),
    /// An account over a month.
    Statement(Statement),
}

impl Content {
    /// Whether it is the event alone.
    #[must_use]
    pub fn is_event(&self) -> bool {
        *self == Content::Event
    }

    /// Whether it is a digest.
    #[must_use]
    pub fn is_digest(&self) -> bool {
        self.digest().is_some()
    }

    /// Whether its mail is about several events. That of one event reads as the mail of that event, whatever it covers.
    #[must_use]
    pub fn is_about_several_events(&self) -> bool {
        self.digest()
            .is_some_and(|digest| digest.one_event().is_none())
    }

    /// The digest, if it is one.
    #[must_use]
    pub fn digest(&self) -> Option<&Digest> {
        match self {
            Content::Digest(digest) => Some(digest),
            Content::Event | Content::Statement(_) => None,
        }
    }

    /// The statement, if it is one.
    #[must_use]
    pub fn statement(&self) -> Option<Statement> {
        match self {
            Content::Statement(statement) => Some(*statement),
            Content::Event | Content::Digest(_) => None,
        }
    }

    /// Whether it is a digest without any notifications left.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.digest()
            .is_some_and(|digest| digest.covers().is_empty())
    }
}

/// A month of an account. Its days are pinned when it is planned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Statement {
    /// The first day, by the customer's clock.
    pub first_day: NaiveDate,
    /// The last day, by the customer's clock.
    pub last_day: NaiveDate,
    /// The end of the previous statement, or the first instant of the month if there is none.
    pub begins: DateTime<Utc>,
    /// The beginning of the next statement.
    pub ends: DateTime<Utc>,
    /// The versions that it covers, pinned when it is first resumed. Some of older versions were sent without.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub versions: Option<Versions>,
}

/// The versions that a statement covers: the next one begins after them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Versions {
    /// Those after this one,
    pub after: Version,
    /// and up to this one.
    pub through: Version,
}
