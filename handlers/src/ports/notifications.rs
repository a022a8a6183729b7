use async_trait::async_trait;
use chrono::{DateTime, Utc};
use domain::notification::Notification;
use domain::{AccountId, NotificationId};

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
}

/// The shard of the index of due notifications that this one is in, below `DUE_SHARDS`.
pub fn due_shard(id: NotificationId) -> u8 {
    id.uuid().as_bytes()[15] % DUE_SHARDS
}
