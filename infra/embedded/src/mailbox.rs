//! The mailbox: where mails end on one machine, to be looked at.

mod condition;

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use chrono::SecondsFormat;
use domain::NotificationId;
use handlers::Result;
use handlers::ports::{Attachment, Clock, Mail, Mailer, Outcome, SendFailure};
use rusqlite::{OptionalExtension, params};
use serde::Serialize;
use serde_json::{Map, Value};

use crate::bus::{LocalBus, deliver};
use crate::durable::Durable;
use crate::mail_events;
pub use condition::Condition;
pub(crate) use condition::Switch;

/// The domain of the ids of messages: none of anybody's (RFC 2606).
pub(crate) const MESSAGE_ID_DOMAIN: &str = "ledgerbell.invalid";

/// Takes every mail and delivers none. Like SES it does not notice a second
/// one, and tells on AWS's own bus what becomes of each; unlike SES it can say
/// what it has taken.
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

/// A mail as `/local/inbox` shows it.
#[derive(Clone, Serialize)]
pub struct StoredMail {
    pub id: String,
    pub notification_id: String,
    pub from: String,
    pub to: String,
    pub subject: String,
    pub text: String,
    pub html: String,
    pub headers: Value,
    pub attachments: Vec<StoredAttachment>,
    pub sent_at: String,
}

/// Neither to whom nor what, whatever is logged.
impl fmt::Debug for StoredMail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoredMail")
            .field("id", &self.id)
            .field("notification_id", &self.notification_id)
            .finish_non_exhaustive()
    }
}

/// A mail's attachment, without its content: see [`Mailbox::attachment`].
#[derive(Debug, Clone, Serialize)]
pub struct StoredAttachment {
    /// Its place in the mail, from 0.
    pub index: u32,
    pub name: String,
    pub content_type: String,
    /// In bytes.
    pub size: u64,
}

impl Mailbox {
    /// How it is.
    pub fn condition(&self) -> Condition {
        self.switch.get()
    }

    /// From now on, for mails that are sent next.
    pub fn set_condition(&self, condition: Condition) {
        self.switch.set(condition);
    }

    /// The newest mails first, of one notification or of all; every one of
    /// them when no limit is given.
    pub async fn inbox(
        &self,
        notification_id: Option<NotificationId>,
        limit: Option<u32>,
    ) -> Result<Vec<StoredMail>> {
        let limit = limit.map_or(-1, i64::from);
        // One condition or the other, so that the index of notifications is used.
        let which = match notification_id {
            Some(_) => "notification_id = ?2",
            None => "?2 IS NULL",
        };
        let notification_id = notification_id.map(|id| id.to_string());
        self.durable
            .write(move |transaction| {
                let mut files = transaction.prepare_cached(
                    "SELECT position, name, content_type, length(content) FROM attachment
                     WHERE mail = ?1 ORDER BY position",
                )?;
                let mut newest = transaction.prepare_cached(&format!(
                    "SELECT id, notification_id, sender, recipient, subject, text, html, headers, sent_at
                     FROM mail WHERE {which} ORDER BY id DESC LIMIT ?1"
                ))?;
                let rows = newest.query_map(params![limit, notification_id], |row| {
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
                })?;
                rows.collect()
            })
            .await
    }

    /// The HTML of a mail, by its id.
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

    /// The content of an attachment, by its mail's id and its place.
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

fn message_id(notification_id: NotificationId, attempt: u32) -> String {
    format!("{notification_id}-{attempt}")
}

/// As SES makes it: its id with a domain.
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
                    mail.to,
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
            // With the mail or not at all: of each that is here it is told, once.
            deliver(transaction, &deliveries)?;
            Ok(Some(message_id))
        });
        match taken.await {
            Ok(Some(message_id)) => Ok(message_id),
            Ok(None) => Err(SendFailure::Unknown(
                "this attempt was given up before".to_owned(),
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
                // From now on this attempt is not taken any more.
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
