//! The mailbox: the mails of one machine, for people to look at.

mod condition;

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use chrono::SecondsFormat;
use domain::NotificationId;
use handlers::Result;
use handlers::ports::{Attachment, Clock, Mail, Mailer, Outcome, SendFailure};
use rusqlite::{OptionalExtension, Row, Statement, params};
use serde::Serialize;
use serde_json::{Map, Value};

use crate::bus::{LocalBus, deliver};
use crate::durable::Durable;
use crate::mail_events;
pub use condition::Condition;
pub(crate) use condition::Switch;

/// The domain of message ids, which belongs to nobody (RFC 2606).
pub(crate) const MESSAGE_ID_DOMAIN: &str = "ledgerbell.invalid";

/// A mailer that accepts every mail and delivers none.
///
/// Like SES, it does not detect duplicates, and publishes provider events on the
/// default bus. Unlike SES, it can answer which mails it accepted.
#[derive(Clone)]
pub struct Mailbox {
    pub(crate) durable: Durable,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) bus: Arc<LocalBus>,
    pub(crate) switch: Switch,
}

impl fmt::Debug for Mailbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mailbox").finish_non_exhaustive()
    }
}

/// A mail as `/local/inbox` returns it.
#[derive(Clone, Serialize)]
pub struct StoredMail {
    /// The number in the mailbox.
    pub id: String,
    /// The notification.
    pub notification_id: String,
    /// The sender.
    pub from: String,
    /// The recipient.
    pub to: String,
    /// The subject.
    pub subject: String,
    /// The plain text part.
    pub text: String,
    /// The HTML part.
    pub html: String,
    /// The headers, by name.
    pub headers: Value,
    /// The attachments, in their order.
    pub attachments: Vec<StoredAttachment>,
    /// The time at which it was accepted, as RFC 3339 in UTC.
    pub sent_at: String,
}

/// Omits recipient and contents, which must not get into logs.
impl fmt::Debug for StoredMail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoredMail")
            .field("id", &self.id)
            .field("notification_id", &self.notification_id)
            .finish_non_exhaustive()
    }
}

/// A mail in a list: the lines by which a reader knows it.
#[derive(Clone, Serialize)]
pub struct MailSummary {
    /// The number in the mailbox. It grows with time.
    pub id: i64,
    /// The notification.
    pub notification_id: String,
    /// The recipient.
    pub to: String,
    /// The subject.
    pub subject: String,
    /// The time at which it was accepted, as RFC 3339 in UTC.
    pub sent_at: String,
}

/// Omits recipient and subject, which must not get into logs.
impl fmt::Debug for MailSummary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MailSummary")
            .field("id", &self.id)
            .field("notification_id", &self.notification_id)
            .finish_non_exhaustive()
    }
}

/// A selection of mails. Conditions that are `None` select all.
#[derive(Debug, Clone, Copy)]
pub struct MailSelection {
    /// Those of this notification.
    pub notification_id: Option<NotificationId>,
    /// Those with a larger number.
    pub after: Option<i64>,
    /// Those with a smaller number.
    pub before: Option<i64>,
    /// The number of mails, at most; the newest of them are returned.
    pub limit: u32,
}

/// A page of the mailbox's list.
#[derive(Debug, Clone, Serialize)]
pub struct MailPage {
    /// The newest of the selected mails, the newest first.
    pub mails: Vec<MailSummary>,
    /// Whether further mails were selected, beyond the limit.
    pub more: bool,
    /// The number of mails in the mailbox.
    pub total: u64,
    /// Changes if mails may have been erased: a reader then reads anew what it has.
    pub edition: String,
}

/// An attachment without its content, which [`Mailbox::attachment`] returns.
#[derive(Debug, Clone, Serialize)]
pub struct StoredAttachment {
    /// The position in the mail, from 0.
    pub index: u32,
    /// The file name.
    pub name: String,
    /// The media type.
    pub content_type: String,
    /// The size in bytes.
    pub size: u64,
}

impl Mailbox {
    /// Returns the current condition.
    pub fn condition(&self) -> Condition {
        self.switch.get()
    }

    /// Sets the condition for the next mails.
    pub fn set_condition(&self, condition: Condition) {
        self.switch.set(condition);
    }

