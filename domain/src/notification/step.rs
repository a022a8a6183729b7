//! The decision on the next step of a notification.

use chrono::{DateTime, Utc};

use super::{Notification, Resume, State, WaitReason};
use crate::NotificationId;

/// The caller that asks for the next step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Caller {
    /// The event was delivered, for the first time or again.
    Redelivery,
    /// The heartbeat found it due.
    Heartbeat,
    /// An operator wants a mail of unknown outcome sent once more.
    Operator {
        /// The number of attempts that the operator knew of, so that the same request acts once.
        attempt: u32,
    },
}

/// The step that a caller may take now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Nothing: it is finished, or another caller continues it.
    Nothing,
    /// Nothing before this time; then ask again.
    NotBefore(DateTime<Utc>),
    /// Send it, or decide that it waits or is skipped. No mail was sent, or a second one is wanted.
    Deliver,
    /// Ask the mailer for the outcome of this attempt, whose worker died while sending.
    AskMailer {
        /// The number of the attempt.
        attempt: u32,
    },
    /// Put it off as it is, and have somebody look: it is due, and waits for
    /// something that only a later version knows.
    HoldBack,
    /// Make the digest that it waits for.
    Collect {
        /// The digest's notification.
        digest: NotificationId,
    },
}

impl Notification {
    /// The time at which the heartbeat resumes it; `None` if it does not.
    #[must_use]
    pub fn due_at(&self) -> Option<DateTime<Utc>> {
        match self.state.resume() {
            Some(Resume::Heartbeat(at)) => Some(at),
            Some(Resume::Redelivery) | None => None,
        }
    }

    /// Answers what `caller` may do with it at `now`.
    ///
    /// It belongs either to the heartbeat or to the redelivery of its event, as
    /// its state says; the other one gets [`Step::Nothing`]. Only an operator
    /// overrules an unknown outcome.
    #[must_use]
    pub fn next_step(&self, caller: Caller, now: DateTime<Utc>) -> Step {
        let due_at = self.due_at();
        match (caller, &self.state) {
            (Caller::Operator { attempt }, State::Unknown { .. }) => {
                return match attempt == self.attempts() {
                    true => Step::Deliver,
                    false => Step::Nothing,
                };
            }
            (Caller::Heartbeat, _) if due_at.is_none_or(|at| at > now) => return Step::Nothing,
            (Caller::Redelivery | Caller::Operator { .. }, _) if due_at.is_some() => {
                return Step::Nothing;
            }
            _ => {}
        }
        match self.state {
            State::Waiting {
                reason: WaitReason::Digest(digest),
                ..
            } => Step::Collect { digest },
            // Of the others, only the heartbeat comes for it: what has no time is left to the later version.
            State::HeldBack { .. } if caller == Caller::Heartbeat => Step::HoldBack,
            State::Waiting { .. }
            | State::Unknown {
                repeat_at: Some(_), ..
            } => Step::Deliver,
            State::Sending { lease_until, .. } if lease_until > now => Step::NotBefore(lease_until),
            State::Sending { .. } => Step::AskMailer {
                attempt: self.attempts(),
            },
            State::Deferred { until, .. } if until > now => Step::NotBefore(until),
            State::Deferred { .. } => Step::Deliver,
            State::Unknown {
                repeat_at: None, ..
            }
            | State::HeldBack { .. }
            | State::InDigest { .. }
            | State::Sent { .. }
            | State::Rejected { .. }
            | State::Skipped { .. } => Step::Nothing,
        }
    }
}
