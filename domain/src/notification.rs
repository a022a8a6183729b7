//! A notification: its life from a decision to a mail, and the rules that decide.
//!
//! A mailer has no idempotency key, and silence after a request says nothing. So
//! a notification is stored before and after every step, and each step is a
//! method that either is allowed in its [`State`] or is an
//! [`IllegalTransition`]. Code that loads one asks [`Notification::next_step`]
//! and does that; nothing else decides what happens next.
//!
//! ```text
//!                    ┌──────────► Waiting ──────────► InDigest
//!                    │             │  ▲  │ (its digest's outcome is its own)
//!                    │     heart-  │  │  └──────────────────────┐
//!                    │      beat   ▼  │ quiet hours             ▼
//!  Draft ────────────┴──────────► Sending ──refused──► Rejected │
//!    │                           │ │ ▲ │                 ▲      │
//!    │           mailer says no  │ │ │ └─silent─► Unknown│      │
//!    │                           │ ▼ │ heartbeat   │     │      │
//!    │                         Deferred            │   provider │
//!    │                           │ └─accepted─► Sent ◄───┴──┘   │
//!    └───── not to be sent ──────┴───────────► Skipped ◄────────┘
//! ```
//!
//! # When the mailer times out
//!
//! The mail may have left, and a second one must not follow it. The notification
//! is [`State::Unknown`] with a dead letter ([`Followup::Letter`]): an operator may
//! have it sent again, or a report of the provider proves its outcome
//! ([`Notification::provider_reported`]). A notification about security is sent once more
//! automatically ([`Followup::Repeat`]), marked as a possible repeat.
//!
//! ```
//! use std::time::Duration;
//! use domain::notification::*;
//! use domain::{AccountId, EventId, recipient::Recipient};
//!
//! let account_id: AccountId = "ACC-1".parse().unwrap();
//! let event_id = EventId::new(&account_id, 2);
//! let customer = "ana".parse().unwrap();
//! let kind = Kind::Deposit;
//! let draft = Draft::new(Subject {
//!     id: notification_id(event_id, kind, &customer, &Recipient::Customer, EMAIL),
//!     source: EventRef { account_id, event_id, version: 2 },
//!     correlation_id: None,
//!     kind,
//!     recipient: Recipient::Customer,
//!     content: Content::Event,
//! });
//!
//! // Stored before the mail is handed over; for a minute this worker alone may act.
//! let now = chrono::DateTime::UNIX_EPOCH;
//! let (second, minute) = (Duration::from_secs(1), Duration::from_secs(60));
//! let mail = Pinned {
//!     template: "deposit.en@1".into(),
//!     content_hash: "…".into(),
//!     code: "7K2M-00ZQ-9XWD".into(),
//! };
//! let sending = Pending::from(draft).sending(now, minute, mail)?;
//! assert_eq!(sending.next_step(Caller::Redelivery, now), Step::NotBefore(now + minute));
//!
//! // The mailer gives no answer: nobody sends it again automatically,
//! let (unknown, followup) = sending.silent(now + second, "timeout".into(), minute)?;
//! assert_eq!(followup, Followup::Letter);
//! assert_eq!(unknown.next_step(Caller::Redelivery, now + minute), Step::Nothing);
//! // and an operator who read of its first attempt may have it sent once more.
//! assert_eq!(unknown.next_step(Caller::Operator { attempt: 1 }, now + minute), Step::Deliver);
//! # Ok::<(), IllegalTransition>(())
//! ```
//!
//! # Where to make a change
//!
//! - A new kind: [`Kind`] with its policy, its [rule](evaluate), and a template.
//! - A new wait: a [`WaitReason`], and its name where `stored` reads it, which the
//!   compiler does not ask for: a name that is not read there is [held
//!   back](State::HeldBack), as it is by earlier versions. The compiler names the
//!   other places.
//! - A new provider: an adapter of the mailer port, and a reader that makes
//!   [`ProviderEvent`]s of its reports.

