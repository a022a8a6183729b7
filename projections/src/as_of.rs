//! An account as it stood at a version or at a time.

use chrono::{DateTime, Utc};
use domain::chain::ChainError;
use domain::{Account, Commit, Money, Version, chain};

/// Which of an event's two times is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Basis {
    /// When it was stored here: what was known at that time.
    Recorded,
    /// When it happened, as the bank says: includes what was told later.
    Occurred,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AsOf {
    Version(Version),
    Time(DateTime<Utc>, Basis),
}

/// What an account was at that point.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    pub account: Account,
    /// When the last event that counts was recorded.
    pub updated_at: DateTime<Utc>,
}

/// The account at that point; `None` when it was not open yet.
///
/// By occurred time the events are taken in the order of their versions,
/// leaving out the later ones: a sum does not depend on the order, and the
/// opening always counts as before all others.
pub fn fold(
    commits: impl IntoIterator<Item = Commit>,
    as_of: AsOf,
) -> Result<Option<Standing>, ChainError> {
    let mut fold = Fold::new(as_of);
    for commit in commits {
        fold.take(&commit)?;
    }
    Ok(fold.standing())
}

/// The same over commits that come one by one, in their order: it keeps the
/// account, and nothing of what it was made of.
#[derive(Debug)]
pub struct Fold {
    as_of: AsOf,
    standing: Option<Standing>,
    /// The last version that was seen.
    seen: Version,
}

impl Fold {
    pub fn new(as_of: AsOf) -> Self {
        Fold {
            as_of,
            standing: None,
            seen: 0,
        }
    }

    /// The last version that was seen; 0 before the first.
    pub fn seen(&self) -> Version {
        self.seen
    }

    /// Whether nothing that follows can count. Of a time that is never known:
    /// what happened before it can be told at any later one.
    pub fn is_complete(&self) -> bool {
        matches!(self.as_of, AsOf::Version(last) if self.seen >= last)
    }

    /// # Errors
    /// Where an event cannot be read, or does not follow.
    pub fn take(&mut self, commit: &Commit) -> Result<(), ChainError> {
        for ((version, event), recorded) in chain::decode(commit)?.into_iter().zip(&commit.events) {
            self.seen = version;
            let counts = match self.as_of {
                AsOf::Version(last) => version <= last,
                AsOf::Time(time, Basis::Recorded) => commit.recorded_at <= time,
                AsOf::Time(time, Basis::Occurred) => recorded.occurred_at <= time,
            };
            if !counts {
                continue;
            }
            let before = self.standing.take().map(|standing| standing.account);
            let before = match (before, version) {
                // The opening itself lies later, and money moved before it:
                // the account stood at what these movements add up to.
                (None, version) if version > 1 => Some(unopened(commit)),
                (before, _) => before,
            };
            let mut account = Account::apply(before, &event)?;
            account.version = version;
            self.standing = Some(Standing {
                account,
                updated_at: commit.recorded_at,
            });
        }
        Ok(())
    }

    /// The account at that point; `None` when it was not open yet.
    pub fn standing(self) -> Option<Standing> {
        self.standing
    }
}

fn unopened(commit: &Commit) -> Account {
    Account {
        balance: Money::zero(commit.after.currency()),
        version: 0,
        status: domain::Status::Open,
        ..commit.after.clone()
    }
}
