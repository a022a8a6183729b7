//! The states of a notification, each with the data that belongs to it.

use std::fmt;
use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::RecordedSkip;
use crate::NotificationId;

/// The reason of [`Evidence::Report`], as it is stored.
pub(super) const REPORTED: &str = "its provider has told of it";

/// The state of a notification, with the data that belongs to it alone.
///
/// Its stored name, which the API returns too, is its [`Phase`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// Decided, and postponed until the heartbeat resumes it.
    Waiting {
        /// The time at which the heartbeat resumes it.
        until: DateTime<Utc>,
        /// The reason of the wait.
        reason: WaitReason,
    },
    /// Postponed for a reason that only a later version knows, which stored it before the installation went back to this one.
    /// This version does not know whether its mail may be sent, or alone: it sends none, and keeps the reason, until the
    /// later version is back.
    HeldBack {
        /// The time at which the heartbeat looks at it again; `None` if the later version does not leave it to the heartbeat.
        until: Option<DateTime<Utc>>,
        /// The stored reason.
        reason: String,
        /// The stored digest's notification.
        digest: Option<NotificationId>,
    },
    /// Settled into a digest, whose outcome it shares.
    InDigest {
        /// The digest's notification.
        digest: NotificationId,
    },
    /// Leased to a worker, and perhaps already with the mailer: from here on the mail may have been sent.
    Sending {
        /// The end of the lease, until which only its worker may act.
        lease_until: DateTime<Utc>,
        /// The caller that continues if the worker dies.
        resume: Resume,
    },
    /// Not accepted by the mailer, for a transient reason.
    Deferred {
        /// The earliest time of the next attempt.
        until: DateTime<Utc>,
        /// The mailer's words.
        reason: Reason,
        /// The caller that makes the next attempt.
        resume: Resume,
    },
    /// Sent without an answer. It is not sent again automatically, except at `repeat_at`.
    Unknown {
        /// Why there is no answer.
        reason: Reason,
        /// The time at which it is sent once more, unless the provider reports its outcome before.
        repeat_at: Option<DateTime<Utc>>,
    },
    /// Accepted by the mailer.
    Sent {
        /// The provider's id of the mail.
        message: String,
        /// The evidence of the acceptance.
        evidence: Evidence,
    },
    /// Permanently refused.
    Rejected {
        /// The reason, in the mailer's words or ours.
        reason: Reason,
        /// The provider's id of the mail, if it was accepted first.
        message: Option<String>,
    },
    /// Never to be sent.
    Skipped {
        /// The reason.
        reason: RecordedSkip,
        /// The digest that it waited for or was part of.
        left_out_of: Option<NotificationId>,
    },
}

impl State {
    /// The stored name, which the API returns too.
    #[must_use]
    pub const fn phase(&self) -> Phase {
        match self {
            State::Waiting { .. } | State::HeldBack { .. } | State::InDigest { .. } => {
                Phase::Planned
            }
            State::Sending { .. } => Phase::Sending,
            State::Deferred { .. } => Phase::RetryAt,
            State::Unknown { .. } => Phase::Unknown,
            State::Sent { .. } => Phase::Sent,
            State::Rejected { .. } => Phase::Rejected,
            State::Skipped { .. } => Phase::Skipped,
        }
    }

    /// The reason of the state, if there is one, as it is stored and returned.
    #[must_use]
    pub fn reason(&self) -> Option<&str> {
        match self {
            State::Waiting { reason, .. } => Some(reason.as_str()),
            State::HeldBack { reason, .. } => Some(reason),
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

    /// Returns the state of a notification that a worker leases now.
    #[expect(
        clippy::arithmetic_side_effects,
        reason = "a time of today and a lease are far from the end of all times"
    )]
    pub(super) fn sending(now: DateTime<Utc>, lease: Duration, resume: Resume) -> Self {
        let lease_until = now + lease;
        State::Sending {
            lease_until,
            // The event of a notification that waited is not delivered again: if this worker dies, the heartbeat resumes it.
            resume: match resume {
                Resume::Redelivery => Resume::Redelivery,
                Resume::Heartbeat(_) => Resume::Heartbeat(lease_until),
            },
        }
    }

    /// The caller that continues: the heartbeat, at a time, or a redelivery of the event. `None` if nobody does.
    pub(super) const fn resume(&self) -> Option<Resume> {
        match *self {
            State::Waiting { until, .. }
            | State::HeldBack {
                until: Some(until), ..
            } => Some(Resume::Heartbeat(until)),
            State::Sending { resume, .. } | State::Deferred { resume, .. } => Some(resume),
            State::Unknown {
                repeat_at: Some(at),
                ..
            } => Some(Resume::Heartbeat(at)),
            State::Unknown {
                repeat_at: None, ..
            }
            | State::HeldBack { until: None, .. }
            | State::InDigest { .. }
            | State::Sent { .. }
            | State::Rejected { .. }
            | State::Skipped { .. } => None,
        }
    }
}

/// The name of a state, as it is stored and returned by the API.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Phase {
    /// [`State::Waiting`], [`State::HeldBack`] and [`State::InDigest`].
    Planned,
    /// Claimed by a worker that had not begun to send. Only in histories of older versions; as a state it is read as
    /// [`State::Deferred`].
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
    #[must_use]
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

/// The reason of a wait.
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
    pub(crate) const QUIET_HOURS: &str = "quiet-hours";
    pub(crate) const DIGEST: &str = "digest";
    pub(crate) const MONTH_END: &str = "end-of-month";
    /// The stored names of all of them.
    pub(crate) const NAMES: [&str; 3] = [Self::QUIET_HOURS, Self::DIGEST, Self::MONTH_END];

    /// The stored name, which the API returns too.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            WaitReason::QuietHours => Self::QUIET_HOURS,
            WaitReason::Digest(_) => Self::DIGEST,
            WaitReason::MonthEnd => Self::MONTH_END,
        }
    }
}

/// The caller that continues an unfinished notification. There is exactly one, so that a redelivered event and the heartbeat
/// never act at the same time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resume {
    /// The next delivery of the event.
    Redelivery,
    /// The first heartbeat at this time or later.
    Heartbeat(DateTime<Utc>),
}

/// The evidence that the mailer accepted a mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Evidence {
    /// Its answer.
    Answer,
    /// A later report of the provider.
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
    /// Bytes of a reason, because the item of a notification is bounded. A longer one is shortened, and ends with an ellipsis.
    pub const MAX_BYTES: usize = 256;

    /// Returns the text as one line, shortened to [`Reason::MAX_BYTES`].
    pub fn new(text: impl Into<String>) -> Self {
        const ELLIPSIS: char = '…';
        const SHORTENED: usize = Reason::MAX_BYTES - ELLIPSIS.len_utf8();
        let mut text = text.into();
        if text.contains(char::is_control) {
            text = text.replace(char::is_control, " ");
        }
        if text.len() > Self::MAX_BYTES {
            let end = text.floor_char_boundary(SHORTENED);
            text.truncate(end);
            text.push(ELLIPSIS);
        }
        Reason(text)
    }

    /// The text.
    #[must_use]
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
