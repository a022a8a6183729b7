//! An account as of a version or of a time.

use chrono::{DateTime, Utc};
use domain::chain::ChainError;
use domain::{Account, Commit, Money, Version, chain};

/// The one of an event's two times that counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Basis {
    /// When it was stored here. The account is as it was known at that time.
    Recorded,
    /// When it happened according to the bank. The account includes events that
    /// were recorded later.
    Occurred,
}

/// The last point of an account's history that counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AsOf {
    /// The event of this version, included.
    Version(Version),
    /// This time, included.
    Time(DateTime<Utc>, Basis),
}

/// An account as of a point of its history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// The account after the last event that counts.
    pub account: Account,
    /// When the commit of that event was recorded.
    pub updated_at: DateTime<Utc>,
}

/// Folds the commits of an account, oldest first, up to that point. `None`: it
/// was not open yet.
///
/// By occurred time, too, events apply in the order of their versions, without
/// those that happened later: a sum does not depend on the order.
///
/// # Errors
/// Those of [`Fold::take`].
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

/// A [`fold`] of commits that arrive one by one, so that no history has to fit
/// into memory.
#[derive(Debug)]
pub struct Fold {
    as_of: AsOf,
    standing: Option<Standing>,
    seen: Version,
}

impl Fold {
    /// Returns the fold of no commits.
    #[must_use]
    pub fn new(as_of: AsOf) -> Self {
        Fold {
            as_of,
            standing: None,
            seen: 0,
        }
    }

    /// The version of the last event taken, whether it counts or not; 0 before
    /// the first.
    #[must_use]
    pub fn seen(&self) -> Version {
        self.seen
    }

    /// Whether no later commit can count. For a time this is never known: an
    /// event may be recorded long after it occurred.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        matches!(self.as_of, AsOf::Version(last) if self.seen >= last)
    }

    /// Applies the account's next commit.
    ///
    /// # Errors
    /// Both are permanent, as the commit is stored like this:
    ///
    /// - [`ChainError::Decode`]: this version cannot read an event.
    /// - [`ChainError::Fold`]: an event cannot follow the ones before it.
    pub fn take(&mut self, commit: &Commit) -> Result<(), ChainError> {
        for ((version, event), recorded) in chain::decode(commit)?.into_iter().zip(&commit.events) {
            self.seen = version;
            let counts = match self.as_of {
                AsOf::Version(last) => version <= last,
                AsOf::Time(time, Basis::Recorded) => commit.recorded_at <= time,
                AsOf::Time(time, Basis::Occurred) => recorded.occurred.at() <= time,
            };
            if !counts {
                continue;
            }
            let before = self.standing.take().map(|standing| standing.account);
            let before = match (before, version) {
                // By occurred time money can move before the opening: the
                // account then has the sum of these movements.
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

    /// The account at that point; `None`: it was not open yet.
    #[must_use]
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
