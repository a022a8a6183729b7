mod digest;
mod history;

use async_trait::async_trait;
use chrono::{DateTime, NaiveDate, Utc};
use domain::notification::Kind;
use domain::recipient::Recipient;
use domain::{AccountId, CorrelationId, EventId, IntegrationEvent, NotificationId, Version};
use serde::{Deserialize, Serialize};

use super::schedules::DUE_SHARDS;
use crate::error::Result;
pub use digest::{Covered, Digest};
pub use history::{History, HistoryEntry, MAX_DETAIL_BYTES, MAX_STEPS};

/// What was decided about each notification, and what became of it. Kept for
/// ever: it is what makes the second attempt see the first.
#[async_trait]
pub trait Notifications: Send + Sync {
    async fn get(&self, id: NotificationId) -> Result<Option<Notification>>;

    /// Writes it if the stored one still has the revision before this one
    /// (none, for revision 1). `false` when another was quicker.
    async fn save(&self, notification: &Notification) -> Result<bool>;

    /// The notification whose mail shows this code, as [`crate::mail_code`]
    /// writes it. A moment after it was saved it may not be found yet.
    async fn by_code(&self, code: &str) -> Result<Option<Notification>>;

    /// Notifications of one slice whose `due_at` is at `now` or before, the
    /// longest due first, at most `limit`. What was saved a moment ago may be
    /// missing, or may not be due any more.
    async fn due(&self, slice: u8, now: DateTime<Utc>, limit: usize)
    -> Result<Vec<NotificationId>>;

    /// Notifications that wait for this digest, or are in it; at most `limit`.
    /// What was saved a moment ago may be missing.
    async fn of_digest(&self, digest: NotificationId, limit: usize) -> Result<Vec<NotificationId>>;

    /// An account's notifications, newest event first. Digests are of a
    /// customer and not among them.
    async fn of_account(
        &self,
        account: &AccountId,
        cursor: Option<&str>,
        limit: usize,
    ) -> Result<(Vec<Notification>, Option<String>)>;
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notification {
    pub notification_id: NotificationId,
    pub account_id: AccountId,
    pub event_id: EventId,
    pub event_version: Version,
    /// That of the event, by which what becomes of the mail later is found with it. What was stored before there was
    /// one has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub correlation_id: Option<CorrelationId>,
    pub kind: Kind,
    #[serde(default, skip_serializing_if = "Recipient::is_customer")]
    pub recipient: Recipient,
    /// What the mail is about, beside the event.
    #[serde(default, skip_serializing_if = "Content::is_event")]
    pub content: Content,
    pub state: State,
    /// Why it is in this state, where there is something to say.
    pub reason: Option<String>,
    /// The template and its version, pinned when it was claimed.
    pub template: Option<String>,
    /// SHA-256 of what was rendered, pinned when it was claimed.
    pub content_hash: Option<String>,
    /// How many times it was handed to the mailer.
    pub attempts: u32,
    /// Until when the worker that claimed it may work on it.
    pub lease_until: Option<DateTime<Utc>>,
    /// Not before this is it tried again.
    pub retry_at: Option<DateTime<Utc>>,
    /// When the heartbeat takes it up: no event will come for it again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due_at: Option<DateTime<Utc>>,
    /// The digest that it waits for; the digest that tells it, once it is not
    /// due any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest_id: Option<NotificationId>,
    pub message_id: Option<String>,
    /// What the mailer's provider has told since, by time; see [`crate::feedback`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub feedback: Vec<ProviderEvent>,
    /// How far the mail got, as far as the provider has told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delivery: Option<DeliveryStatus>,
    /// What the mail shows so that the customer can ask whether it is the bank's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verification_code: Option<String>,
    /// Counts the writes: who writes the next one owns the notification.
    pub revision: u64,
    pub history: History,
}

/// What a mail is about.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Content {
    /// The event alone.
    #[default]
    Event,
    /// Everything that waited.
    Digest(Digest),
    /// An account over a month.
    Statement(Statement),
}

impl Content {
    pub fn is_event(&self) -> bool {
        *self == Content::Event
    }

    pub fn is_digest(&self) -> bool {
        matches!(self, Content::Digest(_))
    }

    /// That of a statement.
    pub fn statement(&self) -> Option<Statement> {
        match self {
            Content::Statement(statement) => Some(*statement),
            Content::Event | Content::Digest(_) => None,
        }
    }

    /// A digest of which nothing is left that anybody wants.
    pub fn is_empty(&self) -> bool {
        matches!(self, Content::Digest(digest) if digest.covers.is_empty())
    }
}

