//! The integrity check of the files before anything is written to them: a bank
//! would rather stand still than continue without acknowledged events.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, InterruptHandle, OpenFlags};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// Damage of the files, which are left unchanged. Permanent: an operator has to
/// restore a backup.
#[derive(Debug, thiserror::Error)]
pub enum DamageError {
    /// A file is corrupt.
    #[error(
        "{} is damaged ({found}) and was left unchanged; restore a backup of the whole data folder",
        .file.display()
    )]
    Damaged {
        /// The file.
        file: PathBuf,
        /// SQLite's finding.
        found: String,
    },
    /// A file cannot be read for another reason.
    #[error("{} cannot be checked for damage: {error}", .file.display())]
    Unreadable {
        /// The file.
        file: PathBuf,
        /// The cause.
        error: rusqlite::Error,
    },
    /// The events lack one that was projected before.
    #[error(
        "{} lacks an event that {} records as processed: it was lost, or the two files are from different times; \
         both were left unchanged; restore a backup of the whole data folder",
        .events.display(), .local.display()
    )]
    EventsLost {
        /// The file of the events.
        events: PathBuf,
        /// The local file.
        local: PathBuf,
    },
    /// There are events, but the local file is missing or empty.
    #[error(
        "{} is missing or empty although {} contains events: its mails and dead letters were lost; \
         restore a backup of the whole data folder",
        .local.display(), .events.display()
    )]
    LocalLost {
        /// The file of the events.
        events: PathBuf,
        /// The local file.
        local: PathBuf,
    },
}

impl DamageError {
    pub(crate) fn of(file: &Path, error: rusqlite::Error) -> Self {
        let file = file.to_owned();
        match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => DamageError::Damaged {
                file,
                found: error.to_string(),
            },
            _ => DamageError::Unreadable { file, error },
        }
    }
}

/// A running check of every page of the files, at about two seconds a gigabyte.
pub(crate) struct IntegrityScan {
    reading: JoinHandle<Result<(), DamageError>>,
    interrupts: Vec<InterruptHandle>,
}

impl IntegrityScan {
    /// Starts to read the files that exist.
    pub(crate) fn through(files: &[&Path]) -> Result<Self, DamageError> {
        let mut connections = Vec::new();
        let mut interrupts = Vec::new();
        for &file in files.iter().filter(|file| file.exists()) {
            let connection = connect(file).map_err(|error| DamageError::of(file, error))?;
            interrupts.push(connection.get_interrupt_handle());
            connections.push((file.to_owned(), connection));
        }
        let reading = tokio::task::spawn_blocking(move || {
            connections
                .into_iter()
                .try_for_each(|(file, connection)| read_all(&file, &connection))
        });
        Ok(IntegrityScan {
            reading,
            interrupts,
        })
    }

    /// Waits for the end, but at most `longest`, so that large files do not delay
    /// a start. Returns the scan if it is not finished by then.
    pub(crate) async fn wait(mut self, longest: Duration) -> Result<Option<Self>, DamageError> {
        match tokio::time::timeout(longest, &mut self.reading).await {
            Ok(Ok(found)) => found.map(|()| None),
            // It panicked, which has been logged.
            Ok(Err(_)) => Ok(None),
            Err(_) => Ok(Some(self)),
        }
    }

    /// Continues in the background, and returns before `stop` only if it finds
    /// damage. The journal cannot be emptied while it reads.
    pub(crate) async fn run(mut self, mut stop: watch::Receiver<bool>) {
        tokio::select! {
            found = &mut self.reading => match found {
                Ok(Err(damage)) => {
                    tracing::error!(%damage, "the check after the start found damage");
                    return;
                }
                _ => tracing::info!("the files were checked completely and are intact"),
            },
            _ = stop.changed() => {}
        }
        while !*stop.borrow() && stop.changed().await.is_ok() {}
    }
}

impl Drop for IntegrityScan {
    /// Interrupts the scan, so that the end of the process does not wait for it.
    fn drop(&mut self) {
        for interrupt in &self.interrupts {
            interrupt.interrupt();
        }
    }
}

/// Opens a connection that changes nothing when it is opened or closed.
pub(crate) fn connect(file: &Path) -> rusqlite::Result<Connection> {
    // A missing file is not created. Not read-only, because a journal may need recovery.
    let connection = Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    connection.busy_timeout(Duration::from_secs(5))?;
    // A damaged file must not be overwritten with the contents of its journal.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    Ok(connection)
}

