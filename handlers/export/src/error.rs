//! Why an export cannot be made or read.

use std::path::PathBuf;

use domain::chain::ChainError;
use domain::{AccountId, Version};

#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The caller asks for something that this folder cannot become.
    #[error("{0}")]
    Refused(String),
    #[error("{}: {source}", path.display())]
    Io {
        path: PathBuf,
        source: std::io::Error,
    },
    #[error("{}: {reason}", path.display())]
    File { path: PathBuf, reason: String },
    /// What was read is not a history: it is not written down as one.
    #[error("account {account_id}: {error}")]
    Chain {
        account_id: AccountId,
        error: ChainError,
    },
    /// What the export has is not in the history that it is to go on with.
    #[error(
        "this folder was exported from another ledger: the one that is read does not have account {account_id} as it stood at version {version}; export it to a folder of its own, and see the documentation of exports if it is the same ledger, put back to an earlier state"
    )]
    OtherLedger {
        account_id: AccountId,
        version: Version,
    },
    #[error(
        "account {account_id}: version {version} is recorded, and what stands before it cannot be read"
    )]
    Gap {
        account_id: AccountId,
        version: Version,
    },
}

pub type Result<T, E = ExportError> = std::result::Result<T, E>;

pub(crate) fn at(path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> ExportError {
    |source| ExportError::Io {
        path: path.into(),
        source,
    }
}
