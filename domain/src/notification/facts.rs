//! The facts about a notification's past on which later decisions depend.

use chrono::{DateTime, Utc};

use super::{History, Phase};

/// The facts about a notification's past. They are stored beside the history, which is for people and loses detail as it grows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Facts {
    /// The time of the decision.
    pub decided_at: DateTime<Utc>,
    /// The time of the last change of its state.
    pub updated_at: DateTime<Utc>,
    /// The time at which its first mail was known to be accepted.
    pub sent_at: Option<DateTime<Utc>>,
    /// Whether it ever waited, for a time or a digest. Then it is not late.
    pub waited: bool,
    /// Whether its outcome was ever unknown. Then another mail may be a repeat.
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

    /// Records that it has entered a state.
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

    /// Derives the facts that an older version did not store. `None` if the history is empty.
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
