//! Notifications that are not stored yet, and the steps that they share with stored ones.

use std::time::Duration;

use chrono::{DateTime, Utc};

use super::{
    Attempt, Content, Covered, EMAIL, EventRef, Facts, History, IllegalTransition, Kind,
    Notification, Pinned, ProviderRecord, Reason, Resume, SkipReason, State, WaitReason, mail_id,
};
use crate::recipient::Recipient;
use crate::{CorrelationId, NotificationId};

/// The subject and recipient of a notification. They never change, except for the content: a digest shrinks, and a statement
/// gets its versions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subject {
    /// Its id, from [`notification_id`](super::notification_id) or one of its siblings.
    pub id: NotificationId,
    /// The event that caused it.
    pub source: EventRef,
    /// The correlation id of the event, by which the logs show a mail's story. Notifications of older versions have none.
    pub correlation_id: Option<CorrelationId>,
    /// The kind.
    pub kind: Kind,
    /// The recipient among the customer's addresses.
    pub recipient: Recipient,
    /// The content of the mail, beyond the event.
    pub content: Content,
}

impl Subject {
    /// Whether it is the mail of one event that has several notifications, and none of these itself.
    #[must_use]
    pub fn is_mail_of_event(&self) -> bool {
        let EventRef {
            account_id,
            version,
            ..
        } = &self.source;
        self.content.digest().is_some_and(|digest| {
            let customer = digest.customer_id();
            self.id == mail_id(account_id, *version, customer, &self.recipient, EMAIL)
        })
    }

    /// The kind that gives its mail the subject.
    #[must_use]
    pub fn lead(&self) -> Kind {
        self.kinds().first().copied().unwrap_or(self.kind)
    }

    /// The kinds that its mail covers, the one that gives the subject first. Empty for a digest of which nothing is left.
    #[must_use]
    pub fn kinds(&self) -> Vec<Kind> {
        match &self.content {
            Content::Digest(digest) => digest.kinds(),
            Content::Event | Content::Statement(_) => vec![self.kind],
        }
    }
}

/// A decided notification that is not stored yet. Its first step makes it a [`Notification`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    pub(super) subject: Subject,
    resume: Resume,
}

impl Draft {
    /// Returns a draft that the next delivery of its event resumes if its worker dies.
    #[must_use]
    pub fn new(subject: Subject) -> Self {
        let resume = Resume::Redelivery;
        Draft { subject, resume }
    }

    /// What it is about.
    #[must_use]
    pub fn subject(&self) -> &Subject {
        &self.subject
    }

    /// Returns the draft, resumed by the heartbeat instead, because its event will not be delivered again for it.
    #[must_use]
    pub fn resumed_by_heartbeat(self, at: DateTime<Utc>) -> Self {
        let resume = Resume::Heartbeat(at);
        Draft { resume, ..self }
    }

    /// Puts it off until a time.
    #[must_use]
    pub fn waits(
        self,
        now: DateTime<Utc>,
        until: DateTime<Utc>,
        reason: WaitReason,
    ) -> Notification {
        self.begin(State::Waiting { until, reason }, now)
    }

    /// Leaves it to the mail of this id, which covers all notifications of its event and recipient. Until that mail is made, it is
    /// continued as the draft would be: by a redelivery, or by the heartbeat.
    #[must_use]
    pub fn joins_mail(self, now: DateTime<Utc>, mail: NotificationId) -> Notification {
        let state = match self.resume {
            Resume::Redelivery => State::InDigest { digest: mail },
            Resume::Heartbeat(until) => {
                let reason = WaitReason::Digest(mail);
                State::Waiting { until, reason }
            }
        };
        self.begin(state, now)
    }

    fn begin(self, state: State, now: DateTime<Utc>) -> Notification {
        let mut history = History::default();
        history.add(state.phase(), now, state.reason().map(Reason::new));
        Notification {
            subject: self.subject,
            facts: Facts::new(state.phase(), now),
            state,
            attempt: None,
            provider: ProviderRecord::default(),
            history,
        }
    }
}

/// A notification whose mail may be made now: a [`Draft`], or one whose next
/// step is [`Step::Deliver`](super::Step::Deliver).
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(
    clippy::large_enum_variant,
    reason = "it lives on the stack of one step; a box would be an allocation for nothing"
)]
pub enum Pending {
    /// Not stored yet.
    Draft(Draft),
    /// Begun before.
    Begun(Notification),
}

impl From<Draft> for Pending {
    fn from(draft: Draft) -> Self {
        Pending::Draft(draft)
    }
}

impl From<Notification> for Pending {
    fn from(notification: Notification) -> Self {
        Pending::Begun(notification)
    }
}

impl Pending {
    /// What it is about.
    #[must_use]
    pub fn subject(&self) -> &Subject {
        match self {
            Pending::Draft(draft) => &draft.subject,
            Pending::Begun(notification) => &notification.subject,
        }
    }

    fn subject_mut(&mut self) -> &mut Subject {
        match self {
            Pending::Draft(draft) => &mut draft.subject,
            Pending::Begun(notification) => &mut notification.subject,
        }
    }

    /// Whether its mail may be a repeat: an earlier one had an unknown outcome.
    #[must_use]
    pub fn may_be_repeat(&self) -> bool {
        match self {
            Pending::Draft(_) => false,
            Pending::Begun(notification) => notification.facts.was_unknown,
        }
    }

    /// Removes the notifications that `keep` refuses from a digest, and returns them.
    pub fn retain_covered(&mut self, keep: impl Fn(&Covered) -> bool) -> Vec<Covered> {
        match &mut self.subject_mut().content {
            Content::Digest(digest) => digest.retain(keep),
            Content::Event | Content::Statement(_) => Vec::new(),
        }
    }

    /// Puts it off until a time.
    ///
    /// # Errors
    /// [`IllegalTransition`] if it is finished or waits for a digest.
    pub fn waits(
        self,
        now: DateTime<Utc>,
        until: DateTime<Utc>,
        reason: WaitReason,
    ) -> Result<Notification, IllegalTransition> {
        match self {
            Pending::Draft(draft) => Ok(draft.waits(now, until, reason)),
            Pending::Begun(notification) => notification.waits(now, until, reason),
        }
    }

    /// Claims it for one attempt, before the mail is sent.
    ///
    /// # Errors
    /// [`IllegalTransition`] if it is finished or waits for a digest.
    pub fn sending(
        self,
        now: DateTime<Utc>,
        lease: Duration,
        mail: Pinned,
    ) -> Result<Notification, IllegalTransition> {
        match self {
            Pending::Draft(draft) => {
                let state = State::sending(now, lease, draft.resume);
                let mut begun = draft.begin(state, now);
                begun.attempt = Some(Attempt::first(now, mail));
                Ok(begun)
            }
            Pending::Begun(notification) => notification.sending(now, lease, mail),
        }
    }

    /// Finishes it without a mail.
    ///
    /// # Errors
    /// [`IllegalTransition`] if it is finished.
    pub fn skipped(
        self,
        now: DateTime<Utc>,
        reason: SkipReason,
    ) -> Result<Notification, IllegalTransition> {
        match self {
            Pending::Draft(draft) => {
                let left_out_of = None;
                Ok(draft.begin(
                    State::Skipped {
                        reason: reason.into(),
                        left_out_of,
                    },
                    now,
                ))
            }
            Pending::Begun(notification) => notification.skipped(now, reason),
        }
    }
}
