//! The check that both files are from the same time. A file that was restored
//! alone, was emptied, or lost the end of its journal looks intact by itself.

use std::path::Path;

use rusqlite::{Connection, OptionalExtension, Result, params};

use crate::damage::{DamageError, connect};
use crate::poller::STREAM;

/// Difference between a public sequence number and the one that dynoxide stores
/// (dynoxide-rs 3.2.0, pinned).
const SEQUENCE_NUMBER_OFFSET: u128 = 100_000_000_000_000_000_000;

/// The poller's position according to the local file.
#[derive(Debug, PartialEq)]
enum Place {
    /// The file is missing or empty.
    Unknown,
    Beginning,
    Behind(i64),
}

/// Compares the poller's position with the stream. An event is on the disk before
/// the poller sees it, so a stream without it has lost it. Costs two look-ups.
pub(crate) fn are_of_one_moment(events: &Path, local: &Path) -> Result<(), DamageError> {
    let place = place(local).map_err(|error| DamageError::of(local, error))?;
    let holds =
        |record| stream_holds(events, record).map_err(|error| DamageError::of(events, error));
    let (events, local) = (events.to_owned(), local.to_owned());
    match place {
        Place::Behind(record) if !holds(Some(record))? => {
            Err(DamageError::EventsLost { events, local })
        }
        Place::Unknown if holds(None)? => Err(DamageError::LocalLost { events, local }),
        _ => Ok(()),
    }
}

fn place(local: &Path) -> Result<Place> {
    let Some(connection) = with_table(local, "checkpoint")? else {
        return Ok(Place::Unknown);
    };
    let number: Option<String> = connection
        .query_row(
            "SELECT sequence_number FROM checkpoint WHERE stream = ?1",
            [STREAM],
            |row| row.get(0),
        )
        .optional()?;
    Ok(number.map_or(Place::Beginning, |number| Place::Behind(stored(&number))))
}

/// Returns the stored form of a number. An impossible one matches no record.
fn stored(public: &str) -> i64 {
    let number = public.parse::<u128>().unwrap_or_default();
    let kept = number.checked_sub(SEQUENCE_NUMBER_OFFSET);
    kept.and_then(|kept| kept.try_into().ok()).unwrap_or(-1)
}

/// Whether the stream contains this record, or any record if it is `None`.
fn stream_holds(events: &Path, record: Option<i64>) -> Result<bool> {
    let Some(connection) = with_table(events, "_stream_records")? else {
        return Ok(false);
    };
    connection.query_row(
        "SELECT EXISTS (SELECT 1 FROM _stream_records WHERE table_name = ?1
             AND (?2 IS NULL OR CAST(sequence_number AS INTEGER) = ?2))",
        params![STREAM, record],
        |row| row.get(0),
    )
}

fn with_table(file: &Path, table: &str) -> Result<Option<Connection>> {
    if !file.exists() {
        return Ok(None);
    }
    let connection = connect(file)?;
    let found: bool = connection.query_row(
        "SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?1)",
        [table],
        |row| row.get(0),
    )?;
    Ok(found.then_some(connection))
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::PathBuf;

    use super::*;

    /// Files whose poller is behind `place`, and whose stream holds 7 and 8.
    fn files(folder: &Path, place: Option<&str>) -> (PathBuf, PathBuf) {
        let (events, local) = (folder.join("events"), folder.join("local"));
        Connection::open(&events)
            .unwrap()
            .execute_batch(
                "CREATE TABLE _stream_records (table_name TEXT, sequence_number TEXT);
                 INSERT INTO _stream_records VALUES ('events', '7'), ('events', '8'), ('other', '9');",
            )
            .unwrap();
        let connection = Connection::open(&local).unwrap();
        connection
            .execute_batch("CREATE TABLE checkpoint (stream TEXT, sequence_number TEXT);")
            .unwrap();
        if let Some(place) = place {
            connection
                .execute("INSERT INTO checkpoint VALUES ('events', ?1)", [place])
                .unwrap();
        }
        (events, local)
    }

    #[test]
    fn a_stream_that_contains_the_last_processed_record_has_lost_nothing() {
        for place in [Some("100000000000000000007"), None] {
            let folder = tempfile::tempdir().unwrap();
            let (events, local) = files(folder.path(), place);
            are_of_one_moment(&events, &local).unwrap();
        }
        let nothing = Path::new("/nowhere/at/all");
        are_of_one_moment(nothing, nothing).unwrap();
    }

    #[test]
    fn a_stream_that_lacks_the_last_processed_record_has_lost_it() {
        for place in ["100000000000000000009", "9", "nonsense"] {
            let folder = tempfile::tempdir().unwrap();
            let (events, local) = files(folder.path(), Some(place));
            let found = are_of_one_moment(&events, &local);
            assert!(
                matches!(found, Err(DamageError::EventsLost { .. })),
                "{place}: {found:?}"
            );
        }
        let folder = tempfile::tempdir().unwrap();
        let (events, local) = files(folder.path(), Some("100000000000000000007"));
        fs::write(&events, "").unwrap();
        let found = are_of_one_moment(&events, &local);
        assert!(
            matches!(found, Err(DamageError::EventsLost { .. })),
            "{found:?}"
        );
    }

    #[test]
    fn events_without_the_local_file_mean_that_it_was_lost() {
        let folder = tempfile::tempdir().unwrap();
        let (events, local) = files(folder.path(), None);
        fs::remove_file(&local).unwrap();
        let found = are_of_one_moment(&events, &local);
        assert!(
            matches!(found, Err(DamageError::LocalLost { .. })),
            "{found:?}"
        );
    }
}
