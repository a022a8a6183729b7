//! The poller, which reads the stream and calls the projector, as Lambda's event
//! source mapping does.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use dynoxide::Database;
use dynoxide::actions::describe_stream::DescribeStreamRequest;
use dynoxide::actions::get_records::GetRecordsRequest;
use dynoxide::actions::get_shard_iterator::GetShardIteratorRequest;
use dynoxide::actions::list_streams::ListStreamsRequest;
use handlers::project::Projector;
use handlers::{Error, Result};
use rusqlite::{OptionalExtension, params};
use serde_json::{Value, json};
use tokio::sync::watch;

use crate::durable::Durable;

/// Records in one batch, as in the template. The rest comes with the next one.
const BATCH: usize = 100;
/// Milliseconds between two looks at an empty stream shortly after a record.
const PAUSE: Duration = Duration::from_millis(5);
/// Milliseconds between two looks at an empty stream later on: the longest that
/// an event waits.
const IDLE: Duration = Duration::from_millis(100);
/// Consecutive empty looks after which [`IDLE`] replaces [`PAUSE`].
const EMPTY_LOOKS: u32 = 200;
/// Milliseconds before a failed batch is retried. It is retried without limit,
/// because nothing outside this machine can be the reason.
const AFTER_FAILURE: Duration = Duration::from_millis(500);
/// The stream's name in the checkpoints.
pub(crate) const STREAM: &str = "events";

pub(crate) struct Poller {
    database: Database,
    durable: Durable,
    projector: Arc<Projector>,
    shard: Arc<OnceLock<Shard>>,
}

/// The only shard of the events table's stream, which never changes here.
#[derive(Debug, Clone)]
struct Shard {
    stream_arn: String,
    shard_id: String,
}

impl Poller {
    pub(crate) fn new(database: Database, durable: Durable, projector: Arc<Projector>) -> Self {
        Poller {
            database,
            durable,
            projector,
            shard: Arc::default(),
        }
    }

    /// Projects until it is stopped, and then finishes the current batch.
    pub(crate) async fn run(self, mut stop: watch::Receiver<bool>) {
        let mut position = None;
        let mut empty_looks = 0;
        while !*stop.borrow() {
            let rest = match self.step(&mut position).await {
                Ok(true) => {
                    empty_looks = 0;
                    continue;
                }
                Ok(false) if empty_looks < EMPTY_LOOKS => {
                    empty_looks += 1;
                    PAUSE
                }
                Ok(false) => IDLE,
                Err(error) => {
                    tracing::error!(class = error.class(), %error, "the stream cannot be read");
                    position = None;
                    AFTER_FAILURE
                }
            };
            tokio::select! {
                () = tokio::time::sleep(rest) => {}
                _ = stop.changed() => {}
            }
        }
    }

    /// Projects one batch. Returns whether there may be more at once.
    async fn step(&self, position: &mut Option<Position>) -> Result<bool> {
        let after = match position {
            Some(after) => after.clone(),
            None => self.checkpoint().await?,
        };
        *position = Some(after.clone());
        let (database, shard) = (self.database.clone(), Arc::clone(&self.shard));
        let records = tokio::task::spawn_blocking(move || records_after(&database, &shard, after))
            .await
            .map_err(|_| Error::Retryable("reading the stream was interrupted".into()))??;
        if records.is_empty() {
            return Ok(false);
        }
        let numbers: Vec<String> = records.iter().map(sequence_number).collect::<Result<_>>()?;
        let batch = aws::stream::read_batch(&json!({ "Records": records }))
            .map_err(|error| Error::permanent("a batch of the stream", error))?;
        for reason in &batch.unreadable {
            tracing::error!(reason, "a record of the stream names no account");
        }
        let failed = self.projector.project(batch.records).await;
        // The records before the first failure are done; the rest is read again.
        let done = numbers
            .iter()
            .take_while(|number| !failed.contains(number))
            .last();
        if let Some(done) = done {
            self.note(done.clone()).await?;
            *position = Some(Some(done.clone()));
        }
        if !failed.is_empty() {
            tokio::time::sleep(AFTER_FAILURE).await;
        }
        Ok(true)
    }

    async fn checkpoint(&self) -> Result<Position> {
        self.durable
            .write_repeatable(|transaction| {
                transaction
                    .query_row(
                        "SELECT sequence_number FROM checkpoint WHERE stream = ?1",
                        [STREAM],
                        |row| row.get(0),
                    )
                    .optional()
            })
            .await
    }

    async fn note(&self, sequence_number: String) -> Result<()> {
        self.durable
            .write_repeatable(move |transaction| {
                transaction
                    .execute(
                        "INSERT INTO checkpoint (stream, sequence_number) VALUES (?1, ?2)
                         ON CONFLICT (stream) DO UPDATE SET sequence_number = ?2",
                        params![STREAM, sequence_number],
                    )
                    .map(drop)
            })
            .await
    }
}

/// The last processed record, or `None` at the beginning of the stream.
type Position = Option<String>;

fn sequence_number(record: &Value) -> Result<String> {
    record["dynamodb"]["SequenceNumber"]
        .as_str()
        .map(str::to_owned)
        .ok_or_else(|| Error::Permanent("a record of the stream has no sequence number".into()))
}

/// Returns the records after a position, in the JSON that Lambda passes on.
fn records_after(
    database: &Database,
    shard: &OnceLock<Shard>,
    after: Position,
) -> Result<Vec<Value>> {
    let missing = || Error::Retryable("the events table has no stream".into());
    let Shard {
        stream_arn,
        shard_id,
    } = match shard.get() {
        Some(shard) => shard.clone(),
        None => {
            let found = find_shard(database)?.ok_or_else(missing)?;
            shard.get_or_init(|| found).clone()
        }
    };
    let iterator_type = if after.is_some() {
        "AFTER_SEQUENCE_NUMBER"
    } else {
        "TRIM_HORIZON"
    };
    let iterator = database
        .get_shard_iterator(GetShardIteratorRequest {
            stream_arn,
            shard_id,
            shard_iterator_type: iterator_type.to_owned(),
            sequence_number: after,
        })
        .map_err(broken)?;
    let answer = database
        .get_records(GetRecordsRequest {
            shard_iterator: iterator.shard_iterator.ok_or_else(missing)?,
            limit: Some(BATCH),
        })
        .map_err(broken)?;
    answer
        .records
        .iter()
        .map(|record| {
            serde_json::to_value(record)
                .map_err(|error| Error::permanent("a record cannot be written as JSON", error))
        })
        .collect()
}

/// Returns the shard of the stream, of which dynoxide has one.
fn find_shard(database: &Database) -> Result<Option<Shard>> {
    let streams = database
        .list_streams(ListStreamsRequest {
            table_name: Some(STREAM.to_owned()),
            ..Default::default()
        })
        .map_err(broken)?;
    let Some(stream) = streams.streams.into_iter().next() else {
        return Ok(None);
    };
    let described = database
        .describe_stream(DescribeStreamRequest {
            stream_arn: stream.stream_arn.clone(),
            ..Default::default()
        })
        .map_err(broken)?;
    let shard = described.stream_description.shards.into_iter().next();
    Ok(shard.map(|shard| Shard {
        stream_arn: stream.stream_arn,
        shard_id: shard.shard_id,
    }))
}

fn broken(error: dynoxide::DynoxideError) -> Error {
    Error::retryable("the local stream", error)
}
