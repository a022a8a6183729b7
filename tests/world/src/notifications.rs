//! The notifications, with writes on condition of their revision.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use domain::notification::Notification;
use domain::{AccountId, NotificationId};
use handlers::error::Result;
use handlers::ports::{Decided, Notifications, Saved, Versioned, decision_shard, due_shard};

use super::faults::Faults;
use super::versioned::{Rows, replace};

/// Notifications in memory.
#[derive(Debug)]
pub struct MemoryNotifications {
    faults: Arc<Faults>,
    stored: Mutex<Rows<NotificationId, Notification>>,
    /// The notifications that no index shows yet.
    hidden: Mutex<BTreeSet<NotificationId>>,
}

impl MemoryNotifications {
    pub(super) fn new(faults: Arc<Faults>) -> Self {
        MemoryNotifications {
            faults,
            stored: Mutex::default(),
            hidden: Mutex::default(),
        }
    }

    /// Returns all notifications, by event and kind.
    pub fn all(&self) -> Vec<Notification> {
        let stored = self.lock();
        let mut all: Vec<Notification> = stored.values().map(|found| found.value.clone()).collect();
        all.sort_by_key(|found| {
            let version = found.source().version;
            (found.account_id().clone(), version, found.kind())
        });
        all
    }

    /// Returns the stored revision of a notification, 0 where there is none.
    pub fn revision(&self, id: NotificationId) -> u64 {
        self.lock().get(&id).map_or(0, |found| found.revision)
    }

    /// Hides a notification from the indexes of due ones, of digests and of decisions.
    pub fn hide(&self, id: NotificationId) {
        self.hidden().insert(id);
    }

    /// Lets the indexes catch up.
    pub fn show_all(&self) {
        self.hidden().clear();
    }

    fn hidden(&self) -> MutexGuard<'_, BTreeSet<NotificationId>> {
        self.hidden.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_shown(&self, notification: &Notification) -> bool {
        !self.hidden().contains(&notification.id())
    }

    fn lock(&self) -> MutexGuard<'_, Rows<NotificationId, Notification>> {
        self.stored.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Notifications for MemoryNotifications {
    async fn get(&self, id: NotificationId) -> Result<Option<Versioned<Notification>>> {
        self.faults
            .call("notifications.get", || Ok(self.lock().get(&id).cloned()))
            .await
    }

    async fn save(&self, notification: &Versioned<Notification>) -> Result<Saved> {
        let id = notification.value.id();
        let write = || Ok(replace(&mut self.lock(), id, notification.clone()));
        self.faults.call("notifications.save", write).await
    }

    async fn by_code(&self, code: &str) -> Result<Option<Notification>> {
        let read = || {
            let stored = self.lock();
            let mut all = stored.values().map(|found| &found.value);
            let found = all.find(|found| found.verification_code() == Some(code));
            Ok(found.cloned())
        };
        self.faults.call("notifications.by_code", read).await
    }

    async fn due(
        &self,
        slice: u8,
        now: DateTime<Utc>,
        limit: usize,
    ) -> Result<Vec<NotificationId>> {
        let read = || {
            let mut due: Vec<(DateTime<Utc>, NotificationId)> = self
                .lock()
                .values()
                .map(|found| &found.value)
                .filter(|found| due_shard(found.id()) == slice && self.is_shown(found))
                .filter_map(|found| Some((found.due_at()?, found.id())))
                .filter(|(due_at, _)| *due_at <= now)
                .collect();
            due.sort();
            Ok(due.into_iter().map(|(_, id)| id).take(limit).collect())
        };
        self.faults.call("notifications.due", read).await
    }

    async fn of_digest(&self, digest: NotificationId, limit: usize) -> Result<Vec<NotificationId>> {
        let read = || {
            let stored = self.lock();
            let found = stored
                .values()
                .map(|found| &found.value)
                .filter(|found| found.digest_id() == Some(digest) && self.is_shown(found));
            Ok(found.map(Notification::id).take(limit).collect())
        };
        self.faults.call("notifications.of_digest", read).await
    }

    async fn of_account(
        &self,
        account: &AccountId,
        cursor: Option<&str>,
        limit: usize,
    ) -> Result<(Vec<Notification>, Option<String>)> {
        let read = || {
            let mut found = self.all();
            found.retain(|found| found.account_id() == account && !found.content().is_digest());
            found.reverse();
            let start = cursor
                .and_then(|cursor| cursor.parse().ok())
                .unwrap_or(0_usize);
            let next = (start + limit < found.len()).then(|| (start + limit).to_string());
            Ok((found.into_iter().skip(start).take(limit).collect(), next))
        };
        self.faults.call("notifications.of_account", read).await
    }

    async fn decided(
        &self,
        shard: u8,
        from: DateTime<Utc>,
        to: DateTime<Utc>,
        limit: usize,
    ) -> Result<Vec<Decided>> {
        let read = || {
            let mut keys: Vec<Decided> = (self.lock().values())
                .map(|found| &found.value)
                .filter(|found| decision_shard(found) == Some(shard) && self.is_shown(found))
                .map(Decided::of)
                .filter(|key| (from..to).contains(&key.position.decided_at))
                .collect();
            keys.sort_by(|one, other| other.position.cmp(&one.position));
            if let Some(last) = limit.checked_sub(1).and_then(|last| keys.get(last)) {
                let last = last.position.decided_at;
                keys.retain(|key| key.position.decided_at >= last);
            }
            Ok(keys)
        };
        self.faults.call("notifications.decided", read).await
    }
}
