//! DynamoDB on one machine: dynoxide on a SQLite file. Its clients are those of
//! `infra/aws`, so the same adapters run here and in the cloud.

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

/// The reason why the engine did not start.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// The built-in template is invalid.
    #[error(transparent)]
    Template(#[from] TemplateError),
    /// dynoxide refused the file or a table.
    #[error("the local DynamoDB: {0}")]
    Dynoxide(String),
    /// SQLite refused the file.
    #[error("the local DynamoDB's file: {0}")]
    Sqlite(#[from] rusqlite::Error),
    /// The operating system refused to start a thread.
    #[error("the local DynamoDB's threads cannot be started: {0}")]
    Threads(std::io::Error),
    /// The operating system refused to create the file.
    #[error("the local DynamoDB's file cannot be created: {0}")]
    Make(std::io::Error),
}

/// Seconds that a stop waits for pending requests. Committed data is safe without
/// it.
const STOP: Duration = Duration::from_secs(2);

/// A running local DynamoDB.
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

/// Returns the names of the tables on one machine.
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

/// Returns the `CreateTable` requests of the tables with these names, in the form of DynamoDB's JSON.
///
/// # Errors
/// The built-in template is invalid.
pub fn table_requests() -> Result<Vec<Value>, TemplateError> {
    Ok(Template::built_in()?.tables())
}

impl Engine {
    /// Opens the file and creates missing tables. Idempotent.
    ///
    /// # Errors
    /// Any [`EngineError`]; a retry may help after `Sqlite`, `Threads` and
    /// `Make`.
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

    /// Returns the database, for access other than by a [`client`](Self::client).
    pub fn database(&self) -> &Database {
        &self.database
    }

    /// Returns the file, for work that the engine has no operation for.
    pub(crate) fn file(&self) -> EventsFile {
        EventsFile {
            database: self.database.clone(),
            file: self.file.clone(),
        }
    }

    /// Returns a client of this engine with a meter of its own.
    pub fn client(&self) -> Dynamo {
        Dynamo::in_process(self.answers.clone(), tables())
    }

    /// Returns its answers, which count the writes of all clients.
    pub(crate) fn answers(&self) -> Answers {
        self.answers.clone()
    }

    /// Finishes pending requests and closes the file. Clients get no more
    /// answers. A request that takes longer than two seconds is abandoned;
    /// committed data is safe.
    pub async fn stop(self) {
        let _ = tokio::time::timeout(STOP, self.answers.close()).await;
    }
}

/// The file of a running engine.
#[derive(Clone)]
pub(crate) struct EventsFile {
    database: Database,
    file: PathBuf,
}

impl EventsFile {
    /// Removes deleted data from it; see [`wiping`]. If it has to be rewritten,
    /// requests wait.
    pub(crate) fn wipe(&self, traces: &[Vec<u8>]) -> Result<(), EngineError> {
        let connection = connect(&self.file)?;
        wiping::wipe(&connection, traces, || self.vacuum())
    }

    /// Rewrites it without deleted data.
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

/// Creates the file under another name and renames it when it is complete.
/// dynoxide creates a table in several steps, the stream last. If the process is
/// killed in between, the next start would find an incomplete table, take it for
/// complete, and fail to write to it or find no stream.
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
    // SQLite would create it readable for others. Its journals inherit its mode.
    private::make(&unfinished).map_err(EngineError::Make)?;
    let database = open(&unfinished)?;
    make_tables(&database)?;
    drop(database);
    index_streams(&unfinished)?;
    // A single file, without a journal, can be renamed in one step.
    Connection::open(&unfinished)?.pragma_update(None, "journal_mode", "DELETE")?;
    put_in_place(&unfinished, file).map_err(EngineError::Make)
}

fn unfinished(file: &Path) -> PathBuf {
    file.with_extension("new")
}

/// Returns a SQLite file and the journals that belong to it.
fn with_journals(file: &Path) -> [PathBuf; 4] {
    ["", "-wal", "-shm", "-journal"].map(|suffix| {
        let mut name = file.as_os_str().to_owned();
        name.push(suffix);
        name.into()
    })
}

/// Creates missing tables, and indexes that the tables of an older version lack.
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

/// Creates two indexes that dynoxide lacks. It searches its stream table for the
/// highest sequence number at every write, so that writes slow down as the table
/// grows (dynoxide-rs 3.2.0, pinned).
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
    async fn tables_whose_creation_was_interrupted_are_created_again() {
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
    async fn a_table_of_an_older_version_gets_its_missing_index() {
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
