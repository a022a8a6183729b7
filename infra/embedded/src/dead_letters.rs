//! The dead-letter queue on one machine, with the visibility timeouts of SQS.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use handlers::ports::{Clock, DeadLetterQueue, QueueView, QueuedLetter};
use handlers::{Error, Result};
use rusqlite::{Row, Transaction, params};
use uuid::Uuid;

use crate::durable::Durable;

#[derive(Clone)]
pub(crate) struct LocalDeadLetters {
    pub(crate) durable: Durable,
    pub(crate) clock: Arc<dyn Clock>,
}

/// Adds a letter within a larger transaction.
pub(crate) fn put(
    transaction: &Transaction<'_>,
    body: &str,
    attributes: &str,
    visible_at: i64,
) -> rusqlite::Result<()> {
    transaction.execute(
        "INSERT INTO dead_letter (id, body, attributes, visible_at) VALUES (?1, ?2, ?3, ?4)",
        params![Uuid::new_v4().to_string(), body, attributes, visible_at],
    )?;
    Ok(())
}

fn later(now: DateTime<Utc>, delay: Duration) -> i64 {
    now.timestamp_millis()
        .saturating_add(i64::try_from(delay.as_millis()).unwrap_or(i64::MAX))
}

/// Reads a row of `id, body, attributes`. Returns the letter and its attributes in their stored form.
fn read(row: &Row<'_>, receipt: String) -> rusqlite::Result<(QueuedLetter, String)> {
    let letter = QueuedLetter {
        id: row.get(0)?,
        receipt,
        body: row.get(1)?,
        attributes: BTreeMap::new(),
    };
    Ok((letter, row.get(2)?))
}

fn with_attributes(rows: Vec<(QueuedLetter, String)>) -> Result<Vec<QueuedLetter>> {
    let with = |(letter, attributes): (QueuedLetter, String)| {
        let attributes = serde_json::from_str(&attributes)
            .map_err(|error| Error::permanent("a dead letter's attributes", error))?;
        Ok(QueuedLetter {
            attributes,
            ..letter
        })
    };
    rows.into_iter().map(with).collect()
}

#[async_trait]
impl DeadLetterQueue for LocalDeadLetters {
    async fn put(&self, body: &str, delay: Duration) -> Result<()> {
        let body = body.to_owned();
        let visible_at = later(self.clock.now(), delay);
        self.durable
            .write(move |transaction| put(transaction, &body, "{}", visible_at))
            .await
    }

    async fn look(&self, max: usize) -> Result<QueueView> {
        let now = self.clock.now().timestamp_millis();
        // One transaction, so that the count agrees with the list.
        let (rows, waiting) = self
            .durable
            .write_repeatable(move |transaction| {
                // A received letter has a receipt; a delayed one has none.
                let mut count = transaction.prepare_cached(
                    "SELECT count(*) FROM dead_letter WHERE visible_at <= ?1 OR receipt IS NOT NULL",
                )?;
                let waiting: i64 = count.query_row(params![now], |row| row.get(0))?;
                let mut letters = transaction.prepare_cached(
                    "SELECT id, body, attributes FROM dead_letter \
                     WHERE visible_at <= ?1 OR receipt IS NOT NULL ORDER BY rowid LIMIT ?2",
                )?;
                let rows = letters.query_map(
                    params![now, i64::try_from(max).unwrap_or(i64::MAX)],
                    |row| read(row, String::new()),
                )?;
                Ok((rows.collect::<rusqlite::Result<Vec<_>>>()?, waiting))
            })
            .await?;
        Ok(QueueView {
            letters: with_attributes(rows)?,
            waiting: usize::try_from(waiting).unwrap_or(usize::MAX),
        })
    }

    async fn receive(&self, max: usize, hidden_for: Duration) -> Result<Vec<QueuedLetter>> {
        let now = self.clock.now();
        let rows: Vec<(QueuedLetter, String)> = self
            .durable
            .write(move |transaction| {
                let mut visible = transaction.prepare_cached(
                    "SELECT id, body, attributes FROM dead_letter WHERE visible_at <= ?1 ORDER BY rowid LIMIT ?2",
                )?;
                let rows = visible.query_map(params![now.timestamp_millis(), i64::try_from(max).unwrap_or(i64::MAX)], |row| {
                    read(row, Uuid::new_v4().to_string())
                })?;
                let rows = rows.collect::<rusqlite::Result<Vec<_>>>()?;
                for (letter, _) in &rows {
                    transaction.execute(
                        "UPDATE dead_letter SET visible_at = ?1, receipt = ?2 WHERE id = ?3",
                        params![later(now, hidden_for), letter.receipt, letter.id],
                    )?;
                }
                Ok(rows)
            })
            .await?;
        with_attributes(rows)
    }

    async fn remove(&self, receipt: &str) -> Result<()> {
        let receipt = receipt.to_owned();
        self.durable
            .write(move |transaction| {
                transaction
                    .execute("DELETE FROM dead_letter WHERE receipt = ?1", [receipt])
                    .map(drop)
            })
            .await
    }

    async fn release(&self, receipt: &str) -> Result<()> {
        let receipt = receipt.to_owned();
        self.durable
            .write(move |transaction| {
                transaction
                    .execute(
                        "UPDATE dead_letter SET visible_at = 0, receipt = NULL WHERE receipt = ?1",
                        [receipt],
                    )
                    .map(drop)
            })
            .await
    }
}
