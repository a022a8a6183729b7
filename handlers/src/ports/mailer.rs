mod headers;
mod sender;

use domain::email::EmailAddress;
use std::fmt;

use async_trait::async_trait;
use domain::NotificationId;

pub use headers::{HeaderError, MAX_HEADERS};
pub use sender::sender;

/// Bytes of all attachments together. Most receivers take no more, because Base64 adds a third (SES itself takes 40 MB). A
/// larger mail is refused permanently.
pub const MAX_ATTACHMENT_BYTES: usize = 7 * 1024 * 1024;
/// The name of the mail tag with the notification's id.
pub const NOTIFICATION_TAG: &str = "notification_id";
/// The name of the mail tag with the number of the attempt.
pub const ATTEMPT_TAG: &str = "attempt";

/// The mail provider.
#[async_trait]
pub trait Mailer: Send + Sync {
    /// Sends one mail, once: an adapter must not repeat the request. Returns the provider's id of the message.
    ///
    /// # Errors
    /// - [`SendFailure::Refused`]: certainly not accepted, and a retry does not help.
    /// - [`SendFailure::Later`]: certainly not accepted; retry after its pause.
    /// - [`SendFailure::Unknown`]: perhaps accepted; a retry might send the mail twice.
    async fn send(&self, mail: &Mail) -> Result<String, SendFailure>;

    /// Returns the outcome of an attempt whose answer was lost.
    ///
    /// After [`Outcome::NotAccepted`], the provider must never accept this attempt, however late its request arrives.
    async fn outcome(&self, notification_id: NotificationId, attempt: u32) -> Outcome;
}

/// A rendered mail, ready to be sent. `Debug` shows only the notification's id.
#[derive(Clone, PartialEq, Eq)]
pub struct Mail {
    /// The notification that the mail is of.
    pub notification_id: NotificationId,
    /// The number of the attempt at this notification, from 1.
    pub attempt: u32,
    /// The sender: an address, or a name and an address as [`sender`] returns them.
    pub from: String,
    /// The recipient's address.
    pub to: EmailAddress,
    /// The subject, without line breaks.
    pub subject: String,
    /// The body as plain text.
    pub text: String,
    /// The body as HTML.
    pub html: String,
    /// Names and values of further headers; see [`Mail::all_headers`].
    pub headers: Vec<(String, String)>,
    /// The attached files, at most [`MAX_ATTACHMENT_BYTES`] together.
    pub attachments: Vec<Attachment>,
    /// The priority over other mails.
    pub priority: Priority,
}

/// A file attached to a mail.
#[derive(Clone, PartialEq, Eq)]
pub struct Attachment {
    /// The file's name as the customer sees it.
    pub name: String,
    /// Its media type (RFC 6838), such as `text/csv; charset=utf-8`.
    pub content_type: String,
    /// The file's content.
    pub bytes: Vec<u8>,
}

/// The priority of a mail if the provider's limits do not allow all.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Priority {
    /// Sent within the rate and the daily quota.
    #[default]
    Ordinary,
    /// Sent first and from a reserve: the customer must know immediately, to act against a fraud.
    Security,
}

impl Mail {
    /// Returns the sender in ASCII, as a provider takes it: a name with other characters as encoded-words of RFC 2047.
    #[must_use]
    pub fn from_in_ascii(&self) -> String {
        sender::in_ascii(&self.from)
    }

    /// Returns the headers beside those of the mail's own fields, in order: `Auto-Submitted` (RFC 3834, so that no
    /// out-of-office answers), the notification's id, and [`Mail::headers`], in ASCII by RFC 2047.
    ///
    /// # Errors
    /// The [`HeaderError`] of the first header that would break the mail or forge another header, or `TooMany` above
    /// [`MAX_HEADERS`]. A retry does not help.
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

    /// Checks the headers and attachments against the limits of this module. Adapters call it before sending.
    ///
    /// # Errors
    /// - [`SendFailure::Refused`]: a header or an attachment breaks a limit; a retry does not help.
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

/// Why a mail was not accepted, by what is certain. The reasons contain no personal data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SendFailure {
    /// Certainly not accepted, with the reason. A retry does not help.
    Refused(String),
    /// Certainly not accepted now. A retry may help.
    Later {
        /// Why the provider did not accept the mail.
        reason: String,
        /// The pause before a retry.
        after: std::time::Duration,
    },
    /// Perhaps accepted, with the reason of the doubt. Do not send the mail again without a decision.
    Unknown(String),
}

/// The outcome of an attempt, as the provider reports it afterwards.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Accepted, with the provider's id of the message.
    Accepted(String),
    /// Not accepted, now and for ever.
    NotAccepted,
    /// The provider has no such query, like SES, or did not answer.
    Unknowable,
}
