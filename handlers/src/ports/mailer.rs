use std::fmt;

use async_trait::async_trait;
use uuid::Uuid;

/// Who takes mails and delivers them.
#[async_trait]
pub trait Mailer: Send + Sync {
    /// Hands over one mail, once: the adapter must not try again by itself.
    /// Answers with the provider's id of the message.
    async fn send(&self, mail: &Mail) -> Result<String, SendFailure>;

    /// What became of an attempt whose end nobody saw. After `NotAccepted`
    /// that same attempt must never be taken, however late it arrives.
    async fn outcome(&self, notification_id: Uuid, attempt: u32) -> Outcome;
}

#[derive(Clone, PartialEq, Eq)]
pub struct Mail {
    pub notification_id: Uuid,
    /// Which attempt at this notification it is, from 1.
    pub attempt: u32,
    pub from: String,
    pub to: String,
    pub subject: String,
    pub text: String,
    pub html: String,
}

impl fmt::Debug for Mail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mail")
            .field("notification_id", &self.notification_id)
            .finish_non_exhaustive()
    }
}

/// Why a mail was not taken, sorted by what is known of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SendFailure {
    /// Certainly not taken, and never will be.
    Refused(String),
    /// Certainly not taken, and may be later.
    Later {
        reason: String,
        after: std::time::Duration,
    },
    /// It may have been taken.
    Unknown(String),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Taken, with the provider's id.
    Accepted(String),
    /// Certainly never taken.
    NotAccepted,
    /// The provider cannot tell: SES never can.
    Unknowable,
}
