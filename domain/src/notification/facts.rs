//! What later decisions ask about a notification's past.

use chrono::{DateTime, Utc};

use super::{History, Phase};

/// What is known of a notification's past. It is kept beside the history, which
/// is for people and loses detail as it grows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Facts {
    /// When it was decided.
    pub decided_at: DateTime<Utc>,
    /// When its state changed last.
    pub updated_at: DateTime<Utc>,
    /// When the first of its mails was known to be accepted.
    pub sent_at: Option<DateTime<Utc>>,
    /// Whether it ever waited, for a time or a digest: it is not late then.
    pub waited: bool,
    /// Whether its outcome was ever unknown: a further mail may be a repeat.
    pub was_unknown: bool,
}

impl Facts {
    pub(super) fn new(phase: Phase, at: DateTime<Utc>) -> Self {
        let mut facts = Facts {
            decided_at: at,
            updated_at: at,
            sent_at: None,
            waited: false,
            was_unknown: false,
        };
        facts.note(phase, at);
        facts
    }

    /// Notes that it has entered a state.
    pub(super) fn note(&mut self, phase: Phase, at: DateTime<Utc>) {
        self.updated_at = at;
        match phase {
            Phase::Sent => self.sent_at = self.sent_at.or(Some(at)),
            Phase::Planned => self.waited = true,
            Phase::Unknown => self.was_unknown = true,
            Phase::Claimed | Phase::Sending | Phase::RetryAt | Phase::Rejected | Phase::Skipped => {
            }
        }
    }

    /// The facts of what an older version stored without them. `None` for a
    /// history without an entry.
    pub(super) fn of(history: &History) -> Option<Self> {
        let (first, last) = (history.first()?, history.last()?);
        let mut facts = Facts::new(first.state, first.at);
        for entry in history.iter() {
            facts.note(entry.state, entry.at);
        }
        facts.updated_at = last.until();
        Some(facts)
    }
}
