use async_trait::async_trait;
use chrono::{DateTime, Utc};
use domain::notification::Notification;
use domain::{AccountId, NotificationId};

use super::schedules::DUE_SHARDS;
use super::versioned::{Saved, Versioned};
use crate::error::Result;

/// What was decided about each notification, and what became of it. Kept for
/// ever: it is what makes the second attempt see the first.
#[async_trait]
pub trait Notifications: Send + Sync {
    /// Reads a notification, consistently.
    async fn get(&self, id: NotificationId) -> Result<Option<Versioned<Notification>>>;

    /// Writes it over the revision that it was read at, or as the first one.
    async fn save(&self, notification: &Versioned<Notification>) -> Result<Saved>;

    /// The notification whose mail shows this code, as [`crate::mail_code`]
    /// writes it. A moment after it was saved it may not be found yet.
    async fn by_code(&self, code: &str) -> Result<Option<Notification>>;

    /// Notifications of one shard that are due at `now` or before, the longest
    /// due first, at most `limit`. What was saved a moment ago may be missing,
    /// or may not be due any more.
    async fn due(&self, shard: u8, now: DateTime<Utc>, limit: usize)
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

/// The shard that a notification is due in.
pub fn due_shard(id: NotificationId) -> u8 {
    id.uuid().as_bytes()[15] % DUE_SHARDS
}
