//! The notifications, written on condition of their revision.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use domain::AccountId;
use handlers::error::Result;
use handlers::ports::{Notification, Notifications};
use uuid::Uuid;

use super::faults::Faults;

#[derive(Debug)]
pub struct MemoryNotifications {
    faults: Arc<Faults>,
    stored: Mutex<BTreeMap<Uuid, Notification>>,
}

impl MemoryNotifications {
    pub(super) fn new(faults: Arc<Faults>) -> Self {
        MemoryNotifications {
            faults,
            stored: Mutex::default(),
        }
    }

    /// All of them, by event and kind.
    pub fn all(&self) -> Vec<Notification> {
        let mut all: Vec<Notification> = self.lock().values().cloned().collect();
        all.sort_by_key(|found| (found.account_id.clone(), found.event_version, found.kind));
        all
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<Uuid, Notification>> {
        self.stored.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Notifications for MemoryNotifications {
    async fn get(&self, id: Uuid) -> Result<Option<Notification>> {
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

    async fn of_account(
        &self,
        account: &AccountId,
        cursor: Option<&str>,
        limit: usize,
    ) -> Result<(Vec<Notification>, Option<String>)> {
        let read = || {
            let mut found = self.all();
            found.retain(|found| found.account_id == *account);
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
