//! What a mail is about, beside its event.

mod digest;

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use crate::Version;
pub use digest::{Covered, Digest};

/// What a mail is about.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Content {
    /// The event alone.
    #[default]
    Event,
    /// Everything that waited for one occurrence.
    Digest(Digest),
    /// An account over a month.
    Statement(Statement),
}

impl Content {
    /// Whether it is about its event alone.
    pub fn is_event(&self) -> bool {
        *self == Content::Event
    }

    /// Whether it is a digest.
    pub fn is_digest(&self) -> bool {
        self.digest().is_some()
    }

    /// The digest, where it is one.
    pub fn digest(&self) -> Option<&Digest> {
        match self {
            Content::Digest(digest) => Some(digest),
            Content::Event | Content::Statement(_) => None,
        }
    }

    /// The statement, where it is one.
    pub fn statement(&self) -> Option<Statement> {
        match self {
            Content::Statement(statement) => Some(*statement),
            Content::Event | Content::Digest(_) => None,
        }
    }

    /// Whether it is a digest of which nothing is left that anybody wants.
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
    /// Where the previous statement ended; the first moment of its month, where
    /// there is none.
    pub begins: DateTime<Utc>,
    /// Where the next statement begins.
    pub ends: DateTime<Utc>,
    /// The versions that it covers. Pinned when it is resumed first; an older
    /// version has sent some without.
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