mod content;
mod draft;
mod facts;
mod history;
mod ids;
mod kind;
mod provider;
mod rules;
mod state;
mod step;
mod stored;
mod transitions;
mod verdict;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::recipient::Recipient;
use crate::{AccountId, CorrelationId, EventId, NotificationId, Version};
pub use content::{Content, Covered, Digest, Statement, Versions};
pub use draft::{Draft, Pending, Subject};
pub use facts::Facts;
pub use history::{History, HistoryEntry, MAX_STEPS};
pub use ids::{EMAIL, digest_id, mail_id, notification_id, statement_id};
pub use kind::{AmountField, Kind};
pub use provider::{
    DeliveryStatus, MAX_PROVIDER_EVENTS, ProviderEvent, ProviderEventKind, ProviderRecord,
};
pub use rules::{Contact, Decision, evaluate, kinds, skip_all};
pub use state::{Evidence, Phase, Reason, Resume, State, WaitReason};
pub use step::{Caller, Step};
pub use verdict::{RecordedSkip, SkipReason, Verdict, Wishes, confirm};

/// A notification, with its decision and its state.
///
/// Its methods take `now` and return it in the next state, which replaces the stored one. It is never deleted, because the
/// stored one prevents a second mail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "stored::Stored", into = "stored::Stored")]
pub struct Notification {
    subject: Subject,
    state: State,
    attempt: Option<Attempt>,
    facts: Facts,
    provider: ProviderRecord,
    history: History,
}

/// The event that caused a notification. For a digest, the first of those that
/// it covers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventRef {
    /// The account of the event.
    pub account_id: AccountId,
    /// Its id.
    pub event_id: EventId,
    /// Its version in the account.
    pub version: Version,
}

/// The part of a mail that its attempt pins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pinned {
    /// The template and its version.
    pub template: String,
    /// The SHA-256 of the rendered mail.
    pub content_hash: String,
    /// The code that the mail shows, by which the customer can ask whether it
    /// is the bank's.
    pub code: String,
}

/// The latest attempt to send a notification. Those of older versions may lack any member.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Attempt {
    /// Counts from one; zero for a claim of an older version that came to no attempt.
    number: u32,
    started_at: Option<DateTime<Utc>>,
    template: Option<String>,
    content_hash: Option<String>,
    code: Option<String>,
}

impl Attempt {
    fn first(now: DateTime<Utc>, mail: Pinned) -> Self {
        Attempt::default().next(now, mail)
    }

    fn next(&self, now: DateTime<Utc>, mail: Pinned) -> Self {
        Attempt {
            number: self.number.saturating_add(1),
            started_at: Some(now),
            template: Some(mail.template),
            content_hash: Some(mail.content_hash),
            code: Some(mail.code),
        }
    }
}

/// A step that a notification in this state cannot take. It is a bug of the
/// caller: nothing was changed, and trying again does not help.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a notification that is {from} cannot become {to}")]
pub struct IllegalTransition {
    /// The state that it is in.
    pub from: Phase,
    /// The state that it was to enter.
    pub to: Phase,
}

/// The next action for a notification of unknown outcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Followup {
    /// Write a dead letter, so that an operator can have it sent again. Write it before the state: a crash between them repeats
    /// the step.
    Letter,
    /// None: the heartbeat sends it once more.
    Repeat,
}

/// Its subject, its state and its past.
impl Notification {
    /// Its id.
    #[must_use]
    pub fn id(&self) -> NotificationId {
        self.subject.id
    }

    /// Its subject and recipient.
    #[must_use]
    pub fn subject(&self) -> &Subject {
        &self.subject
    }

    /// The event that caused it.
    #[must_use]
    pub fn source(&self) -> &EventRef {
        &self.subject.source
    }

    /// The account that its mail is about; `None` if that is about several events.
    #[must_use]
    pub fn mail_account(&self) -> Option<&AccountId> {
        match self.content().digest() {
            Some(digest) => digest.one_event().map(|(account, _)| account),
            None => Some(self.account_id()),
        }
    }