fn read_all(file: &Path, connection: &Connection) -> Result<(), DamageError> {
    let damaged = |found: String| DamageError::Damaged {
        file: file.to_owned(),
        found,
    };
    if ends_early(file, connection).map_err(|error| DamageError::of(file, error))? {
        return Err(damaged("its end is missing".to_owned()));
    }
    let found: String = connection
        .query_row("PRAGMA quick_check(1)", [], |row| row.get(0))
        .map_err(|error| DamageError::of(file, error))?;
    match found {
        found if found == "ok" => Ok(()),
        found => Err(damaged(found.replace('\n', " "))),
    }
}

/// Whether the end of the file is missing. SQLite reads the missing part of the
/// last page as zeros and accepts them inside a long value. Pages that are in
/// the journal may be missing from the file.
fn ends_early(file: &Path, connection: &Connection) -> rusqlite::Result<bool> {
    let length = |path: &Path| fs::metadata(path).map_or(0, |data| data.len());
    let mut journal = file.as_os_str().to_owned();
    journal.push("-wal");
    if length(journal.as_ref()) > 0 {
        return Ok(false);
    }
    let whole: u64 = connection.query_row(
        "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()",
        [],
        |row| row.get(0),
    )?;
    let page: u64 = connection.query_row("PRAGMA page_size", [], |row| row.get(0))?;
    Ok(length(file) % page != 0 || length(file) < whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: usize = 4096;

    /// A file of many pages, and its last one as the disk would leave it.
    fn file(folder: &Path, torn: bool) -> PathBuf {
        let file = folder.join("some.sqlite");
        Connection::open(&file)
            .unwrap()
            .execute_batch(
                "CREATE TABLE some (key INTEGER PRIMARY KEY, text TEXT);
                 WITH RECURSIVE up (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM up WHERE n < 2000)
                 INSERT INTO some SELECT n, hex(zeroblob(200)) FROM up;",
            )
            .unwrap();
        if torn {
            let mut bytes = fs::read(&file).unwrap();
            let last = bytes.len() - PAGE;
            bytes[last..last + PAGE / 2].fill(0xA5);
            fs::write(&file, bytes).unwrap();
        }
        file
    }

    #[tokio::test]
    async fn a_torn_page_is_found_and_the_file_is_left_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let file = file(folder.path(), true);
        let before = fs::read(&file).unwrap();
        let look = IntegrityScan::through(&[&file]).unwrap();
        let found = look.wait(Duration::MAX).await;
        assert!(
            matches!(&found, Err(DamageError::Damaged { file: named, .. }) if *named == file),
            "{:?}",
            found.err()
        );
        assert!(fs::read(&file).unwrap() == before);
    }

    #[tokio::test]
    async fn a_last_page_cut_inside_a_long_value_is_found() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("some.sqlite");
        Connection::open(&file)
            .unwrap()
            .execute_batch(
                "CREATE TABLE some (text TEXT); INSERT INTO some VALUES (hex(zeroblob(9000)));",
            )
            .unwrap();
        let mut bytes = fs::read(&file).unwrap();
        bytes.truncate(bytes.len() - PAGE / 2);
        fs::write(&file, bytes).unwrap();
        let found = IntegrityScan::through(&[&file])
            .unwrap()
            .wait(Duration::MAX)
            .await;
        assert!(matches!(found, Err(DamageError::Damaged { .. })));
    }

    #[tokio::test]
    async fn an_intact_or_missing_file_is_not_damage() {
        let folder = tempfile::tempdir().unwrap();
        let file = file(folder.path(), false);
        let missing = folder.path().join("missing.sqlite");
        let look = IntegrityScan::through(&[&file, &missing]).unwrap();
        assert!(look.wait(Duration::MAX).await.unwrap().is_none());
        assert!(!missing.exists());
    }

    #[tokio::test]
    async fn a_scan_that_continues_after_the_start_ends_when_it_finds_damage() {
        let folder = tempfile::tempdir().unwrap();
        let (_stop, stopped) = watch::channel(false);
        let torn = IntegrityScan::through(&[&file(folder.path(), true)]).unwrap();
        // Ends by itself: there is nobody who says stop.
        torn.run(stopped).await;
    }

    #[tokio::test]
    async fn a_scan_of_intact_files_stays_a_worker_until_it_is_stopped() {
        let folder = tempfile::tempdir().unwrap();
        let (stop, stopped) = watch::channel(false);
        let whole = IntegrityScan::through(&[&file(folder.path(), false)]).unwrap();
        let working = tokio::spawn(whole.run(stopped));
        tokio::task::yield_now().await;
        assert!(!working.is_finished());
        stop.send(true).unwrap();
        working.await.unwrap();
    }
}
