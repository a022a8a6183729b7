//! Whether the files are whole, looked at before anything is written to them.
//! A bank rather stands still than goes on without what it has acknowledged.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, InterruptHandle, OpenFlags};
use tokio::sync::watch;
use tokio::task::JoinHandle;

#[derive(Debug, thiserror::Error)]
pub enum DamageError {
    #[error(
        "{} is damaged ({found}) and is left as it is; put back a backup of the whole data folder",
        .file.display()
    )]
    Damaged { file: PathBuf, found: String },
    #[error("{} cannot be looked through: {error}", .file.display())]
    Unreadable {
        file: PathBuf,
        error: rusqlite::Error,
    },
    #[error(
        "{} lacks an event that {} says was worked on: it was lost, or the two files are not of one moment; \
         both are left as they are; put back a backup of the whole data folder",
        .events.display(), .local.display()
    )]
    EventsLost { events: PathBuf, local: PathBuf },
    #[error(
        "{} is missing or empty although {} holds events: its mails and dead letters were lost; \
         put back a backup of the whole data folder",
        .local.display(), .events.display()
    )]
    LocalLost { events: PathBuf, local: PathBuf },
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

/// Every page of the files being read: about two seconds a gigabyte.
pub(crate) struct IntegrityScan {
    reading: JoinHandle<Result<(), DamageError>>,
    interrupts: Vec<InterruptHandle>,
}

impl IntegrityScan {
    /// Begins to read those of the files that are there.
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

    /// Waits for the end, but no longer than this: a start must not take as
    /// long as the files are large. What is not read by then is given back.
    pub(crate) async fn wait(mut self, longest: Duration) -> Result<Option<Self>, DamageError> {
        match tokio::time::timeout(longest, &mut self.reading).await {
            Ok(Ok(found)) => found.map(|()| None),
            // It panicked, and has said so.
            Ok(Err(_)) => Ok(None),
            Err(_) => Ok(Some(self)),
        }
    }

    /// Reads on beside the work, and ends by itself only when it has found
    /// damage. The journal cannot be emptied as long as it reads.
    pub(crate) async fn run(mut self, mut stop: watch::Receiver<bool>) {
        tokio::select! {
            found = &mut self.reading => match found {
                Ok(Err(damage)) => {
                    tracing::error!(%damage, "the files were read on after the start");
                    return;
                }
                _ => tracing::info!("the files were read to their end and are whole"),
            },
            _ = stop.changed() => {}
        }
        while !*stop.borrow() && stop.changed().await.is_ok() {}
    }
}

impl Drop for IntegrityScan {
    /// A process that ends does not wait for the rest.
    fn drop(&mut self) {
        for interrupt in &self.interrupts {
            interrupt.interrupt();
        }
    }
}

/// A connection that changes nothing by being opened and closed.
pub(crate) fn connect(file: &Path) -> rusqlite::Result<Connection> {
    // Not created, should it be missing; not read-only, as a journal may have to be taken up.
    let connection = Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    connection.busy_timeout(Duration::from_secs(5))?;
    // What is damaged is not to be mixed with what its journal still holds.
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

/// SQLite takes what is missing from the last page for zeros, and finds
/// nothing wrong with them inside of a long value. What the journal holds may
/// be missing from the file.
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
    async fn a_last_page_that_is_cut_inside_of_a_long_value_is_found() {
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
    async fn a_file_that_is_whole_or_missing_is_no_damage() {
        let folder = tempfile::tempdir().unwrap();
        let file = file(folder.path(), false);
        let missing = folder.path().join("missing.sqlite");
        let look = IntegrityScan::through(&[&file, &missing]).unwrap();
        assert!(look.wait(Duration::MAX).await.unwrap().is_none());
        assert!(!missing.exists());
    }

    #[tokio::test]
    async fn what_the_start_did_not_wait_for_is_read_on_and_ends_the_worker_when_it_is_damaged() {
        let folder = tempfile::tempdir().unwrap();
        let (_stop, stopped) = watch::channel(false);
        let torn = IntegrityScan::through(&[&file(folder.path(), true)]).unwrap();
        // Ends by itself: there is nobody who says stop.
        torn.run(stopped).await;
    }

    #[tokio::test]
    async fn what_is_whole_is_a_worker_until_it_is_told_to_stop() {
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
