//! The states of a notification, each with the data that belongs to it.

use std::fmt;
use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::SkipReason;
use crate::NotificationId;

/// The reason of [`Evidence::Report`], as it is stored.
pub(super) const REPORTED: &str = "its provider has told of it";

/// Where a notification stands, and all that is true only there.
///
/// The name under which a state is stored and shown is its [`Phase`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// Decided, and put off until a time at which the heartbeat resumes it.
    Waiting {
        /// When the heartbeat resumes it.
        until: DateTime<Utc>,
        /// Why it waits.
        reason: WaitReason,
    },
    /// Settled into a digest, whose outcome it shares.
    InDigest {
        /// The digest's notification.
        digest: NotificationId,
    },
    /// In the hands of a worker, and possibly of the mailer: from here on the
    /// mail may have left.
    Sending {
        /// Until when the worker alone may act on it.
        lease_until: DateTime<Utc>,
        /// Who goes on if the worker dies.
        resume: Resume,
    },
    /// Not taken by the mailer, for a transient reason.
    Deferred {
        /// The earliest moment of the next attempt.
        until: DateTime<Utc>,
        /// The mailer's words.
        reason: Reason,
        /// Who makes the next attempt.
        resume: Resume,
    },
    /// Handed over without an answer. It is not sent again automatically,
    /// except where `repeat_at` says so.
    Unknown {
        /// What happened to the answer.
        reason: Reason,
        /// When it is sent once more, unless the provider reports on it before.
        repeat_at: Option<DateTime<Utc>>,
    },
    /// Accepted by the mailer.
    Sent {
        /// The provider's id of the mail.
        message: String,
        /// How that is known.
        evidence: Evidence,
    },
    /// Permanently refused.
    Rejected {
        /// Why, in the mailer's words or ours.
        reason: Reason,
        /// The provider's id of the mail, where it was accepted first.
        message: Option<String>,
    },
    /// Never to be sent.
    Skipped {
        /// Why.
        reason: SkipReason,
        /// The digest that it waited for or was part of.
        left_out_of: Option<NotificationId>,
    },
}

impl State {
    /// The name under which the state is stored and shown.
    pub const fn phase(&self) -> Phase {
        match self {
            State::Waiting { .. } | State::InDigest { .. } => Phase::Planned,
            State::Sending { .. } => Phase::Sending,
            State::Deferred { .. } => Phase::RetryAt,
            State::Unknown { .. } => Phase::Unknown,
            State::Sent { .. } => Phase::Sent,
            State::Rejected { .. } => Phase::Rejected,
            State::Skipped { .. } => Phase::Skipped,
        }
    }

    /// Why it is in this state, where there is something to say: as it is stored
    /// and shown.
    pub fn reason(&self) -> Option<&str> {
        match self {
            State::Waiting { reason, .. } => Some(reason.as_str()),
            State::InDigest { digest } => Some(WaitReason::Digest(*digest).as_str()),
            State::Deferred { reason, .. }
            | State::Unknown { reason, .. }
            | State::Rejected { reason, .. } => Some(reason.as_str()),
            State::Skipped { reason, .. } => Some(reason.as_str()),
            State::Sent {
                evidence: Evidence::Report,
                ..
            } => Some(REPORTED),
            State::Sent {
                evidence: Evidence::Answer,
                ..
            }
            | State::Sending { .. } => None,
        }
    }

    /// The hands of a worker from now on.
    pub(super) fn sending(now: DateTime<Utc>, lease: Duration, resume: Resume) -> Self {
        let lease_until = now + lease;
        State::Sending {
            lease_until,
            // No event comes again for what had waited: should this worker die, the heartbeat resumes it.
            resume: match resume {
                Resume::Redelivery => Resume::Redelivery,
                Resume::Heartbeat(_) => Resume::Heartbeat(lease_until),
            },
        }
    }

