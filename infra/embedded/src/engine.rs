//! DynamoDB on one machine: dynoxide on a SQLite file, and clients of it, so that
//! the adapter of `infra/aws` is the one that runs.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::Duration;

use aws::{Dynamo, Tables};
use dynoxide::Database;
use dynoxide::actions::create_table::CreateTableRequest;
use rusqlite::Connection;
use serde_json::{Value, json};

use crate::damage::connect;
use crate::folder::put_in_place;
use crate::in_process::Answers;
use crate::template::{Template, TemplateError};
use crate::threads::Threads;
use crate::wiping;

#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    #[error(transparent)]
    Template(#[from] TemplateError),
    #[error("the local DynamoDB: {0}")]
    Dynoxide(String),
    #[error("the local DynamoDB's file: {0}")]
    Sqlite(#[from] rusqlite::Error),
    #[error("the local DynamoDB has no threads: {0}")]
    Threads(std::io::Error),
    #[error("the local DynamoDB's file cannot be made: {0}")]
    Make(std::io::Error),
}

/// For the requests under way when the engine stops.
const STOP: Duration = Duration::from_secs(2);

/// The running engine.
pub struct Engine {
    pub(crate) database: Database,
    file: PathBuf,
    answers: Answers,
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Engine").finish_non_exhaustive()
    }
}

/// The names of the tables on one machine.
pub fn tables() -> Tables {
    Tables {
        events: "events".to_owned(),
        requests: "requests".to_owned(),
        balances: "balances".to_owned(),
        customers: "customers".to_owned(),
        notifications: "notifications".to_owned(),
        replays: "replays".to_owned(),
        schedules: "schedules".to_owned(),
        suppressions: "suppressions".to_owned(),
    }
}

impl Engine {
    /// Opens the file, and makes the tables that are missing.
    pub async fn start(file: &Path) -> Result<Self, EngineError> {
        if !file.exists() {
            make(file)?;
        }
        let database = open(file)?;
        make_tables(&database)?;
        index_streams(file)?;
        let threads = Threads::start().map_err(EngineError::Threads)?;
        Ok(Engine {
            answers: Answers::new(database.clone(), threads),
            database,
            file: file.to_owned(),
        })
    }

    /// What holds the tables, for who has another way to it than [`client`](Self::client).
    pub fn database(&self) -> &Database {
        &self.database
    }

    /// Its file, for what it has no operation for.
    pub(crate) fn file(&self) -> EventsFile {
        EventsFile {
            database: self.database.clone(),
            file: self.file.clone(),
        }
    }

    /// A client of this engine, with a meter of its own.
    pub fn client(&self) -> Dynamo {
        Dynamo::in_process(self.answers.clone(), tables())
    }

    /// Finishes the requests under way and closes the file; clients get no answer any more. Where a request takes longer than
    /// two seconds, it is left to itself: what is committed is safe.
    pub async fn stop(self) {
        let _ = tokio::time::timeout(STOP, self.answers.close()).await;
    }
}

/// The file that the engine has open.
#[derive(Clone)]
pub(crate) struct EventsFile {
    database: Database,
    file: PathBuf,
}

impl EventsFile {
    /// Frees it of what was deleted from it; see [`wiping`]. Requests wait
    /// where it has to be written anew.
    pub(crate) fn wipe(&self, traces: &[Vec<u8>]) -> Result<(), EngineError> {
        let connection = connect(&self.file)?;
        wiping::wipe(&connection, traces, || self.vacuum())
    }

    /// Writes it anew, without what was deleted.
    pub(crate) fn rewrite(&self) -> Result<(), EngineError> {
        self.vacuum()?;
        Ok(wiping::empty_journal(&connect(&self.file)?)?)
    }

    fn vacuum(&self) -> Result<(), EngineError> {
        let done = self.database.vacuum();
        done.map_err(|error| EngineError::Dynoxide(error.to_string()))
    }
}

fn open(file: &Path) -> Result<Database, EngineError> {
    let path = file
        .to_str()
        .ok_or_else(|| EngineError::Dynoxide("the path is not UTF-8".to_owned()))?;
    Database::new(path).map_err(|error| EngineError::Dynoxide(error.to_string()))
}

/// Makes the file beside its place, and puts it there when it is whole.
/// dynoxide makes a table in several steps, the stream last: of a process that
/// is killed in between stays a table that is found at the next start, taken
/// for made, and cannot be written to or has no stream.
fn make(file: &Path) -> Result<(), EngineError> {
    let unfinished = unfinished(file);
    for leftover in with_journals(&unfinished) {
        match fs::remove_file(leftover) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                return Err(EngineError::Make(error));
            }
            _ => {}
        }
    }
    // SQLite would let others read it, and gives its journals the mode that it has.
    private::make(&unfinished).map_err(EngineError::Make)?;
    let database = open(&unfinished)?;
    make_tables(&database)?;
    drop(database);
    index_streams(&unfinished)?;
    // One file, without a journal beside it, can be put in place in one step.
    Connection::open(&unfinished)?.pragma_update(None, "journal_mode", "DELETE")?;
    put_in_place(&unfinished, file).map_err(EngineError::Make)
}

fn unfinished(file: &Path) -> PathBuf {
    file.with_extension("new")
}

/// A SQLite file and what SQLite keeps beside it.
fn with_journals(file: &Path) -> [PathBuf; 4] {
    ["", "-wal", "-shm", "-journal"].map(|suffix| {
        let mut name = file.as_os_str().to_owned();
        name.push(suffix);
        name.into()
    })
}

