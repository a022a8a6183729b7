//! The proof that a commit follows from the previous one.

use crate::account::{Account, FoldError};
use crate::commit::{Commit, Head};
use crate::event::{DecodeError, Event};
use crate::{EventId, Version};

/// Why a commit does not follow from the previous one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ChainError {
    /// A version is missing, or there twice.
    #[error("version {expected} should come next, and {found} does")]
    Gap {
        /// The version after the previous commit.
        expected: Version,
        /// The version that it has.
        found: Version,
    },
    /// The commit at this version has no events.
    #[error("the commit at version {0} has no events")]
    Empty(Version),
    /// The commit at this version does not continue the previous one.
    #[error("the commit at version {0} names another hash as the one before it")]
    PreviousHash(Version),
    /// The commit at this version has another hash than its content.
    #[error("the hash of the commit at version {0} is not the hash of its content")]
    Hash(Version),
    /// The event at this version has the id of another place.
    #[error("the event at version {0} has an id that is not its own")]
    EventId(Version),
    /// The event at this version cannot be read.
    #[error("version {0}: {1}")]
    Decode(Version, DecodeError),
    /// The event cannot follow the account as it was.
    #[error(transparent)]
    Fold(#[from] FoldError),
    /// The account stored with the commit at this version is not the one that its events give.
    #[error("the account kept with the commit at version {0} is not what its events add up to")]
    Account(Version),
}

/// Checks `commit` completely against the head before it, and returns the head after it.
///
/// # Errors
/// The first fault of the commit. It is stored like this, so a retry does not help.
#[expect(
    clippy::arithmetic_side_effects,
    reason = "an account has fewer than 2^64 events"
)]
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

/// Decodes the events of a commit, each with its version.
///
/// # Errors
/// - `Decode`: this version of the program cannot read an event; a newer one may.
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
