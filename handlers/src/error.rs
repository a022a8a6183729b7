//! The taxonomy of failures, by what the caller can do. Edges translate it: into problem details for HTTP, an error type for
//! Lambda, a reason for a dead letter.

use std::borrow::Cow;
use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;

use domain::notification::IllegalTransition;
use domain::{AccountId, CustomerId, FieldError, NotificationId, ScheduleId, Version};

use crate::customers::UnreadablePerson;

/// The result of a use case or a port.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a use case or a port failed, by what the caller can do about it.
///
/// The text includes the causes, so that a log line or a dead letter needs nothing else. The typed cause is in the
/// [`Failure`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The request has these faults. A retry does not help.
    #[error("the request is invalid: {}", first_detail(.0))]
    Invalid(Vec<FieldError>),
    /// The request names something that does not exist. A retry does not help.
    #[error("{0}")]
    NotFound(Missing),
    /// The caller expected another version: read it and decide again.
    #[error("the account's version is {actual}, and the request names {expected}")]
    VersionConflict {
        /// The version in the request; 0 if nothing must exist.
        expected: Version,
        /// The current version; 0 if nothing exists.
        actual: Version,
    },
    /// The idempotency key belongs to another request. A retry does not help; use another key.
    #[error("the idempotency key was used before, with another body")]
    KeyReused,
    /// The current state or a policy forbids the request. A retry does not help until that changes.
    #[error("{0}")]
    Refused(Refusal),
    /// Every optimistic write of a value lost its race. Retry: what was done before is not done again.
    #[error("{}", .what.lost(*.attempts))]
    Busy {
        /// The value that others wrote.
        what: Contended,
        /// The number of attempts.
        attempts: u32,
    },
    /// The cause is transient, and what failed had no effect. Retry: what was done before is not done again.
    #[error("{}", .0.with_causes())]
    Retryable(Failure),
    /// The call may have had its effect. Retry it if it is idempotent.
    #[error("{}", .0.with_causes())]
    Unknown(Failure),
    /// A bug, or data that cannot be processed. A retry does not help.
    #[error("{}", .0.with_causes())]
    Permanent(Failure),
}

/// An illegal transition is a bug: `next_step` permits none.
impl From<IllegalTransition> for Error {
    fn from(error: IllegalTransition) -> Self {
        Error::permanent("a step of a notification", error)
    }
}

impl Error {
    /// The class by which Lambda, dead letters and logs sort errors.
    pub fn class(&self) -> &'static str {
        match self {
            Error::Invalid(_)
            | Error::NotFound(_)
            | Error::VersionConflict { .. }
            | Error::KeyReused => "Invalid",
            Error::Refused(_) => "Conflict",
            Error::Busy { .. } | Error::Retryable(_) => "Retryable",
            Error::Unknown(_) => "Unknown",
            Error::Permanent(_) => "Permanent",
        }
    }

    /// Returns the entry of a customer that could not be read, if that is the cause.
    pub(crate) fn unreadable_person(&self) -> Option<&UnreadablePerson> {
        match self {
            Error::Permanent(failure) => failure.source()?.downcast_ref(),
            Error::Invalid(_)
            | Error::NotFound(_)
            | Error::VersionConflict { .. }
            | Error::KeyReused
            | Error::Refused(_)
            | Error::Busy { .. }
            | Error::Retryable(_)
            | Error::Unknown(_) => None,
        }
    }

    /// Returns the error of a request with one fault.
    pub fn invalid(error: FieldError) -> Self {
        Error::Invalid(vec![error])
    }

    /// Returns a transient failure with its cause. Without a cause, write `Error::Retryable("…".into())`.
    pub fn retryable(doing: impl Into<Cow<'static, str>>, source: impl Cause) -> Self {
        Error::Retryable(Failure::caused(doing, source))
    }

    /// Returns a failure with an unknown outcome, with its cause.
    pub fn unknown(doing: impl Into<Cow<'static, str>>, source: impl Cause) -> Self {
        Error::Unknown(Failure::caused(doing, source))
    }

    /// Returns a permanent failure with its cause.
    pub fn permanent(doing: impl Into<Cow<'static, str>>, source: impl Cause) -> Self {
        Error::Permanent(Failure::caused(doing, source))
    }
}

/// An error that can be the cause of a [`Failure`].
pub trait Cause: StdError + Send + Sync + 'static {}

impl<E: StdError + Send + Sync + 'static> Cause for E {}

/// A failed action, with its cause if there is one.
#[derive(Debug, Clone)]
pub struct Failure {
    doing: Cow<'static, str>,
    source: Option<Arc<dyn StdError + Send + Sync>>,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.doing)
    }
}

// Not derived: a derived source would be the `Arc`, which has another type than the cause.
impl StdError for Failure {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        let source = self.source.as_deref()?;
        Some(source)
    }
}

impl Failure {
    fn caused(doing: impl Into<Cow<'static, str>>, source: impl Cause) -> Self {
        Failure {
            doing: doing.into(),
            source: Some(Arc::new(source)),
        }
    }

    fn with_causes(&self) -> WithCauses<'_> {
        WithCauses(self)
    }
}

impl<T: Into<Cow<'static, str>>> From<T> for Failure {
    fn from(doing: T) -> Self {
        Failure {
            doing: doing.into(),
            source: None,
        }
    }
}

