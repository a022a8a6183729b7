//! The records of the events table's stream, as Lambda delivers them.

use aws_lambda_events::event::dynamodb::{Event, EventRecord};
use domain::{AccountId, Commit, Version};
use handlers::project::StreamRecord;
use serde::Deserialize;
use serde_json::Value;

use crate::event_store::commit_item::CommitItem;

/// The insertions of a batch.
#[derive(Debug)]
pub struct Batch {
    /// The records for the projector, in the stream's order. Their commits may still be unreadable.
    pub records: Vec<StreamRecord>,
    /// The reason for each record whose key or sequence number cannot be read. No account can be parked for these, so log
    /// them.
    pub unreadable: Vec<String>,
}

/// Reads a batch from Lambda's event. Records that are no insertions are left out.
///
/// # Errors
/// The payload is not an event of a DynamoDB stream; a retry does not help.
pub fn read_batch(payload: &Value) -> Result<Batch, serde_json::Error> {
    let event = Event::deserialize(payload)?;
    let mut batch = Batch {
        records: Vec::new(),
        unreadable: Vec::new(),
    };
    for record in event.records {
        // Events are only inserted. The table's policy forbids updates and deletions.
        if record.event_name != "INSERT" {
            continue;
        }
        match read_record(&record) {
            Ok(read) => batch.records.push(read),
            Err(reason) => batch.unreadable.push(reason),
        }
    }
    Ok(batch)
}

fn read_record(record: &EventRecord) -> Result<StreamRecord, String> {
    #[derive(Deserialize)]
    struct Key {
        account_id: AccountId,
        version: Version,
    }
    let sequence_number = record
        .change
        .sequence_number
        .clone()
        .ok_or("a record has no sequence number")?;
    let key: Key = serde_dynamo::from_item(record.change.keys.clone())
        .map_err(|error| format!("the key of record {sequence_number}: {error}"))?;
    let commit = serde_dynamo::from_item::<_, CommitItem>(record.change.new_image.clone())
        .map_err(|error| format!("the commit cannot be read: {error}"))
        .and_then(|item| item.into_commit().map_err(|error| error.to_string()));
    let commit: Result<Commit, String> = commit;
    Ok(StreamRecord {
        sequence_number,
        account_id: key.account_id,
        first_version: key.version,
        commit,
    })
}
