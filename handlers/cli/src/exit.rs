//! The exit codes: 0 for success, 1 for failure, 2 for wrong use.
//! [`output::ended`](crate::output::ended) adds failures to write the output.

use std::process::ExitCode;

pub(crate) const FAILED: u8 = 1;
pub(crate) const WRONG_USE: u8 = 2;

/// Prints one line and returns the code.
pub(crate) fn with(code: u8, message: impl std::fmt::Display) -> ExitCode {
    crate::output::complain(message);
    ExitCode::from(code)
}

/// The outcome of a command that ran to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    Done,
    /// The command has already reported the fault.
    Failed,
}

impl End {
    pub(crate) fn done_if(done: bool) -> Self {
        if done { End::Done } else { End::Failed }
    }
}

/// The reason why a command did not run to its end.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    #[error(transparent)]
    Call(#[from] crate::client::CallError),
    #[error("{0}")]
    WrongUse(String),
    #[error("{0}")]
    Failed(String),
}

impl From<export::ExportError> for Failure {
    fn from(error: export::ExportError) -> Self {
        match error {
            export::ExportError::Refused(reason) => Failure::WrongUse(reason),
            other => Failure::Failed(other.to_string()),
        }
    }
}

/// Returns the exit code for a command's result.
pub(crate) fn of(result: Result<End, Failure>) -> ExitCode {
    match result {
        Ok(End::Done) => ExitCode::SUCCESS,
        Ok(End::Failed) => ExitCode::from(FAILED),
        Err(failure @ Failure::WrongUse(_)) => with(WRONG_USE, failure),
        Err(failure) => with(FAILED, failure),
    }
}
