use async_trait::async_trait;
use chrono::{DateTime, Utc};
use domain::notification::{Kind, Notification};
use domain::{AccountId, NotificationId};
use serde::{Deserialize, Serialize};

use super::schedules::DUE_SHARDS;
use super::versioned::{Saved, Versioned};
use crate::error::Result;

/// The notifications, each with its decision and its state. Never deleted: a repeated event finds the first attempt here, and
/// sends no second mail.
#[async_trait]
pub trait Notifications: Send + Sync {
    /// Reads a notification, consistently.
    async fn get(&self, id: NotificationId) -> Result<Option<Versioned<Notification>>>;

    /// Writes a notification, if the stored one still has the revision that was read, or if none is stored for revision 0.
    async fn save(&self, notification: &Versioned<Notification>) -> Result<Saved>;

    /// Finds the notification whose mail has this code, in the form of [`crate::mail_code`]. One that was saved a moment ago
    /// may be missing.
    async fn by_code(&self, code: &str) -> Result<Option<Notification>>;

    /// Finds at most `limit` notifications of one shard that are due at `now` or before, the longest due first.
    ///
    /// One that was saved a moment ago may be missing, or no longer be due; read it before acting on it.
    async fn due(&self, shard: u8, now: DateTime<Utc>, limit: usize)
    -> Result<Vec<NotificationId>>;

    /// Finds at most `limit` notifications that wait for this digest or are in it. One that was saved a moment ago may be
    /// missing.
    async fn of_digest(&self, digest: NotificationId, limit: usize) -> Result<Vec<NotificationId>>;

    /// Reads a page of an account's notifications, newest event first. Digests belong to a customer and are not among them.
    async fn of_account(
        &self,
        account: &AccountId,
        cursor: Option<&str>,
        limit: usize,
    ) -> Result<(Vec<Notification>, Option<String>)>;

    /// Finds notifications of one shard that were decided at `from` or later and before `to`, newest first: at most `limit`, and
    /// those that were decided at the same time as the last of them. Digests are not among them.
    ///
    /// One that was saved a moment ago may be missing, and so is one that only versions without this index have written.
    async fn decided(
        &self,
        shard: u8,
        from: DateTime<Utc>,
        to: DateTime<Utc>,
        limit: usize,
    ) -> Result<Vec<Decided>>;
}

/// Shards of the index by time of decision: as many as events have by recorded time, because one event may decide one
/// notification. Never changed, because the shard is stored.
pub const DECISION_SHARDS: u8 = 16;

/// A notification, as the index by time of decision has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decided {
    /// Its position in the list of all.
    pub position: DecidedPosition,
    /// The account of its event.
    pub account_id: AccountId,
    /// Its kind.
    pub kind: Kind,
}

/// The position of a notification in the list of all, which is ordered by the time of decision, and then by id.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct DecidedPosition {
    /// The time of the decision.
    pub decided_at: DateTime<Utc>,
    /// Its id.
    pub notification_id: NotificationId,
}

impl DecidedPosition {
    /// Returns the position of this notification.
    pub fn of(notification: &Notification) -> Self {
        DecidedPosition {
            decided_at: notification.facts().decided_at,
            notification_id: notification.id(),
        }
    }
}

impl Decided {
    /// Returns the key of this notification.
    pub fn of(notification: &Notification) -> Self {
        Decided {
            position: DecidedPosition::of(notification),
            account_id: notification.account_id().clone(),
            kind: notification.kind(),
        }
    }
}

/// The shard of the index by time of decision that this one is in, below [`DECISION_SHARDS`]; `None` for a digest, which is not in
/// the index.
pub fn decision_shard(notification: &Notification) -> Option<u8> {
    let shard = notification.id().uuid().as_bytes()[15] % DECISION_SHARDS;
    (!notification.content().is_digest()).then_some(shard)
}

/// The shard of the index of due notifications that this one is in, below `DUE_SHARDS`.
pub fn due_shard(id: NotificationId) -> u8 {
    id.uuid().as_bytes()[15] % DUE_SHARDS
}
