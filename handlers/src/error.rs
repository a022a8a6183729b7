//! One taxonomy of what goes wrong, from the inside out. The edges translate
//! it: problem details for HTTP, an error type for Lambda, a reason for a dead
//! letter.

use domain::FieldError;

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The caller's fault. Sending it again changes nothing.
    #[error("the request is invalid: {}", first_detail(.0))]
    Invalid(Vec<FieldError>),
    #[error("{0}")]
    NotFound(String),
    #[error("the account's version is {actual}, and the request names {expected}")]
    VersionConflict { expected: u64, actual: u64 },
    #[error("the idempotency key was used before, with another body")]
    KeyReused,
    /// Others were quicker, as often as was tried.
    #[error("{0}")]
    Conflict(String),
    /// Nothing has happened, and it may go well later.
    #[error("{0}")]
    Retryable(String),
    /// It may have happened.
    #[error("{0}")]
    Unknown(String),
    /// Our fault or the data's: it will not go well by itself.
    #[error("{0}")]
    Permanent(String),
}

impl Error {
    /// The name by which Lambda, dead letters and logs sort it.
    pub fn class(&self) -> &'static str {
        match self {
            Error::Invalid(_)
            | Error::NotFound(_)
            | Error::VersionConflict { .. }
            | Error::KeyReused => "Invalid",
            Error::Conflict(_) => "Conflict",
            Error::Retryable(_) => "Retryable",
            Error::Unknown(_) => "Unknown",
            Error::Permanent(_) => "Permanent",
        }
    }

    pub fn invalid(error: FieldError) -> Self {
        Error::Invalid(vec![error])
    }
}

fn first_detail(errors: &[FieldError]) -> &str {
    errors
        .first()
        .map_or("no reason given", |error| &error.detail)
}

pub type Result<T, E = Error> = std::result::Result<T, E>;
