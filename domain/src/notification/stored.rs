//! The stored form of a notification: one flat record, in which a state is a
//! name and some optional attributes.
//!
//! Its names are those of the first version, and stay: what was stored once is
//! read for ever. What an older version wrote in another way is understood here,
//! and nowhere else.

use chrono::serde::{ts_nanoseconds, ts_nanoseconds_option};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::state::REPORTED;
use super::{
    Attempt, Content, DeliveryStatus, EventRef, Evidence, Facts, History, Kind, Notification,
    Phase, ProviderEvent, ProviderRecord, Reason, RecordedSkip, Resume, State, Subject, WaitReason,
};
use crate::recipient::Recipient;
use crate::{AccountId, CorrelationId, EventId, NotificationId, Version};

/// The deadline if none is stored: a past one.
const PASSED: DateTime<Utc> = DateTime::UNIX_EPOCH;
/// The reason if none is stored.
const NO_REASON: &str = "no reason given";
/// The reason of a notification that an older version claimed and did not begin to send.
const CLAIMED: &str = "a worker claimed it and did not send it";

#[derive(Serialize, Deserialize)]
pub(super) struct Stored {
    notification_id: NotificationId,
    account_id: AccountId,
    event_id: EventId,
    event_version: Version,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    correlation_id: Option<CorrelationId>,
    kind: Kind,
    #[serde(default, skip_serializing_if = "Recipient::is_customer")]
    recipient: Recipient,
    #[serde(default, skip_serializing_if = "Content::is_event")]
    content: Content,
    state: Phase,
    reason: Option<String>,
    template: Option<String>,
    content_hash: Option<String>,
    attempts: u32,
    lease_until: Option<DateTime<Utc>>,
    retry_at: Option<DateTime<Utc>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    due_at: Option<DateTime<Utc>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    digest_id: Option<NotificationId>,
    message_id: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    feedback: Vec<ProviderEvent>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    delivery: Option<DeliveryStatus>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    verification_code: Option<String>,
    /// Absent in items of older versions; then the facts are derived from the history.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    facts: Option<StoredFacts>,
    history: History,
}

/// The stored facts. Times are numbers, with a third of the bytes of their texts, so that a usual item stays within one write
/// unit.
#[derive(Serialize, Deserialize)]
struct StoredFacts {
    #[serde(with = "ts_nanoseconds")]
    decided_at: DateTime<Utc>,
    #[serde(with = "ts_nanoseconds")]
    updated_at: DateTime<Utc>,
    #[serde(
        default,
        with = "ts_nanoseconds_option",
        skip_serializing_if = "Option::is_none"
    )]
    attempted_at: Option<DateTime<Utc>>,
    #[serde(
        default,
        with = "ts_nanoseconds_option",
        skip_serializing_if = "Option::is_none"
    )]
    sent_at: Option<DateTime<Utc>>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    waited: bool,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    was_unknown: bool,
}

/// A stored notification that no version has written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a notification that is {state} {lacks}")]
pub(super) struct Unreadable {
    state: Phase,
    lacks: &'static str,
}

impl TryFrom<Stored> for Notification {
    type Error = Unreadable;

    fn try_from(stored: Stored) -> Result<Self, Unreadable> {
        let lacks = |lacks| Unreadable {
            state: stored.state,
            lacks,
        };
        let state = stored.state()?;
        let derived = Facts::of(&stored.history);
        let facts = match &stored.facts {
            Some(facts) => Some(facts.into()),
            None => derived,
        };
        let facts = facts.ok_or_else(|| lacks("has no history"))?;
        let was_attempted = stored.attempts > 0
            || stored.template.is_some()
            || stored.content_hash.is_some()
            || stored.verification_code.is_some();
        let started_at = match &stored.facts {
            Some(facts) => facts.attempted_at,
            None => stored.history.last_of(Phase::Sending),
        };
        Ok(Notification {
            subject: Subject {
                id: stored.notification_id,
                source: EventRef {
                    account_id: stored.account_id,
                    event_id: stored.event_id,
                    version: stored.event_version,
                },
                correlation_id: stored.correlation_id,
                kind: stored.kind,
                recipient: stored.recipient,
                content: stored.content,
            },
            state,
            attempt: was_attempted.then_some(Attempt {
                number: stored.attempts,
                started_at,
                template: stored.template,
                content_hash: stored.content_hash,
                code: stored.verification_code,
            }),
            facts,
            provider: ProviderRecord {
                events: stored.feedback,
                status: stored.delivery,
            },
            history: stored.history,
        })
    }
}

