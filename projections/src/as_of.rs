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
    let mut standing: Option<Standing> = None;
    for commit in commits {
        for ((version, event), recorded) in chain::decode(&commit)?.into_iter().zip(&commit.events)
        {
            let counts = match as_of {
                AsOf::Version(last) => version <= last,
                AsOf::Time(time, Basis::Recorded) => commit.recorded_at <= time,
                AsOf::Time(time, Basis::Occurred) => recorded.occurred_at <= time,
            };
            if !counts {
                continue;
            }
            let before = standing.take().map(|standing| standing.account);
            let before = match (before, version) {
                // The opening itself lies later, and money moved before it:
                // the account stood at what these movements add up to.
                (None, version) if version > 1 => Some(unopened(&commit)),
                (before, _) => before,
            };
            let mut account = Account::apply(before, &event)?;
            account.version = version;
            standing = Some(Standing {
                account,
                updated_at: commit.recorded_at,
            });
        }
    }
    Ok(standing)
}

fn unopened(commit: &Commit) -> Account {
    Account {
        balance: Money::zero(commit.after.currency()),
        version: 0,
        status: domain::Status::Open,
        ..commit.after.clone()
    }
}
