//! The removal of deleted data from SQLite's files.
//!
//! `secure_delete` overwrites deleted data with zeros. Older copies stay in the
//! journal until it is emptied, and sometimes in the unused part of a page from
//! which a row was moved when its neighbours grew. Only rewriting the file
//! removes those. Nothing here reads a file other than with SQLite: closing it
//! would release the locks that SQLite holds on it.

use rusqlite::{Connection, Result};

/// Makes SQLite overwrite data that this connection deletes. The engine's own
/// connection is out of reach; `.cargo/config.toml` makes it the default there.
pub(crate) fn overwrite_what_is_deleted(connection: &Connection) -> Result<()> {
    connection.pragma_update(None, "secure_delete", "ON")
}

/// Removes deleted data from a file and its journal. If the file still contains
/// one of these traces, `rewrite` rewrites it once; traces that are left then
/// belong there.
///
/// # Errors
/// - `SQLITE_BUSY`: another connection reads for so long that the journal cannot
///   be emptied; a retry may help.
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

/// Moves the contents of the journal into the file and truncates the journal.
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

/// Whether any page, used or not, may contain one of the traces. True if SQLite
/// has no table of pages to search.
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
    fn sqlite_is_built_to_overwrite_data_that_any_connection_deletes() {
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
    fn deleted_data_is_neither_in_the_journal_nor_in_the_file() {
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
    fn a_file_that_still_contains_deleted_data_is_rewritten_and_keeps_the_rest() {
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
    fn a_journal_that_is_being_read_is_not_reported_as_empty() {
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
