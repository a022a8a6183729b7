//! Notifications that are not found when they are asked for, never due again, or
//! written later than it was said.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use domain::notification::{Content, Notification, Phase, State, WaitReason};
use domain::{AccountId, NotificationId};
use handlers::Result;
use handlers::ports::{Decided, Notifications, Saved, Versioned};

use super::is;
use crate::kernel::lock;
use crate::ports::{Port, Role};

/// Whether a notification is written though it has moved meanwhile.
pub fn overwrites(stored: Option<&Notification>, next: &Notification, role: Role) -> bool {
    let is_as_it_was = || stored.is_some_and(|stored| stored.phase() == next.phase());
    is("claim-unconditional")
        || (is("digest-not-pinned") && stored.is_some_and(|stored| !tells_all_of(stored, next)))
        || (is("feedback-unconditional") && role == Role::Feedback && is_as_it_was())
}

/// Whether a digest tells everything that another one does.
fn tells_all_of(digest: &Notification, other: &Notification) -> bool {
    let (Some(digest), Some(other)) = (digest.content().digest(), other.content().digest()) else {
        return true;
    };
    let mut covers = other.covers().iter();
    covers.all(|one| digest.includes(one.notification_id))
}

/// The same, of which the stored form has no time at which the heartbeat comes for it.
fn never_due(notification: Notification) -> Notification {
    let without = serde_json::to_value(&notification).and_then(|mut stored| {
        if let Some(stored) = stored.as_object_mut() {
            stored.remove("due_at");
        }
        serde_json::from_value(stored)
    });
    without.unwrap_or(notification)
}

#[derive(Debug)]
pub(super) struct FaultyNotifications {
    port: Arc<Port>,
    /// Digests that were asked for, and statements by account and recipient.
    asked: Mutex<BTreeSet<String>>,
    /// Whether it is a beat that asks.
    is_beat: AtomicBool,
    /// What was said to be written and is not yet.
    late: Mutex<Vec<Versioned<Notification>>>,
}

impl FaultyNotifications {
    pub(super) fn on(port: Arc<Port>) -> Self {
        FaultyNotifications {
            port,
            asked: Mutex::default(),
            is_beat: AtomicBool::new(false),
            late: Mutex::default(),
        }
    }

    /// Whether something of this name is asked for the first time.
    fn is_first(&self, name: String) -> bool {
        lock(&self.asked).insert(name)
    }

    /// Whether something waits for the digest that it does not tell.
    async fn has_late(&self, digest: &Notification) -> Result<bool> {
        let Some(content) = digest.content().digest() else {
            return Ok(false);
        };
        let waiting = self.port.of_digest(digest.id(), usize::MAX).await?;
        Ok(waiting.iter().any(|waiting| !content.includes(*waiting)))
    }

    /// What is stored when this is to be saved.
    async fn as_stored(&self, next: &Versioned<Notification>) -> Result<Versioned<Notification>> {
        let is_never_due_again = match next.value.state() {
            // As if the claim left it to a redelivery of its event, as it does for what has not waited.
            State::Sending { .. } => is("due-not-carried-over"),
            // As if it were settled into a digest that does not tell it.
            State::Waiting {
                reason: WaitReason::Digest(next_digest),
                ..
            } if is("late-for-the-digest-dropped") => {
                let stored = self.port.get(next.value.id()).await?;
                stored.is_some_and(|stored| stored.value.digest_id() != Some(*next_digest))
            }
            _ => false,
        };
        Ok(match is_never_due_again {
            true => next.clone().map(never_due),
            false => next.clone(),
        })
    }
}

#[async_trait]
impl Notifications for FaultyNotifications {
    async fn get(&self, id: NotificationId) -> Result<Option<Versioned<Notification>>> {
        let Some(stored) = self.port.get(id).await? else {
            return Ok(None);
        };
        let hidden = match stored.value.content() {
            // It is made anew, of what waits now.
            Content::Digest(_) if is("digest-not-pinned") => {
                self.has_late(&stored.value).await? && self.is_first(id.to_string())
            }
            // None knows of the one before or after it.
            Content::Statement(_) if is("statement-begins-by-the-calendar") => {
                let series = {
                    let (account, recipient) =
                        (stored.value.account_id(), stored.value.recipient());
                    format!("{account} {recipient:?}")
                };
                !self.is_first(series)
            }
            _ => false,
        };
        Ok(Some(stored).filter(|_| !hidden))
    }

    async fn save(&self, notification: &Versioned<Notification>) -> Result<Saved> {
        let Versioned { value, revision } = notification;
        let is_next = value.content().statement().is_some() && *revision == 0;
        if is("next-statement-planned-last") && is_next && self.is_beat.load(Ordering::Relaxed) {
            lock(&self.late).push(notification.clone());
            return Ok(Saved::Written);
        }
        let saved = self.port.save(&self.as_stored(notification).await?).await?;
        let is_told = !matches!(value.phase(), Phase::Planned | Phase::Sending);
        if is_told {
            let late = std::mem::take(&mut *lock(&self.late));
            for late in late {
                let _ = self.port.save(&late).await?;
            }
        }
        Ok(saved)
    }

    async fn by_code(&self, code: &str) -> Result<Option<Notification>> {
        self.port.by_code(code).await
    }

    async fn due(
        &self,
        slice: u8,
        now: DateTime<Utc>,
        limit: usize,
    ) -> Result<Vec<NotificationId>> {
        self.is_beat.store(true, Ordering::Relaxed);
        match is("due-shard-not-read") && slice == 0 {
            true => Ok(Vec::new()),
            false => self.port.due(slice, now, limit).await,
        }
    }

    async fn of_digest(&self, digest: NotificationId, limit: usize) -> Result<Vec<NotificationId>> {
        self.port.of_digest(digest, limit).await
    }

    async fn of_account(
        &self,
        account: &AccountId,
        cursor: Option<&str>,
        limit: usize,
    ) -> Result<(Vec<Notification>, Option<String>)> {
        self.port.of_account(account, cursor, limit).await
    }

    async fn decided(
        &self,
        shard: u8,
        from: DateTime<Utc>,
        to: DateTime<Utc>,
        limit: usize,
    ) -> Result<Vec<Decided>> {
        self.port.decided(shard, from, to, limit).await
    }
}
