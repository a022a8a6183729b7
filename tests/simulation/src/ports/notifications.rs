use domain::notification::{Notification, Phase, Reason};
use std::sync::Arc;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use domain::{AccountId, NotificationId};
use handlers::Result;
use handlers::ports::{Decided, Notifications, Saved, Versioned, decision_shard, due_shard};

use super::{Port, Role};
use crate::book::CANARY;
use crate::bugs;
use crate::faults::Hop;
use crate::kernel::{Core, TaskId};

#[async_trait]
impl Notifications for Port {
    async fn get(&self, id: NotificationId) -> Result<Option<Versioned<Notification>>> {
        self.call(Hop::ClaimsRead, move |core| {
            let found = core.state.notifications.get(&id)?;
            Some(Versioned {
                value: Notification::clone(found),
                revision: core.revision_of(id),
            })
        })
        .await
    }

    async fn save(&self, notification: &Versioned<Notification>) -> Result<Saved> {
        let Versioned { value, revision } = notification.clone();
        let value = Arc::new(value);
        let (task, role) = (self.sim.core().current, self.role);
        self.call(Hop::ClaimsWrite, move |core| {
            core.save_notification(&value, revision, task, role)
        })
        .await
    }

    async fn by_code(&self, code: &str) -> Result<Option<Notification>> {
        let code = code.to_owned();
        self.call(Hop::ClaimsRead, move |core| {
            let mut all = core.state.notifications.values();
            let found = all.find(|found| found.verification_code() == Some(&code));
            found.map(|found| Notification::clone(found))
        })
        .await
    }

    async fn due(
        &self,
        slice: u8,
        now: DateTime<Utc>,
        limit: usize,
    ) -> Result<Vec<NotificationId>> {
        self.call(Hop::ClaimsRead, move |core| {
            let all = core.state.notifications.values();
            let mut due: Vec<(DateTime<Utc>, NotificationId)> = all
                .filter(|found| due_shard(found.id()) == slice)
                .filter_map(|found| Some((found.due_at()?, found.id())))
                .filter(|(due_at, _)| *due_at <= now)
                .collect();
            due.sort();
            due.into_iter().map(|(_, id)| id).take(limit).collect()
        })
        .await
    }

    async fn of_digest(&self, digest: NotificationId, limit: usize) -> Result<Vec<NotificationId>> {
        self.call(Hop::ClaimsRead, move |core| {
            let all = core.state.notifications.values();
            let found = all.filter(|found| found.digest_id() == Some(digest));
            found.map(|found| found.id()).take(limit).collect()
        })
        .await
    }

    async fn of_account(
        &self,
        account: &AccountId,
        _cursor: Option<&str>,
        limit: usize,
    ) -> Result<(Vec<Notification>, Option<String>)> {
        let account = account.clone();
        self.call(Hop::ClaimsRead, move |core| {
            let of = core.state.notifications.values();
            let of = of.filter(|notification| *notification.account_id() == account);
            let found = of.take(limit).map(|found| Notification::clone(found));
            (found.collect(), None)
        })
        .await
    }

    async fn decided(
        &self,
        shard: u8,
        from: DateTime<Utc>,
        to: DateTime<Utc>,
        limit: usize,
    ) -> Result<Vec<Decided>> {
        self.call(Hop::ClaimsRead, move |core| {
            let all = core.state.notifications.values();
            let of_shard = all.filter(|found| decision_shard(found) == Some(shard));
            let mut keys: Vec<Decided> = of_shard.map(|found| Decided::of(found)).collect();
            keys.retain(|key| (from..to).contains(&key.position.decided_at));
            keys.sort_by(|one, other| other.position.cmp(&one.position));
            if let Some(last) = limit.checked_sub(1).and_then(|last| keys.get(last)) {
                let last = last.position.decided_at;
                keys.retain(|key| key.position.decided_at >= last);
            }
            keys
        })
        .await
    }
}

impl Core {
    /// Whether all clocks have been right since somebody began to send it: a
    /// lease ends by them.
    fn may_lease_by_the_clock(&self, id: NotificationId) -> bool {
        let began = self.state.book.sending.get(&id);
        began.is_some_and(|(_, since)| self.state.clocks.were_right_since(*since))
    }

    /// How often it was written.
    pub(crate) fn revision_of(&self, id: NotificationId) -> u64 {
        let revisions = &self.state.notification_revisions;
        revisions.get(&id).copied().unwrap_or(0)
    }

    fn save_notification(
        &mut self,
        notification: &Arc<Notification>,
        read_at: u64,
        task: TaskId,
        role: Role,
    ) -> Saved {
        let id = notification.id();
        let stored = self.state.notifications.get(&id).map(Arc::clone);
        if self.revision_of(id) != read_at
            && !bugs::overwrites(stored.as_deref(), notification, role)
        {
            return Saved::Stale;
        }
        if let Some(stored) = &stored {
            self.check_step(stored, notification);
        }
        let taken = self.state.book.taken.get(&id).copied().unwrap_or(0);
        match notification.phase() {
            Phase::Sent if taken == 0 => {
                self.violate("sent is what the mailer took", || id.to_string())
            }
            Phase::Unknown if self.is_being_sent(id, task) && self.may_lease_by_the_clock(id) => {
                self.violate("nobody gives up a mail in a worker's hands", || {
                    id.to_string()
                });
            }
            _ => {}
        }
        let told = notification
            .history()
            .iter()
            .filter_map(|step| step.detail.as_ref())
            .map(Reason::as_str);
        if told
            .chain(notification.reason())
            .any(|text| text.contains(CANARY))
        {
            self.violate(
                "no personal data in what is shown of a notification",
                || id.to_string(),
            );
        }
        self.check_size(notification);
        self.check_is_without_contact(notification);
        self.tell(|_| format!("notification {id} is {}", notification.phase()));
        let (began, now) = (&self.state.book.began, self.now);
        let began = began.get(&task).copied().unwrap_or(now);
        self.state.book.first_claims.entry(id).or_insert(began);
        self.beat_when_due(notification);
        self.state
            .notifications
            .insert(id, Arc::clone(notification));
        self.state.notification_revisions.insert(id, read_at + 1);
        Saved::Written
    }
}