    /// Returns the mails of one notification or of all, the newest first, up to
    /// the limit if there is one.
    ///
    /// # Errors
    /// - `Retryable`: the local file cannot be read.
    pub async fn inbox(
        &self,
        notification_id: Option<NotificationId>,
        limit: Option<u32>,
    ) -> Result<Vec<StoredMail>> {
        let limit = limit.map_or(-1, i64::from);
        // Two conditions instead of one with OR, so that the index of notifications is used.
        let which = match notification_id {
            Some(_) => "notification_id = ?2",
            None => "?2 IS NULL",
        };
        let notification_id = notification_id.map(|id| id.to_string());
        self.durable
            .write(move |transaction| {
                let mut files = transaction.prepare_cached(FILES)?;
                let mut newest = transaction.prepare_cached(&format!(
                    "SELECT {MAIL} FROM mail WHERE {which} ORDER BY id DESC LIMIT ?1"
                ))?;
                let rows = newest.query_map(params![limit, notification_id], |row| {
                    stored_mail(row, &mut files)
                })?;
                rows.collect()
            })
            .await
    }

    /// Returns a page of the list, without the mails' contents.
    ///
    /// # Errors
    /// - `Retryable`: the local file cannot be read.
    pub async fn list(&self, selection: MailSelection) -> Result<MailPage> {
        let MailSelection {
            after,
            before,
            limit,
            ..
        } = selection;
        let notification_id = selection.notification_id.map(|id| id.to_string());
        // Before the list: an erasure between the two makes the reader read once more, and is not missed.
        let edition = self.durable.edition().await?.to_string();
        self.durable
            .write_repeatable(move |transaction| {
                // Two conditions instead of one with OR, so that the index of notifications is used.
                let which = match notification_id {
                    Some(_) => "notification_id = ?4",
                    None => "?4 IS NULL",
                };
                let mut newest = transaction.prepare_cached(&format!(
                    "SELECT id, notification_id, recipient, subject, sent_at FROM mail
                     WHERE {which} AND id > ?1 AND id < ?2 ORDER BY id DESC LIMIT ?3"
                ))?;
                let rows = newest.query_map(
                    params![
                        after.unwrap_or(i64::MIN),
                        before.unwrap_or(i64::MAX),
                        i64::from(limit).saturating_add(1),
                        notification_id
                    ],
                    |row| {
                        Ok(MailSummary {
                            id: row.get(0)?,
                            notification_id: row.get(1)?,
                            to: row.get(2)?,
                            subject: row.get(3)?,
                            sent_at: row.get(4)?,
                        })
                    },
                )?;
                let mut mails = rows.collect::<rusqlite::Result<Vec<_>>>()?;
                let limit = usize::try_from(limit).unwrap_or(usize::MAX);
                let more = mails.len() > limit;
                mails.truncate(limit);
                let total: i64 =
                    transaction.query_row("SELECT count(*) FROM mail", [], |row| row.get(0))?;
                Ok(MailPage {
                    mails,
                    more,
                    total: u64::try_from(total).unwrap_or_default(),
                    edition,
                })
            })
            .await
    }

    /// Returns a mail, by its id.
    ///
    /// # Errors
    /// - `Retryable`: the local file cannot be read.
    pub async fn mail(&self, mail: i64) -> Result<Option<StoredMail>> {
        self.durable
            .write_repeatable(move |transaction| {
                let mut files = transaction.prepare_cached(FILES)?;
                transaction
                    .query_row(
                        &format!("SELECT {MAIL} FROM mail WHERE id = ?1"),
                        [mail],
                        |row| stored_mail(row, &mut files),
                    )
                    .optional()
            })
            .await
    }

    /// Returns the HTML part of a mail, by its id.
    ///
    /// # Errors
    /// - `Retryable`: the local file cannot be read.
    pub async fn message(&self, mail: i64) -> Result<Option<String>> {
        self.durable
            .write(move |transaction| {
                transaction
                    .query_row("SELECT html FROM mail WHERE id = ?1", [mail], |row| {
                        row.get(0)
                    })
                    .optional()
            })
            .await
    }

    /// Returns an attachment, by its mail's id and its position.
    ///
    /// # Errors
    /// - `Retryable`: the local file cannot be read.
    pub async fn attachment(&self, mail: i64, index: u32) -> Result<Option<Attachment>> {
        self.durable
            .write(move |transaction| {
                transaction
                    .query_row(
                        "SELECT name, content_type, content FROM attachment WHERE mail = ?1 AND position = ?2",
                        params![mail, index],
                        |row| {
                            Ok(Attachment {
                                name: row.get(0)?,
                                content_type: row.get(1)?,
                                bytes: row.get(2)?,
                            })
                        },
                    )
                    .optional()
            })
            .await
    }
}

/// The columns of [`stored_mail`].
const MAIL: &str = "id, notification_id, sender, recipient, subject, text, html, headers, sent_at";
/// A mail's attachments without their contents.
const FILES: &str = "SELECT position, name, content_type, length(content) FROM attachment
                     WHERE mail = ?1 ORDER BY position";

