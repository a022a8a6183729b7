//! What SQLite keeps of what was deleted or overwritten, and how it goes.
//!
//! `secure_delete` writes zeros over what is deleted. Older copies stay in the
//! journal until that is emptied, and now and then in the unused part of a page
//! from which a row was moved when its neighbours grew; only a file that is
//! written anew is free of those. Nothing here reads a file beside SQLite:
//! closing it would give up the locks that SQLite has on it.

use rusqlite::{Connection, Result};

/// Has SQLite write zeros over what this connection deletes. The engine's own
/// connection cannot be told so: `.cargo/config.toml` makes it the default.
pub(crate) fn overwrite_what_is_deleted(connection: &Connection) -> Result<()> {
    connection.pragma_update(None, "secure_delete", "ON")
}

/// Frees a file and its journal of what was deleted. Where one of these traces
/// is in it still, the file is written anew by `rewrite`, once: what is found
/// then is meant to be there.
///
/// # Errors
/// `SQLITE_BUSY` where somebody reads for so long that the journal cannot be
/// emptied.
pub(crate) fn wipe<E: From<rusqlite::Error>>(
    connection: &Connection,
    traces: &[Vec<u8>],
    rewrite: impl FnOnce() -> Result<(), E>,
) -> Result<(), E> {
    empty_journal(connection)?;
    if holds_any(connection, traces) {
        rewrite()?;
        empty_journal(connection)?;
    }
    Ok(())
}

/// Puts what the journal holds into the file, and leaves no byte in the journal.
pub(crate) fn empty_journal(connection: &Connection) -> Result<()> {
    let busy: bool =
        connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
    match busy {
        false => Ok(()),
        true => Err(rusqlite::Error::SqliteFailure(
            rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_BUSY),
            Some("the journal is being read and cannot be emptied".to_owned()),
        )),
    }
}

/// Whether any page has one of these, used or not. Where that cannot be seen
/// (a SQLite without its table of pages), it may.
fn holds_any(connection: &Connection, traces: &[Vec<u8>]) -> bool {
    let holds = |trace: &Vec<u8>| {
        connection.query_row(
            "SELECT EXISTS (SELECT 1 FROM sqlite_dbpage WHERE instr(data, ?1) > 0)",
            [trace],
            |row| row.get(0),
        )
    };
    traces.iter().any(|trace| holds(trace).unwrap_or(true))
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::*;

    const TRACE: &str = "ana.lind@example.com";

    fn open(file: &Path) -> Connection {
        let connection = Connection::open(file).unwrap();
        connection
            .pragma_update(None, "journal_mode", "WAL")
            .unwrap();
        connection
    }

    fn holds(file: &Path) -> bool {
        let bytes = fs::read(file).unwrap();
        bytes
            .windows(TRACE.len())
            .any(|window| window == TRACE.as_bytes())
    }

    /// With a row that was deleted by a version that did not overwrite it.
    fn of_an_older_version(file: &Path) -> Connection {
        let connection = open(file);
        connection
            .execute_batch(&format!(
                "PRAGMA secure_delete = OFF; CREATE TABLE some (text TEXT);
                 INSERT INTO some VALUES ('before'), ('{TRACE}'), ('after');
                 DELETE FROM some WHERE text = '{TRACE}'; PRAGMA wal_checkpoint(TRUNCATE);"
            ))
            .unwrap();
        connection
    }

    #[test]
    fn sqlite_is_built_so_that_what_any_connection_deletes_is_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("some.sqlite");
        let connection = open(&file);
        let secure: i64 = connection
            .query_row("PRAGMA secure_delete", [], |row| row.get(0))
            .unwrap();
        assert_eq!(secure, 1, "LIBSQLITE3_FLAGS of .cargo/config.toml");
        let pages: i64 = connection
            .query_row("SELECT count(*) FROM sqlite_dbpage", [], |row| row.get(0))
            .unwrap();
        assert_eq!(pages, 1);
    }

    #[test]
    fn what_was_deleted_is_neither_in_the_journal_nor_in_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("some.sqlite");
        let connection = open(&file);
        overwrite_what_is_deleted(&connection).unwrap();
        connection
            .execute_batch(&format!(
                "CREATE TABLE some (text TEXT); INSERT INTO some VALUES ('{TRACE}');"
            ))
            .unwrap();
        connection.execute_batch("DELETE FROM some").unwrap();
        assert!(holds(&file.with_extension("sqlite-wal")));
        let not_needed = || -> Result<()> { panic!("it was overwritten") };
        wipe(&connection, &[TRACE.into()], not_needed).unwrap();
        assert!(!holds(&file));
        assert_eq!(fs::read(file.with_extension("sqlite-wal")).unwrap(), b"");
    }

    #[test]
    fn a_file_that_holds_it_still_is_written_anew_and_keeps_the_rest() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("some.sqlite");
        let connection = of_an_older_version(&file);
        assert!(holds(&file));
        let rewrite = || connection.execute_batch("VACUUM");
        wipe(&connection, &[TRACE.into()], rewrite).unwrap();
        assert!(!holds(&file));
        let rows: i64 = connection
            .query_row("SELECT count(*) FROM some", [], |row| row.get(0))
            .unwrap();
        assert_eq!(rows, 2);
    }

    #[test]
    fn a_journal_that_somebody_reads_is_not_called_empty() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("some.sqlite");
        let connection = of_an_older_version(&file);
        let reader = open(&file);
        reader.execute_batch("BEGIN; SELECT * FROM some;").unwrap();
        connection
            .execute_batch("INSERT INTO some VALUES ('x')")
            .unwrap();
        assert!(empty_journal(&connection).is_err());
        reader.execute_batch("COMMIT").unwrap();
        empty_journal(&connection).unwrap();
    }
}