/// Compares the texts, because causes of any type cannot be compared.
impl PartialEq for Failure {
    fn eq(&self, other: &Self) -> bool {
        self.with_causes().to_string() == other.with_causes().to_string()
    }
}

impl Eq for Failure {}

/// A failure and its causes, on one line.
struct WithCauses<'a>(&'a Failure);

impl fmt::Display for WithCauses<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut said = self.0.to_string();
        f.write_str(&said)?;
        let mut source = self.0.source();
        while let Some(cause) = source {
            let text = cause.to_string();
            // Many errors' texts already end with their causes'.
            if !said.ends_with(&text) {
                write!(f, ": {text}")?;
            }
            said = text;
            source = cause.source();
        }
        Ok(())
    }
}

/// A thing that a request names and that does not exist.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Missing {
    /// The account was never opened.
    #[error("account {0} was never opened")]
    Account(AccountId),
    /// The account was opened after the time or version of the request.
    #[error("account {0} was not open then")]
    AccountThen(AccountId),
    /// The schedule never existed or is cancelled.
    #[error("account {account} has no schedule {schedule}")]
    Schedule {
        /// The schedule's account.
        account: AccountId,
        /// The schedule.
        schedule: ScheduleId,
    },
    /// The customer was never entered, or was erased.
    #[error("customer {0} is not known")]
    Customer(CustomerId),
    /// The replay never existed.
    #[error("replay {0} is not known")]
    Replay(String),
    /// The notification never existed.
    #[error("notification {0} is not known")]
    Notification(NotificationId),
    /// Malformed and unknown codes get the same answer.
    #[error("no mail of this bank has this code")]
    MailCode,
}

/// A refusal by the current state or by a policy.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The account exists, and an opening would be a second one.
    #[error("account {0} was opened before")]
    AlreadyOpened(AccountId),
    /// The account is closed, and a schedule on it could never run.
    #[error("account {0} is closed: nothing can be scheduled on it")]
    AccountClosed(AccountId),
    /// Somebody cancelled the schedule between its change and the answer.
    #[error("schedule {0} was cancelled meanwhile")]
    ScheduleCancelled(ScheduleId),
    /// A second mail needs the decision of an operator, who names the letter.
    #[error("the mail may have been sent; name the letter to send it once more")]
    MayHaveBeenSent,
}

/// A value that other writers changed at the same time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Contended {
    /// The history of the account that a request appends to.
    Account(AccountId),
    /// The history of the account on which a due schedule moves money.
    AccountOfSchedule(AccountId),
    /// A customer's entry.
    Customer(CustomerId),
    /// A schedule's row.
    Schedule(ScheduleId),
    /// A replay's job.
    Replay(String),
    /// An account's row of the read model, which its projection writes.
    Balance(AccountId),
    /// A notification, which a report of the mail provider completes.
    Notification(NotificationId),
}

impl Contended {
    fn lost(&self, attempts: u32) -> String {
        match self {
            Contended::Account(_) => format!(
                "other writers were quicker {attempts} times; send the request again with the same key"
            ),
            Contended::AccountOfSchedule(account) => {
                format!("other writers of account {account} were quicker {attempts} times")
            }
            Contended::Customer(customer) => {
                format!("customer {customer} is being changed by others; try again")
            }
            Contended::Schedule(schedule) => {
                format!("schedule {schedule} is being changed by others; try again")
            }
            Contended::Balance(account) => {
                format!("other workers wrote the row of {account} first, {attempts} times")
            }
            Contended::Notification(id) => {
                format!("other workers wrote notification {id} first, {attempts} times")
            }
            Contended::Replay(replay) => {
                format!("replay {replay} moves on too quickly; try again")
            }
        }
    }
}

fn first_detail(errors: &[FieldError]) -> &str {
    errors
        .first()
        .map_or("no reason given", |error| &error.detail)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("{text}")]
    struct Layer {
        text: &'static str,
        #[source]
        source: Option<Box<Layer>>,
    }

    fn layer(text: &'static str, source: Option<Layer>) -> Layer {
        let source = source.map(Box::new);
        Layer { text, source }
    }

    #[test]
    fn the_text_of_an_error_names_every_cause() {
        let error = Error::permanent(
            "reading the row",
            layer("no JSON", Some(layer("line 3", None))),
        );
        assert_eq!(error.to_string(), "reading the row: no JSON: line 3");
    }

    #[test]
    fn a_lost_race_is_transient_and_a_refusal_is_not() {
        let account: AccountId = "ACC-1".parse().unwrap();
        let lost = Error::Busy {
            what: Contended::Balance(account.clone()),
            attempts: 5,
        };
        let refused = Error::Refused(Refusal::AlreadyOpened(account));
        assert_eq!((lost.class(), refused.class()), ("Retryable", "Conflict"));
    }

    #[test]
    fn a_cause_that_an_error_names_itself_is_not_repeated() {
        let inner = layer("line 3", None);
        let error = Error::retryable("reading", layer("no JSON, at line 3", Some(inner)));
        assert_eq!(error.to_string(), "reading: no JSON, at line 3");
    }

    #[test]
    fn a_failure_keeps_the_type_of_its_cause() {
        let Error::Unknown(failure) = Error::unknown("asking", layer("no answer", None)) else {
            panic!("another variant");
        };
        assert_eq!(failure.to_string(), "asking");
        let cause = failure
            .source()
            .and_then(|cause| cause.downcast_ref::<Layer>());
        assert_eq!(cause.unwrap().text, "no answer");
    }
}
