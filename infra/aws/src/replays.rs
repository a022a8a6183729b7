use async_trait::async_trait;
use aws_sdk_dynamodb::types::{PutRequest, WriteRequest};
use domain::time::format_time;
use handlers::ports::{ReplayJob, ReplayKey, Replays, Saved, ShadowRow, Versioned};
use handlers::{Error, Result};
use serde::{Deserialize, Serialize};

use crate::client::Dynamo;
use crate::error::classify;
use crate::item::{Item, read, read_key, s, write, write_key};
use crate::put::Expected;
use crate::tables::BY_PART;

/// Puts in one BatchWriteItem, by DynamoDB's limit. The rest takes further calls.
const BATCH_WRITE: usize = 25;
/// Calls for one batch, because DynamoDB may leave out puts. After the last, the batch fails and may be retried.
const MAX_BATCH_ROUNDS: u32 = 8;

/// The sort key of a replay's job.
const JOB: &str = "job";
/// The beginning of the sort keys of its shadow rows; the account follows.
const SHADOW: &str = "shadow#";

/// The replays in DynamoDB: a job and its shadow rows, under one partition key.
///
/// The index of jobs has the part as its partition key and the revision as its sort key. Shadow rows have no revision, so they
/// are not in it, and jobs of older versions are: they have always had both.
#[derive(Debug, Clone)]
pub struct DynamoReplays(pub Dynamo);

#[derive(Serialize, Deserialize)]
struct JobItem {
    part: String,
    revision: u64,
    /// Copied from the document for the index. Older items lack it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    requested_at: Option<String>,
    #[serde(flatten)]
    job: ReplayJob,
}

#[derive(Serialize, Deserialize)]
struct ShadowItem {
    replay_id: String,
    part: String,
    row: ShadowRow,
}

#[async_trait]
impl Replays for DynamoReplays {
    async fn load(&self, replay_id: &str) -> Result<Option<Versioned<ReplayJob>>> {
        let Dynamo { client, tables, .. } = &self.0;
        let answer = client
            .get_item()
            .table_name(&tables.replays)
            .key("replay_id", s(replay_id))
            .key("part", s(JOB))
            .consistent_read(true)
            .send()
            .await
            .map_err(|error| classify("reading a replay", &error))?;
        let item = answer.item.map(read::<JobItem>).transpose()?;
        Ok(item.map(|item| Versioned {
            value: item.job,
            revision: item.revision,
        }))
    }

    async fn save(&self, read: &Versioned<ReplayJob>) -> Result<Saved> {
        let item = write(&JobItem {
            part: JOB.to_owned(),
            revision: read.revision + 1,
            requested_at: read.value.requested_at().map(format_time),
            job: read.value.clone(),
        })?;
        let expected = Expected::at(read.revision, "replay_id");
        self.0
            .put(&self.0.tables.replays, item, expected, "writing a replay")
            .await
    }

    async fn list(&self) -> Result<Vec<ReplayKey>> {
        let Dynamo { client, tables, .. } = &self.0;
        let mut found = Vec::new();
        let mut start: Option<Item> = None;
        loop {
            let answer = client
                .query()
                .table_name(&tables.replays)
                .index_name(BY_PART)
                .key_condition_expression("part = :job")
                .expression_attribute_values(":job", s(JOB))
                .set_exclusive_start_key(start)
                .send()
                .await
                .map_err(|error| classify("listing the replays", &error))?;
            for item in answer.items.unwrap_or_default() {
                found.push(read(item)?);
            }
            start = answer.last_evaluated_key;
            if start.is_none() {
                return Ok(found);
            }
        }
    }

    async fn save_shadow(&self, replay_id: &str, rows: &[ShadowRow]) -> Result<()> {
        for chunk in rows.chunks(BATCH_WRITE) {
            let mut writes = Vec::with_capacity(chunk.len());
            for row in chunk {
                let item = ShadowItem {
                    replay_id: replay_id.to_owned(),
                    part: format!("{SHADOW}{}", row.account_id),
                    row: row.clone(),
                };
                let put = PutRequest::builder()
                    .set_item(Some(write(&item)?))
                    .build()
                    .map_err(|error| Error::permanent("a shadow row could not be built", error))?;
                writes.push(WriteRequest::builder().put_request(put).build());
            }
            self.write_batch(writes).await?;
        }
        Ok(())
    }

    async fn shadow(
        &self,
        replay_id: &str,
        cursor: Option<&str>,
        limit: usize,
    ) -> Result<(Vec<ShadowRow>, Option<String>)> {
        let Dynamo { client, tables, .. } = &self.0;
        let answer = client
            .query()
            .table_name(&tables.replays)
            .key_condition_expression("replay_id = :replay AND begins_with(part, :shadow)")
            .expression_attribute_values(":replay", s(replay_id))
            .expression_attribute_values(":shadow", s(SHADOW))
            .consistent_read(true)
            .limit(i32::try_from(limit).unwrap_or(i32::MAX))
            .set_exclusive_start_key(read_key(cursor)?)
            .send()
            .await
            .map_err(|error| classify("reading a shadow", &error))?;
        let next = write_key(answer.last_evaluated_key())?;
        let rows: Result<Vec<_>> = answer
            .items
            .unwrap_or_default()
            .into_iter()
            .map(|item| Ok(read::<ShadowItem>(item)?.row))
            .collect();
        Ok((rows?, next))
    }
}

impl DynamoReplays {
    async fn write_batch(&self, mut writes: Vec<WriteRequest>) -> Result<()> {
        let Dynamo { client, tables, .. } = &self.0;
        for round in 0..MAX_BATCH_ROUNDS {
            if round > 0 {
                tokio::time::sleep(std::time::Duration::from_millis(20 << round)).await;
            }
            let answer = client
                .batch_write_item()
                .request_items(&tables.replays, writes)
                .send()
                .await
                .map_err(|error| classify("writing a shadow", &error))?;
            let left = answer
                .unprocessed_items
                .and_then(|mut items| items.remove(&tables.replays));
            match left {
                Some(left) if !left.is_empty() => writes = left,
                _ => return Ok(()),
            }
        }
        Err(Error::Retryable(
            "DynamoDB left out puts of a batch too often".into(),
        ))
    }
}
