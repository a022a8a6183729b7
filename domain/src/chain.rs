//! The proof that a commit follows from the one before it.

use crate::account::{Account, FoldError};
use crate::commit::{Commit, Head};
use crate::event::{DecodeError, Event};
use crate::{EventId, Version};

/// A commit that does not follow from what stands before it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ChainError {
    #[error("version {expected} should come next, and {found} does")]
    Gap { expected: Version, found: Version },
    #[error("the commit at version {0} has no events")]
    Empty(Version),
    #[error("the commit at version {0} names another hash as the one before it")]
    PreviousHash(Version),
    #[error("the hash of the commit at version {0} is not the hash of its content")]
    Hash(Version),
    #[error("the event at version {0} has an id that is not its own")]
    EventId(Version),
    #[error("version {0}: {1}")]
    Decode(Version, DecodeError),
    #[error(transparent)]
    Fold(#[from] FoldError),
    #[error("the account kept with the commit at version {0} is not what its events add up to")]
    Account(Version),
}

/// The head after `commit`, once everything about it was checked against the
/// head before it.
pub fn follow(before: Option<&Head>, commit: &Commit) -> Result<Head, ChainError> {
    let first = commit.first_version;
    let expected = before.map_or(1, |head| head.version() + 1);
    if first != expected {
        return Err(ChainError::Gap {
            expected,
            found: first,
        });
    }
    if commit.events.is_empty() {
        return Err(ChainError::Empty(first));
    }
    if commit.prev_hash != before.map_or(crate::Hash::GENESIS, |head| head.hash) {
        return Err(ChainError::PreviousHash(first));
    }
    if commit.compute_hash() != commit.hash {
        return Err(ChainError::Hash(first));
    }
    let mut account = before.map(|head| head.account.clone());
    for (version, recorded) in (first..).zip(&commit.events) {
        if recorded.event_id != EventId::new(&commit.account_id, version) {
            return Err(ChainError::EventId(version));
        }
        let event = recorded
            .decode()
            .map_err(|error| ChainError::Decode(version, error))?;
        account = Some(Account::apply(account, &event)?);
    }
    if account.as_ref() != Some(&commit.after) {
        return Err(ChainError::Account(first));
    }
    Ok(commit.head())
}

/// The decoded events of a commit, each with its version.
pub fn decode(commit: &Commit) -> Result<Vec<(Version, Event)>, ChainError> {
    (commit.first_version..)
        .zip(&commit.events)
        .map(|(version, recorded)| {
            let event = recorded
                .decode()
                .map_err(|error| ChainError::Decode(version, error))?;
            Ok((version, event))
        })
        .collect()
}