/// Pinned when the statement is planned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Statement {
    pub first_day: NaiveDate,
    pub last_day: NaiveDate,
    /// Where the statement before it has ended; the first moment of its month,
    /// where there is none.
    pub begins: DateTime<Utc>,
    pub ends: DateTime<Utc>,
    /// What it tells. Pinned when it is taken up; an older version has told
    /// some without.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub versions: Option<Versions>,
}

/// The versions that a statement tells: the next one begins after them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Versions {
    /// Those after this one,
    pub after: Version,
    /// and up to this one.
    pub through: Version,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum State {
    /// Decided, and put off.
    Planned,
    Claimed,
    Sending,
    Sent,
    RetryAt,
    Rejected,
    Unknown,
    Skipped,
}

impl State {
    pub fn as_str(self) -> &'static str {
        match self {
            State::Planned => "PLANNED",
            State::Claimed => "CLAIMED",
            State::Sending => "SENDING",
            State::Sent => "SENT",
            State::RetryAt => "RETRY_AT",
            State::Rejected => "REJECTED",
            State::Unknown => "UNKNOWN",
            State::Skipped => "SKIPPED",
        }
    }
}

/// What a provider told of a mail that it had taken. The order is by time,
/// and a definite one also where times are equal.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ProviderEvent {
    pub at: DateTime<Utc>,
    /// The provider's id of the event: told twice, it is one.
    pub id: String,
    pub kind: ProviderEventKind,
    /// The provider's own words for it, from its fixed vocabulary: no address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// The provider's id of the mail, and which attempt it was, where its tag
    /// says so: a notification can have been sent more than once.
    pub message_id: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attempt: Option<u32>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ProviderEventKind {
    /// Taken by the provider, who will try to deliver it.
    Sent,
    /// Not delivered yet; the provider goes on trying.
    Delayed,
    /// Taken by the receiving server.
    Delivered,
    /// Turned away by the receiving server, at once or later.
    Bounced,
    /// Marked as spam by who got it.
    Complained,
    /// Taken by the provider and then not sent on, because of its content.
    Rejected,
    /// Never made, because a template of the provider's lacks something.
    RenderingFailed,
}

impl ProviderEventKind {
    pub fn as_str(self) -> &'static str {
        match self {
            ProviderEventKind::Sent => "sent",
            ProviderEventKind::Delayed => "delayed",
            ProviderEventKind::Delivered => "delivered",
            ProviderEventKind::Bounced => "bounced",
            ProviderEventKind::Complained => "complained",
            ProviderEventKind::Rejected => "rejected",
            ProviderEventKind::RenderingFailed => "rendering-failed",
        }
    }
}

/// How far a mail got. A later one replaces an earlier one and never the other
/// way round: a bounce can follow a delivery, and events come in any order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DeliveryStatus {
    Delayed,
    Delivered,
    Bounced,
    Complained,
}

impl Notification {
    /// One of which nothing is stored yet. Its first step replaces its state.
    pub fn new(
        id: NotificationId,
        event: &IntegrationEvent,
        kind: Kind,
        recipient: Recipient,
    ) -> Self {
        Notification {
            notification_id: id,
            account_id: event.metadata.account_id.clone(),
            event_id: event.metadata.event_id,
            event_version: event.metadata.version,
            correlation_id: Some(event.metadata.correlation_id.clone()),
            kind,
            recipient,
            content: Content::Event,
            state: State::Planned,
            reason: None,
            template: None,
            content_hash: None,
            attempts: 0,
            lease_until: None,
            retry_at: None,
            due_at: None,
            digest_id: None,
            message_id: None,
            feedback: Vec::new(),
            delivery: None,
            verification_code: None,
            revision: 0,
            history: History::default(),
        }
    }

    /// Which slice it is due in.
    pub fn due_slice(&self) -> u8 {
        self.notification_id.uuid().as_bytes()[15] % DUE_SHARDS
    }

    /// Whether a digest has taken it in: what becomes of it is what becomes of
    /// the digest.
    pub fn told_by(&self) -> Option<NotificationId> {
        let taken = self.state == State::Planned && self.due_at.is_none();
        self.digest_id.filter(|_| taken)
    }

    /// The notification one step further, as the next revision of it.
    #[must_use]
    pub fn moved(&self, state: State, at: DateTime<Utc>, detail: Option<String>) -> Self {
        let mut moved = self.clone();
        let detail = detail.map(history::shortened);
        moved.state = state;
        moved.reason = detail.clone();
        moved.revision += 1;
        moved.lease_until = None;
        moved.retry_at = None;
        moved.due_at = None;
        moved.history.add(state, at, detail);
        moved
    }
}
