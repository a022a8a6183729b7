//! Errors of writing and reading an export.

use std::path::PathBuf;

use domain::chain::ChainError;
use domain::{AccountId, Version};

/// An error of writing or reading an export.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The folder cannot hold the requested export, or another process writes
    /// to it. Permanent for these arguments.
    #[error("{0}")]
    Refused(String),
    /// The operating system refused to read or write. A retry may help.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// The cause.
        source: std::io::Error,
    },
    /// A file has invalid content, or a row cannot be written to it. Permanent.
    #[error("{}: {reason}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// The fault.
        reason: String,
    },
    /// The commits are not a valid chain, so they are not exported. Permanent.
    #[error("account {account_id}: {error}")]
    Chain {
        /// The account.
        account_id: AccountId,
        /// The broken link.
        error: ChainError,
    },
    /// The history does not contain the commits that were exported before.
    /// Permanent.
    #[error(
        "this folder was exported from another ledger: the current one does not have account {account_id} in the same state at version {version}; export it to a folder of its own, and see the documentation of exports if this ledger was restored to an earlier state"
    )]
    OtherLedger {
        /// The account that differs.
        account_id: AccountId,
        /// The exported version that the history does not have.
        version: Version,
    },
    /// An account's own history has a gap. Permanent.
    #[error(
        "account {account_id}: version {version} is recorded, but the versions before it cannot be read"
    )]
    Gap {
        /// The account.
        account_id: AccountId,
        /// The first version after the gap.
        version: Version,
    },
}

/// The result of writing or reading an export.
pub type Result<T, E = ExportError> = std::result::Result<T, E>;

pub(crate) fn at(path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> ExportError {
    |source| ExportError::Io {
        path: path.into(),
        source,
    }
}
