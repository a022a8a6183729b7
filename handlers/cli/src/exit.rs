//! How the program ends: 0 done, 1 failed, 2 wrong use. Whether what it said
//! could be written is for [`output::ended`](crate::output::ended) to tell.

use std::process::ExitCode;

pub const FAILED: u8 = 1;
pub const WRONG_USE: u8 = 2;

/// One clear line, and the code.
pub fn with(code: u8, message: impl std::fmt::Display) -> ExitCode {
    crate::output::complain(message);
    ExitCode::from(code)
}

/// How a command that ran to its end ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    Done,
    /// It has said already what is wrong.
    Failed,
}

impl End {
    pub fn done_if(done: bool) -> Self {
        if done { End::Done } else { End::Failed }
    }
}

/// Why a command could not run to its end.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
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

/// What a command's result is to whoever called the program.
pub fn of(result: Result<End, Failure>) -> ExitCode {
    match result {
        Ok(End::Done) => ExitCode::SUCCESS,
        Ok(End::Failed) => ExitCode::from(FAILED),
        Err(failure @ Failure::WrongUse(_)) => with(WRONG_USE, failure),
        Err(failure) => with(FAILED, failure),
    }
}