impl Stored {
    fn state(&self) -> Result<State, Unreadable> {
        let lacks = |lacks| Unreadable {
            state: self.state,
            lacks,
        };
        let resume = self.due_at.map_or(Resume::Redelivery, Resume::Heartbeat);
        let reason = || Reason::new(self.reason.as_deref().unwrap_or(NO_REASON));
        Ok(match self.state {
            Phase::Planned => match (self.reason.as_deref(), self.due_at, self.digest_id) {
                // A later version's. What this one does when a reason of its own is due might be too early for that, or
                // the wrong mail.
                (Some(reason), until, digest) if !WaitReason::NAMES.contains(&reason) => {
                    State::HeldBack {
                        until,
                        reason: reason.to_owned(),
                        digest,
                    }
                }
                (reason, Some(until), digest) => State::Waiting {
                    until,
                    reason: match digest {
                        Some(digest) if self.content.is_event() => WaitReason::Digest(digest),
                        _ if reason == Some(WaitReason::MonthEnd.as_str()) => WaitReason::MonthEnd,
                        _ => WaitReason::QuietHours,
                    },
                },
                (_, None, Some(digest)) => State::InDigest { digest },
                (_, None, None) => return Err(lacks("waits for nothing")),
            },
            // Since the claim and the start of the attempt are one write, only an older version has left these.
            // Nothing was handed over: the end of the lease is the time of the next attempt.
            Phase::Claimed => State::Deferred {
                until: self.lease_until.unwrap_or(PASSED),
                reason: Reason::new(CLAIMED),
                resume,
            },
            Phase::Sending => State::Sending {
                lease_until: self.lease_until.unwrap_or(PASSED),
                resume,
            },
            Phase::RetryAt => State::Deferred {
                until: self.retry_at.unwrap_or(PASSED),
                reason: reason(),
                resume,
            },
            Phase::Unknown => State::Unknown {
                reason: reason(),
                repeat_at: self.due_at,
            },
            Phase::Sent => State::Sent {
                message: self
                    .message_id
                    .clone()
                    .ok_or_else(|| lacks("has no message"))?,
                evidence: match self.reason.as_deref() {
                    Some(REPORTED) => Evidence::Report,
                    Some(_) | None => Evidence::Answer,
                },
            },
            Phase::Rejected => State::Rejected {
                reason: reason(),
                message: self.message_id.clone(),
            },
            Phase::Skipped => State::Skipped {
                reason: (self.reason.as_deref())
                    .map(RecordedSkip::read)
                    .ok_or_else(|| lacks("has no reason"))?,
                left_out_of: self.digest_id,
            },
        })
    }
}

impl From<Notification> for Stored {
    fn from(notification: Notification) -> Self {
        let due_at = notification.due_at();
        let digest_id = notification.digest_id();
        let Notification {
            subject,
            state,
            attempt,
            facts,
            provider,
            history,
        } = notification;
        let attempt = attempt.unwrap_or_default();
        let phase = state.phase();
        let reason = state.reason().map(str::to_owned);
        let (mut lease_until, mut retry_at, mut message_id) = (None, None, None);
        match state {
            State::Sending {
                lease_until: at, ..
            } => lease_until = Some(at),
            State::Deferred { until, .. } => retry_at = Some(until),
            State::Sent { message, .. } => message_id = Some(message),
            State::Rejected { message, .. } => message_id = message,
            State::Waiting { .. }
            | State::HeldBack { .. }
            | State::InDigest { .. }
            | State::Unknown { .. }
            | State::Skipped { .. } => {}
        }
        Stored {
            notification_id: subject.id,
            account_id: subject.source.account_id,
            event_id: subject.source.event_id,
            event_version: subject.source.version,
            correlation_id: subject.correlation_id,
            kind: subject.kind,
            recipient: subject.recipient,
            content: subject.content,
            state: phase,
            reason,
            facts: Some(StoredFacts::new(facts, attempt.started_at)),
            template: attempt.template,
            content_hash: attempt.content_hash,
            attempts: attempt.number,
            lease_until,
            retry_at,
            due_at,
            digest_id,
            message_id,
            feedback: provider.events,
            delivery: provider.status,
            verification_code: attempt.code,
            history,
        }
    }
}

impl From<&StoredFacts> for Facts {
    fn from(stored: &StoredFacts) -> Self {
        Facts {
            decided_at: stored.decided_at,
            updated_at: stored.updated_at,
            sent_at: stored.sent_at,
            waited: stored.waited,
            was_unknown: stored.was_unknown,
        }
    }
}

impl StoredFacts {
    fn new(facts: Facts, attempted_at: Option<DateTime<Utc>>) -> Self {
        StoredFacts {
            decided_at: facts.decided_at,
            updated_at: facts.updated_at,
            attempted_at,
            sent_at: facts.sent_at,
            waited: facts.waited,
            was_unknown: facts.was_unknown,
        }
    }
}