/// Makes the tables that are missing, and the indexes that tables of an older
/// version lack.
fn make_tables(database: &Database) -> Result<(), EngineError> {
    let broken = |error: String| EngineError::Dynoxide(error);
    let existing = database
        .list_tables(dynoxide::actions::list_tables::ListTablesRequest::default())
        .map_err(|error| broken(error.to_string()))?
        .table_names;
    for request in Template::built_in()?.tables() {
        if existing
            .iter()
            .any(|name| request["TableName"] == name.as_str())
        {
            make_indexes(database, &request)?;
            continue;
        }
        let request: CreateTableRequest =
            serde_json::from_value(request).map_err(|error| broken(error.to_string()))?;
        database
            .create_table(request)
            .map_err(|error| broken(error.to_string()))?;
    }
    Ok(())
}

fn make_indexes(database: &Database, table: &Value) -> Result<(), EngineError> {
    let broken = |error: String| EngineError::Dynoxide(error);
    let described = database
        .describe_table(
            serde_json::from_value(json!({ "TableName": table["TableName"] }))
                .map_err(|error| broken(error.to_string()))?,
        )
        .map_err(|error| broken(error.to_string()))?;
    let described =
        serde_json::to_value(&described.table).map_err(|error| broken(error.to_string()))?;
    let listed = |table: &Value| {
        let indexes = table["GlobalSecondaryIndexes"].as_array();
        indexes.cloned().unwrap_or_default()
    };
    let there = listed(&described);
    for index in listed(table) {
        if there
            .iter()
            .any(|known| known["IndexName"] == index["IndexName"])
        {
            continue;
        }
        let request = json!({
            "TableName": table["TableName"],
            "AttributeDefinitions": table["AttributeDefinitions"],
            "GlobalSecondaryIndexUpdates": [{ "Create": index }],
        });
        let request = serde_json::from_value(request).map_err(|error| broken(error.to_string()))?;
        database
            .update_table(request)
            .map_err(|error| broken(error.to_string()))?;
    }
    Ok(())
}

/// dynoxide takes the highest sequence number over its whole stream table at
/// every write, and has no index for it: writes slow down as the table grows.
/// These two indexes keep them level (dynoxide-rs 3.2.0, pinned).
fn index_streams(file: &Path) -> Result<(), EngineError> {
    let connection = Connection::open(file)?;
    connection.busy_timeout(Duration::from_secs(5))?;
    connection.execute_batch(
        "CREATE INDEX IF NOT EXISTS ledgerbell_stream_sequence
             ON _stream_records (table_name, CAST(sequence_number AS INTEGER));
         CREATE INDEX IF NOT EXISTS ledgerbell_stream_shard
             ON _stream_records (table_name, shard_id, CAST(sequence_number AS INTEGER));",
    )?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn tables_whose_making_was_interrupted_are_made_anew() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("dynamodb.sqlite");
        // A table without its stream, as a killed process leaves it.
        let database = open(&unfinished(&file)).unwrap();
        let mut tables = Template::built_in().unwrap().tables().into_iter();
        let mut request = tables.find(|table| table["TableName"] == "events").unwrap();
        request
            .as_object_mut()
            .unwrap()
            .remove("StreamSpecification");
        database
            .create_table(serde_json::from_value(request).unwrap())
            .unwrap();
        drop(database);

        let engine = Engine::start(&file).await.unwrap();
        let streams = engine
            .database
            .list_streams(dynoxide::actions::list_streams::ListStreamsRequest::default())
            .unwrap()
            .streams;
        assert!(!streams.is_empty());
        assert!(!unfinished(&file).exists());
        engine.stop().await;
    }

    #[tokio::test]
    async fn a_table_of_an_older_version_gets_the_index_that_it_lacks() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("dynamodb.sqlite");
        let database = open(&file).unwrap();
        let mut tables = Template::built_in().unwrap().tables().into_iter();
        let mut request = tables
            .find(|table| table["TableName"] == "notifications")
            .unwrap();
        for (list, name) in [
            ("GlobalSecondaryIndexes", "by-code"),
            ("AttributeDefinitions", "verification_code"),
        ] {
            let rest: Vec<Value> = request[list]
                .as_array()
                .unwrap()
                .iter()
                .filter(|one| one["IndexName"] != name && one["AttributeName"] != name)
                .cloned()
                .collect();
            request[list] = json!(rest);
        }
        database
            .create_table(serde_json::from_value(request).unwrap())
            .unwrap();
        drop(database);

        let engine = Engine::start(&file).await.unwrap();
        let notifications = aws::DynamoNotifications(engine.client());
        let found = handlers::ports::Notifications::by_code(&notifications, "7K2M-00ZQ-9XWD");
        assert_eq!(found.await, Ok(None));
        engine.stop().await;
    }

    #[tokio::test]
    async fn the_highest_sequence_number_is_found_without_reading_the_whole_stream() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("dynamodb.sqlite");
        let engine = Engine::start(&file).await.unwrap();
        let connection = Connection::open(&file).unwrap();
        // The statement as dynoxide has it; another version may ask otherwise.
        let plan: String = connection
            .query_row(
                "EXPLAIN QUERY PLAN SELECT COALESCE(MAX(CAST(sequence_number AS INTEGER)), 0) + 1
                 FROM _stream_records WHERE table_name = ?1",
                ["events"],
                |row| row.get(3),
            )
            .unwrap();
        assert!(plan.contains("ledgerbell_stream_sequence"), "{plan}");
        engine.stop().await;
    }
}