    /// The account of its event.
    #[must_use]
    pub fn account_id(&self) -> &AccountId {
        &self.subject.source.account_id
    }

    /// The correlation id of its event.
    pub fn correlation_id(&self) -> Option<&str> {
        self.subject
            .correlation_id
            .as_ref()
            .map(CorrelationId::as_str)
    }

    /// Its kind.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.subject.kind
    }

    /// The recipient among the customer's addresses.
    #[must_use]
    pub fn recipient(&self) -> &Recipient {
        &self.subject.recipient
    }

    /// The content of its mail, beyond the event.
    #[must_use]
    pub fn content(&self) -> &Content {
        &self.subject.content
    }

    /// Its state.
    #[must_use]
    pub fn state(&self) -> &State {
        &self.state
    }

    /// The name of its state.
    #[must_use]
    pub fn phase(&self) -> Phase {
        self.state.phase()
    }

    /// The reason of its state, if there is one.
    #[must_use]
    pub fn reason(&self) -> Option<&str> {
        self.state.reason()
    }

    /// The digest that it waits for, is part of, or was left out of.
    #[must_use]
    pub fn digest_id(&self) -> Option<NotificationId> {
        match self.state {
            State::Waiting {
                reason: WaitReason::Digest(digest),
                ..
            }
            | State::InDigest { digest } => Some(digest),
            State::HeldBack { digest, .. } => digest,
            State::Skipped { left_out_of, .. } => left_out_of,
            State::Waiting { .. }
            | State::Sending { .. }
            | State::Deferred { .. }
            | State::Unknown { .. }
            | State::Sent { .. }
            | State::Rejected { .. } => None,
        }
    }

    /// The digest whose outcome it shares.
    #[must_use]
    pub fn in_digest(&self) -> Option<NotificationId> {
        if let State::InDigest { digest } = self.state {
            Some(digest)
        } else {
            None
        }
    }

    /// Whether it waits for this digest and is not settled into it.
    #[must_use]
    pub fn waits_for_digest(&self, id: NotificationId) -> bool {
        let reason = WaitReason::Digest(id);
        matches!(self.state, State::Waiting { reason: waits_for, .. } if waits_for == reason)
    }

    /// The provider's id of its mail, once that is known.
    #[must_use]
    pub fn message_id(&self) -> Option<&str> {
        match &self.state {
            State::Sent { message, .. } => Some(message),
            State::Rejected { message, .. } => message.as_deref(),
            State::Waiting { .. }
            | State::HeldBack { .. }
            | State::InDigest { .. }
            | State::Sending { .. }
            | State::Deferred { .. }
            | State::Unknown { .. }
            | State::Skipped { .. } => None,
        }
    }

    /// The number of attempts to send its mail.
    #[must_use]
    pub fn attempts(&self) -> u32 {
        self.attempt.as_ref().map_or(0, |attempt| attempt.number)
    }

    /// The start of the latest attempt.
    #[must_use]
    pub fn attempted_at(&self) -> Option<DateTime<Utc>> {
        self.attempt.as_ref()?.started_at
    }

    /// The template of the latest attempt, with its version.
    #[must_use]
    pub fn template(&self) -> Option<&str> {
        self.attempt.as_ref()?.template.as_deref()
    }

    /// The SHA-256 of the latest attempt's mail.
    #[must_use]
    pub fn content_hash(&self) -> Option<&str> {
        self.attempt.as_ref()?.content_hash.as_deref()
    }

    /// The verification code of the latest attempt's mail.
    #[must_use]
    pub fn verification_code(&self) -> Option<&str> {
        self.attempt.as_ref()?.code.as_deref()
    }

    /// The facts about its past.
    #[must_use]
    pub fn facts(&self) -> &Facts {
        &self.facts
    }

    /// The provider's reports about its mails.
    #[must_use]
    pub fn provider(&self) -> &ProviderRecord {
        &self.provider
    }

    /// Its steps, for people.
    #[must_use]
    pub fn history(&self) -> &History {
        &self.history
    }
}
