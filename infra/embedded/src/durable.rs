//! The local file: the state that AWS keeps for us in the cloud, such as the
//! poller's position, pending deliveries, dead letters and mails.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use handlers::{Error, Result};
use rusqlite::{Connection, Transaction, TransactionBehavior};
use uuid::Uuid;

use crate::damage;
use crate::wiping;

const SCHEMA: &str = "
    CREATE TABLE IF NOT EXISTS checkpoint (
        stream TEXT PRIMARY KEY,
        sequence_number TEXT NOT NULL
    );
    CREATE TABLE IF NOT EXISTS delivery (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        rule TEXT NOT NULL,
        function TEXT NOT NULL,
        event TEXT NOT NULL,
        failures INTEGER NOT NULL DEFAULT 0,
        due_at INTEGER NOT NULL
    );
    CREATE INDEX IF NOT EXISTS delivery_of_function ON delivery (function, due_at, id);
    DROP INDEX IF EXISTS delivery_due;
    CREATE TABLE IF NOT EXISTS dead_letter (
        id TEXT PRIMARY KEY,
        body TEXT NOT NULL,
        attributes TEXT NOT NULL,
        visible_at INTEGER NOT NULL,
        receipt TEXT
    );
    CREATE TABLE IF NOT EXISTS mail (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        notification_id TEXT NOT NULL,
        attempt INTEGER NOT NULL,
        sender TEXT NOT NULL,
        recipient TEXT NOT NULL,
        subject TEXT NOT NULL,
        text TEXT NOT NULL,
        html TEXT NOT NULL,
        headers TEXT NOT NULL,
        sent_at TEXT NOT NULL
    );
    CREATE TABLE IF NOT EXISTS attachment (
        mail INTEGER NOT NULL,
        position INTEGER NOT NULL,
        name TEXT NOT NULL,
        content_type TEXT NOT NULL,
        content BLOB NOT NULL,
        PRIMARY KEY (mail, position)
    );
    CREATE INDEX IF NOT EXISTS mail_notification ON mail (notification_id);
    CREATE TABLE IF NOT EXISTS refused_attempt (
        notification_id TEXT NOT NULL,
        attempt INTEGER NOT NULL,
        PRIMARY KEY (notification_id, attempt)
    );
    CREATE TABLE IF NOT EXISTS noted_time (
        id INTEGER PRIMARY KEY CHECK (id = 0),
        at TEXT NOT NULL
    );";

/// The `user_version` of the local file while both files are free of deleted but
/// not overwritten data; 0 while they may contain some.
const WITHOUT_LEFTOVERS: u32 = 1;

/// One SQLite file, written over two connections.
#[derive(Debug, Clone)]
pub(crate) struct Durable(Arc<Mutex<Connections>>);

#[derive(Debug)]
struct Connections {
    /// Syncs every commit to the disk before the call returns.
    full: Connection,
    /// Commits survive the end of the process at once, and a power failure as
    /// soon as a later commit is synced. SQLite loses only the last commits, so
    /// a commit is never lost alone if a later one depends on it.
    normal: Connection,
    /// Changes with every wipe, and with every start.
    edition: Uuid,
}

impl Durable {
    pub(crate) fn open(file: &Path) -> rusqlite::Result<Self> {
        let full = connect(file, "FULL")?;
        full.execute_batch(SCHEMA)?;
        let normal = connect(file, "NORMAL")?;
        Ok(Durable(Arc::new(Mutex::new(Connections {
            full,
            normal,
            edition: Uuid::new_v4(),
        }))))
    }

    /// Runs a transaction for data that nothing could restore: mails, dead
    /// letters.
    pub(crate) async fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T> {
        self.run(|connections| &mut connections.full, work).await
    }

    /// Runs a transaction for data that is written again when it is lost: the
    /// poller's position and the deliveries after it.
    pub(crate) async fn write_repeatable<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T> {
        self.run(|connections| &mut connections.normal, work).await
    }

    /// Removes deleted data from the file; see [`wiping`].
    pub(crate) async fn wipe(&self, traces: Vec<Vec<u8>>) -> Result<()> {
        self.locked(move |Connections { full, edition, .. }| {
            *edition = Uuid::new_v4();
            wiping::wipe(full, &traces, || full.execute_batch("VACUUM"))
        })
        .await
    }

    /// Returns an id that has changed if a mail that was read before may have been erased since.
    pub(crate) async fn edition(&self) -> Result<Uuid> {
        self.locked(|Connections { edition, .. }| Ok(*edition))
            .await
    }

    /// Rewrites the file without deleted data.
    pub(crate) async fn rewrite(&self) -> Result<()> {
        self.locked(|Connections { full, .. }| {
            full.execute_batch("VACUUM")?;
            wiping::empty_journal(full)
        })
        .await
    }

    /// Records that the files may contain deleted data until they are wiped.
    /// Returns whether that was recorded before, by a wipe that did not finish.
    pub(crate) async fn note_leftovers(&self) -> Result<bool> {
        self.locked(|Connections { full, .. }| {
            if version(full)? < WITHOUT_LEFTOVERS {
                return Ok(true);
            }
            full.pragma_update(None, "user_version", 0)?;
            Ok(false)
        })
        .await
    }

    /// Records that neither file contains deleted data. Idempotent.
    pub(crate) async fn note_without_leftovers(&self) -> Result<()> {
        self.locked(|Connections { full, .. }| match version(full)? {
            WITHOUT_LEFTOVERS => Ok(()),
            _ => full.pragma_update(None, "user_version", WITHOUT_LEFTOVERS),
        })
        .await
    }

    /// Runs a transaction outside the threads that answer requests.
    async fn run<T: Send + 'static>(
        &self,
        choose: impl FnOnce(&mut Connections) -> &mut Connection + Send + 'static,
        work: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T> {
        self.locked(|connections| {
            let transaction =
                choose(connections).transaction_with_behavior(TransactionBehavior::Immediate)?;
            let value = work(&transaction)?;
            transaction.commit()?;
            Ok(value)
        })
        .await
    }

    async fn locked<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Connections) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T> {
        let connections = Arc::clone(&self.0);
        let done = tokio::task::spawn_blocking(move || {
            let mut connections = connections.lock().unwrap_or_else(PoisonError::into_inner);
            work(&mut connections)
        });
        match done.await {
            Ok(Ok(value)) => Ok(value),
            Ok(Err(error)) => Err(Error::Retryable(format!("the local file: {error}").into())),
            Err(_) => Err(Error::Retryable(
                "the local file: the work was interrupted".into(),
            )),
        }
    }
}

/// Whether the files may contain deleted but not overwritten data, from an older
/// version or a wipe that did not finish.
pub(crate) fn has_leftovers(file: &Path) -> rusqlite::Result<bool> {
    if !file.exists() {
        return Ok(false);
    }
    Ok(version(&damage::connect(file)?)? < WITHOUT_LEFTOVERS)
}

fn version(connection: &Connection) -> rusqlite::Result<u32> {
    connection.query_row("PRAGMA user_version", [], |row| row.get(0))
}

fn connect(file: &Path, synchronous: &str) -> rusqlite::Result<Connection> {
    let connection = Connection::open(file)?;
    connection.busy_timeout(Duration::from_secs(5))?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", synchronous)?;
    wiping::overwrite_what_is_deleted(&connection)?;
    Ok(connection)
}
