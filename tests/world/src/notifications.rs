//! The notifications, with writes on condition of their revision.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use domain::{AccountId, NotificationId};
use handlers::error::Result;
use handlers::ports::{Notification, Notifications};

use super::faults::Faults;

/// Notifications in memory.
#[derive(Debug)]
pub struct MemoryNotifications {
    faults: Arc<Faults>,
    stored: Mutex<BTreeMap<NotificationId, Notification>>,
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
        let mut all: Vec<Notification> = self.lock().values().cloned().collect();
        all.sort_by_key(|found| (found.account_id.clone(), found.event_version, found.kind));
        all
    }

    /// Hides a notification from the indexes of due ones and of digests.
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
        !self.hidden().contains(&notification.notification_id)
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<NotificationId, Notification>> {
        self.stored.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Notifications for MemoryNotifications {
    async fn get(&self, id: NotificationId) -> Result<Option<Notification>> {
        self.faults
            .call("notifications.get", || Ok(self.lock().get(&id).cloned()))
            .await
    }

    async fn save(&self, notification: &Notification) -> Result<bool> {
        let write = || {
            let mut stored = self.lock();
            let before = stored
                .get(&notification.notification_id)
                .map_or(0, |stored| stored.revision);
            if before + 1 != notification.revision {
                return Ok(false);
            }
            stored.insert(notification.notification_id, notification.clone());
            Ok(true)
        };
        self.faults.call("notifications.save", write).await
    }

    async fn by_code(&self, code: &str) -> Result<Option<Notification>> {
        let read = || {
            let stored = self.lock();
            let mut all = stored.values();
            let found = all.find(|found| found.verification_code.as_deref() == Some(code));
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
                .filter(|found| found.due_slice() == slice && self.is_shown(found))
                .filter_map(|found| Some((found.due_at?, found.notification_id)))
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
                .filter(|f| f.digest_id == Some(digest) && self.is_shown(f));
            Ok(found.map(|f| f.notification_id).take(limit).collect())
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
            found.retain(|found| found.account_id == *account && !found.content.is_digest());
            found.reverse();
            let start = cursor
                .and_then(|cursor| cursor.parse().ok())
                .unwrap_or(0_usize);
            let next = (start + limit < found.len()).then(|| (start + limit).to_string());
            Ok((found.into_iter().skip(start).take(limit).collect(), next))
        };
        self.faults.call("notifications.of_account", read).await
    }
}
