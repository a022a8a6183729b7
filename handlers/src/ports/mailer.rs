mod headers;

use domain::email::EmailAddress;
use std::fmt;

use async_trait::async_trait;
use domain::NotificationId;

pub use headers::{HeaderError, MAX_HEADERS};

/// Most bytes of all attachments together: what most receivers take at all,
/// after Base64 has made them a third longer (SES itself takes 40 MB).
pub const MAX_ATTACHMENT_BYTES: usize = 7 * 1024 * 1024;
/// The name of the mail tag that says which notification a mail is of.
pub const NOTIFICATION_TAG: &str = "notification_id";
/// The name of the mail tag that says which attempt at it.
pub const ATTEMPT_TAG: &str = "attempt";

/// Who takes mails and delivers them.
#[async_trait]
pub trait Mailer: Send + Sync {
    /// Hands over one mail, once: the adapter must not try again by itself.
    /// Answers with the provider's id of the message.
    async fn send(&self, mail: &Mail) -> Result<String, SendFailure>;

    /// What became of an attempt whose end nobody saw. After `NotAccepted`
    /// that same attempt must never be taken, however late it arrives.
    async fn outcome(&self, notification_id: NotificationId, attempt: u32) -> Outcome;
}

#[derive(Clone, PartialEq, Eq)]
pub struct Mail {
    pub notification_id: NotificationId,
    /// Which attempt at this notification it is, from 1.
    pub attempt: u32,
    pub from: String,
    pub to: EmailAddress,
    pub subject: String,
    pub text: String,
    pub html: String,
    /// Headers beside those that every mail has; see [`Mail::all_headers`].
    pub headers: Vec<(String, String)>,
    pub attachments: Vec<Attachment>,
    pub priority: Priority,
}

/// A file that goes with a mail.
#[derive(Clone, PartialEq, Eq)]
pub struct Attachment {
    /// The file's name as the customer sees it.
    pub name: String,
    /// Its media type (RFC 6838), such as `text/csv; charset=utf-8`.
    pub content_type: String,
    pub bytes: Vec<u8>,
}

/// Which mails go first when not all may go at once.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Priority {
    #[default]
    Ordinary,
    /// What a customer must know at once to act against a fraud.
    Security,
}

impl Mail {
    /// The headers of the mail beside those that its own fields give, in order:
    /// `Auto-Submitted` (RFC 3834, so that no out-of-office answers), the
    /// notification's id, and [`Mail::headers`], in ASCII by RFC 2047.
    ///
    /// # Errors
    /// A name or value that would break the mail or forge another header, or
    /// more than [`MAX_HEADERS`].
    pub fn all_headers(&self) -> Result<Vec<(String, String)>, HeaderError> {
        let mut all = vec![
            ("Auto-Submitted".to_owned(), "auto-generated".to_owned()),
            (
                "X-Ledgerbell-Notification".to_owned(),
                self.notification_id.to_string(),
            ),
        ];
        all.extend(self.headers.iter().cloned());
        headers::encoded(all)
    }

    /// Whether headers and attachments are as a mailer can take them.
    ///
    /// # Errors
    /// [`SendFailure::Refused`], as no later attempt would be taken either.
    pub fn check(&self) -> Result<(), SendFailure> {
        let refused = |reason: String| Err(SendFailure::Refused(reason));
        if let Err(error) = self.all_headers() {
            return refused(error.to_string());
        }
        let total: usize = self.attachments.iter().map(|file| file.bytes.len()).sum();
        if total > MAX_ATTACHMENT_BYTES {
            return refused(format!(
                "the attachments have {total} bytes, more than {MAX_ATTACHMENT_BYTES}"
            ));
        }
        let broken = |text: &str| text.is_empty() || text.chars().any(char::is_control);
        if self
            .attachments
            .iter()
            .any(|file| broken(&file.name) || broken(&file.content_type))
        {
            return refused(
                "an attachment's name or type is empty or has a control character".to_owned(),
            );
        }
        Ok(())
    }
}

impl fmt::Debug for Mail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mail")
            .field("notification_id", &self.notification_id)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Attachment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Attachment")
            .field("content_type", &self.content_type)
            .field("bytes", &self.bytes.len())
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
