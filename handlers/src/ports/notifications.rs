use async_trait::async_trait;
use chrono::{DateTime, Utc};
use domain::notification::Kind;
use domain::{AccountId, EventId, Version};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::error::Result;

/// What was decided about each notification, and what became of it. Kept for
/// ever: it is what makes the second attempt see the first.
#[async_trait]
pub trait Notifications: Send + Sync {
    async fn get(&self, id: Uuid) -> Result<Option<Notification>>;

    /// Writes it if the stored one still has the revision before this one
    /// (none, for revision 1). `false` when another was quicker.
    async fn save(&self, notification: &Notification) -> Result<bool>;

    /// The notification whose mail shows this code, as [`crate::mail_code`]
    /// writes it. A moment after it was saved it may not be found yet.
    async fn by_code(&self, code: &str) -> Result<Option<Notification>>;

    /// An account's notifications, newest event first.
    async fn of_account(
        &self,
        account: &AccountId,
        cursor: Option<&str>,
        limit: usize,
    ) -> Result<(Vec<Notification>, Option<String>)>;
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notification {
    pub notification_id: Uuid,
    pub account_id: AccountId,
    pub event_id: EventId,
    pub event_version: Version,
    pub kind: Kind,
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
    pub message_id: Option<String>,
    /// What the mailer's provider has told since, by time; see [`crate::feedback`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub feedback: Vec<ProviderEvent>,
    /// How far the mail got, as far as the provider has told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delivery: Option<Delivery>,
    /// What the mail shows so that the customer can ask whether it is the bank's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verification_code: Option<String>,
    /// Counts the writes: who writes the next one owns the notification.
    pub revision: u64,
    pub history: Vec<Transition>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum State {
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

/// How far a mail got. A later one replaces an earlier one and never the other
/// way round: a bounce can follow a delivery, and events come in any order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Delivery {
    Delayed,
    Delivered,
    Bounced,
    Complained,
}

/// One step of a notification's way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Transition {
    pub state: State,
    pub at: DateTime<Utc>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

impl Notification {
    /// The notification one step further, as the next revision of it.
    #[must_use]
    pub fn moved(&self, state: State, at: DateTime<Utc>, detail: Option<String>) -> Self {
        let mut moved = self.clone();
        moved.state = state;
        moved.reason = detail.clone();
        moved.revision += 1;
        moved.lease_until = None;
        moved.retry_at = None;
        moved.history.push(Transition { state, at, detail });
        moved
    }
}
