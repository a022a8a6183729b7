//! The mailbox: where mails end on one machine, to be looked at.

use async_trait::async_trait;
use chrono::{SecondsFormat, Utc};
use handlers::Result;
use handlers::ports::{Mail, Mailer, Outcome, SendFailure};
use rusqlite::{OptionalExtension, params};
use serde::Serialize;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::durable::Durable;

/// Takes every mail and delivers none. Like SES it does not notice a second
/// one; unlike SES it can tell what it has taken.
#[derive(Debug, Clone)]
pub struct Mailbox(pub(crate) Durable);

/// A mail as `/local/inbox` shows it.
#[derive(Debug, Clone, Serialize)]
pub struct StoredMail {
    pub id: String,
    pub notification_id: String,
    pub from: String,
    pub to: String,
    pub subject: String,
    pub text: String,
    pub html: String,
    pub headers: Value,
    pub sent_at: String,
}

impl Mailbox {
    /// The newest mails first; all, when no limit is given.
    pub async fn inbox(&self, limit: Option<u32>) -> Result<Vec<StoredMail>> {
        let limit = limit.map_or(-1, i64::from);
        self.0
            .write(move |transaction| {
                let mut newest = transaction.prepare_cached(
                    "SELECT id, notification_id, sender, recipient, subject, text, html, headers, sent_at
                     FROM mail ORDER BY id DESC LIMIT ?1",
                )?;
                let rows = newest.query_map([limit], |row| {
                    Ok(StoredMail {
                        id: row.get::<_, i64>(0)?.to_string(),
                        notification_id: row.get(1)?,
                        from: row.get(2)?,
                        to: row.get(3)?,
                        subject: row.get(4)?,
                        text: row.get(5)?,
                        html: row.get(6)?,
                        headers: serde_json::from_str(&row.get::<_, String>(7)?).unwrap_or(Value::Null),
                        sent_at: row.get(8)?,
                    })
                })?;
                rows.collect()
            })
            .await
    }
}

#[async_trait]
impl Mailer for Mailbox {
    async fn send(&self, mail: &Mail) -> Result<String, SendFailure> {
        let mail = mail.clone();
        let taken = self.0.write(move |transaction| {
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
            let message_id = format!("{}-{}@ledgerbell.invalid", mail.notification_id, mail.attempt);
            let headers = json!({
                "Message-ID": format!("<{message_id}>"),
                "Auto-Submitted": "auto-generated",
                "X-Ledgerbell-Notification": id,
            });
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
                    headers.to_string(),
                    Utc::now().to_rfc3339_opts(SecondsFormat::Millis, true),
                ],
            )?;
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

    async fn outcome(&self, notification_id: Uuid, attempt: u32) -> Outcome {
        let found = self.0.write(move |transaction| {
            let id = notification_id.to_string();
            let taken: Option<String> = transaction
                .query_row(
                    "SELECT headers FROM mail WHERE notification_id = ?1 AND attempt = ?2",
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
            Ok(true) => {
                Outcome::Accepted(format!("{notification_id}-{attempt}@ledgerbell.invalid"))
            }
            Ok(false) => Outcome::NotAccepted,
            Err(_) => Outcome::Unknowable,
        }
    }
}