/// Reads a row of [`MAIL`], and the mail's attachments with the statement [`FILES`].
fn stored_mail(row: &Row<'_>, files: &mut Statement<'_>) -> rusqlite::Result<StoredMail> {
    let id: i64 = row.get(0)?;
    let attachments = files.query_map([id], |row| {
        Ok(StoredAttachment {
            index: row.get(0)?,
            name: row.get(1)?,
            content_type: row.get(2)?,
            size: row.get(3)?,
        })
    })?;
    Ok(StoredMail {
        id: id.to_string(),
        notification_id: row.get(1)?,
        from: row.get(2)?,
        to: row.get(3)?,
        subject: row.get(4)?,
        text: row.get(5)?,
        html: row.get(6)?,
        headers: serde_json::from_str(&row.get::<_, String>(7)?).unwrap_or(Value::Null),
        attachments: attachments.collect::<rusqlite::Result<_>>()?,
        sent_at: row.get(8)?,
    })
}

fn message_id(notification_id: NotificationId, attempt: u32) -> String {
    format!("{notification_id}-{attempt}")
}

/// Returns the headers of a mail, with a `Message-ID` like that of SES.
fn headers(mail: &Mail, message_id: &str) -> Value {
    let mut headers = Map::new();
    headers.insert(
        "Message-ID".to_owned(),
        format!("<{message_id}@{MESSAGE_ID_DOMAIN}>").into(),
    );
    for (name, value) in mail.all_headers().unwrap_or_default() {
        headers.insert(name, value.into());
    }
    headers.into()
}

#[async_trait]
impl Mailer for Mailbox {
    async fn send(&self, mail: &Mail) -> Result<String, SendFailure> {
        mail.check()?;
        self.switch.pass().await?;
        let now = self.clock.now();
        let message_id = message_id(mail.notification_id, mail.attempt);
        let mut deliveries = Vec::new();
        for event in mail_events::events(mail, &message_id, now) {
            let matching = self.bus.of_aws(&event.envelope, event.due_at);
            deliveries.extend(matching.map_err(|error| SendFailure::Unknown(error.to_string()))?);
        }
        let mail = mail.clone();
        let taken = self.durable.write(move |transaction| {
            let id = mail.notification_id.to_string();
            let refused: Option<i64> = transaction
                .query_row(
                    "SELECT 1 FROM refused_attempt WHERE notification_id = ?1 AND attempt = ?2",
                    params![id, mail.attempt],
                    |row| row.get(0),
                )
                .optional()?;
            if refused.is_some() {
                return Ok(None);
            }
            transaction.execute(
                "INSERT INTO mail (notification_id, attempt, sender, recipient, subject, text, html, headers, sent_at)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
                params![
                    id,
                    mail.attempt,
                    mail.from,
                    mail.to.as_str(),
                    mail.subject,
                    mail.text,
                    mail.html,
                    headers(&mail, &message_id).to_string(),
                    now.to_rfc3339_opts(SecondsFormat::Millis, true),
                ],
            )?;
            let row = transaction.last_insert_rowid();
            for (position, file) in mail.attachments.iter().enumerate() {
                transaction.execute(
                    "INSERT INTO attachment (mail, position, name, content_type, content) VALUES (?1, ?2, ?3, ?4, ?5)",
                    params![row, i64::try_from(position).unwrap_or(i64::MAX), file.name, file.content_type, file.bytes],
                )?;
            }
            // In the same transaction, so that every mail here has its events exactly once.
            deliver(transaction, &deliveries)?;
            Ok(Some(message_id))
        });
        match taken.await {
            Ok(Some(message_id)) => Ok(message_id),
            Ok(None) => Err(SendFailure::Unknown(
                "this attempt was refused before".to_owned(),
            )),
            Err(error) => Err(SendFailure::Unknown(error.to_string())),
        }
    }

    async fn outcome(&self, notification_id: NotificationId, attempt: u32) -> Outcome {
        let found = self.durable.write(move |transaction| {
            let id = notification_id.to_string();
            let taken: Option<i64> = transaction
                .query_row(
                    "SELECT 1 FROM mail WHERE notification_id = ?1 AND attempt = ?2",
                    params![id, attempt],
                    |row| row.get(0),
                )
                .optional()?;
            if taken.is_none() {
                // This attempt is refused from now on, so that the answer stays true.
                transaction.execute(
                    "INSERT OR IGNORE INTO refused_attempt (notification_id, attempt) VALUES (?1, ?2)",
                    params![id, attempt],
                )?;
            }
            Ok(taken.is_some())
        });
        match found.await {
            Ok(true) => Outcome::Accepted(message_id(notification_id, attempt)),
            Ok(false) => Outcome::NotAccepted,
            Err(_) => Outcome::Unknowable,
        }
    }
}