    /// Who goes on from here: the heartbeat, at a time, or a redelivery of the
    /// event. `None` where nobody does.
    pub(super) const fn resume(&self) -> Option<Resume> {
        match *self {
            State::Waiting { until, .. } => Some(Resume::Heartbeat(until)),
            State::Sending { resume, .. } | State::Deferred { resume, .. } => Some(resume),
            State::Unknown {
                repeat_at: Some(at),
                ..
            } => Some(Resume::Heartbeat(at)),
            State::Unknown {
                repeat_at: None, ..
            }
            | State::InDigest { .. }
            | State::Sent { .. }
            | State::Rejected { .. }
            | State::Skipped { .. } => None,
        }
    }
}

/// The name of a state, as it is stored and as the API shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Phase {
    /// [`State::Waiting`] and [`State::InDigest`].
    Planned,
    /// Held by a worker that had not begun to send. Only in a history: what an
    /// older version left so is read as [`State::Deferred`].
    Claimed,
    /// [`State::Sending`].
    Sending,
    /// [`State::Sent`].
    Sent,
    /// [`State::Deferred`].
    RetryAt,
    /// [`State::Rejected`].
    Rejected,
    /// [`State::Unknown`].
    Unknown,
    /// [`State::Skipped`].
    Skipped,
}

impl Phase {
    /// All phases.
    pub const ALL: [Phase; 8] = [
        Phase::Planned,
        Phase::Claimed,
        Phase::Sending,
        Phase::Sent,
        Phase::RetryAt,
        Phase::Rejected,
        Phase::Unknown,
        Phase::Skipped,
    ];

    /// The stored name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Phase::Planned => "PLANNED",
            Phase::Claimed => "CLAIMED",
            Phase::Sending => "SENDING",
            Phase::Sent => "SENT",
            Phase::RetryAt => "RETRY_AT",
            Phase::Rejected => "REJECTED",
            Phase::Unknown => "UNKNOWN",
            Phase::Skipped => "SKIPPED",
        }
    }
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What a waiting notification waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WaitReason {
    /// The end of the customer's quiet hours.
    QuietHours,
    /// The digest of this id.
    Digest(NotificationId),
    /// The morning after the month that a statement covers.
    MonthEnd,
}

impl WaitReason {
    /// The word for it, as it is stored and shown.
    pub const fn as_str(self) -> &'static str {
        match self {
            WaitReason::QuietHours => "quiet-hours",
            WaitReason::Digest(_) => "digest",
            WaitReason::MonthEnd => "end-of-month",
        }
    }
}

/// Who goes on with a notification that is not finished. Exactly one of the two
/// does, so that an event that is delivered again and the heartbeat never act on
/// it at the same time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resume {
    /// The next delivery of the event.
    Redelivery,
    /// The first heartbeat at this time or later.
    Heartbeat(DateTime<Utc>),
}

/// How it is known that the mailer accepted a mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Evidence {
    /// By its answer.
    Answer,
    /// By a later report of the provider.
    Report,
}

/// A reason in one line, for a person: at most [`Reason::MAX_BYTES`] long.
///
/// ```
/// use domain::notification::Reason;
///
/// assert_eq!(Reason::new("the sending rate\nis exceeded").as_str(), "the sending rate is exceeded");
/// assert!(Reason::new("x".repeat(1000)).as_str().ends_with("xx…"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "String")]
pub struct Reason(String);

impl Reason {
    /// The most bytes of a reason that are kept: the item of a notification is
    /// bounded. What is longer ends with an ellipsis.
    pub const MAX_BYTES: usize = 256;

    /// Makes a text one line, and shortens it to [`Reason::MAX_BYTES`].
    pub fn new(text: impl Into<String>) -> Self {
        const ELLIPSIS: char = '…';
        let mut text = text.into();
        if text.contains(char::is_control) {
            text = text.replace(char::is_control, " ");
        }
        if text.len() > Self::MAX_BYTES {
            let end = text.floor_char_boundary(Self::MAX_BYTES - ELLIPSIS.len_utf8());
            text.truncate(end);
            text.push(ELLIPSIS);
        }
        Reason(text)
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<String> for Reason {
    fn from(text: String) -> Self {
        Reason::new(text)
    }
}

impl From<&str> for Reason {
    fn from(text: &str) -> Self {
        Reason::new(text)
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
