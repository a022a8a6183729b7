//! The event store on DynamoDB: one item a commit, one item a key, one
//! transaction.

mod append;
pub(crate) mod commit_item;
mod packed_events;

use std::collections::HashMap;

use async_trait::async_trait;
use aws_sdk_dynamodb::types::KeysAndAttributes;
use chrono::{DateTime, Datelike, TimeDelta, TimeZone, Utc};
use domain::time::format_recorded_at;
use domain::{AccountId, Commit, EventId, IdempotencyKey, Tip, Version};
use handlers::ports::{
    Appended, CommitPage, CommitPosition, EventStore, IdempotencyRecord, ReversalMark,
};
use handlers::query::time_index::first_microsecond;
use handlers::{Error, Result};
use serde::Deserialize;

use crate::client::Dynamo;
use crate::error::classify;
use crate::item::{Item, n, read, read_key, s, write_key};
use crate::tables::BY_TIME;
use crate::whole_times::{end_of_time, next_read};
use append::{RequestItem, mark_key};
use commit_item::CommitItem;

/// Keys in one BatchGetItem, by DynamoDB's limit. The rest takes further calls.
const BATCH_GET: usize = 100;
/// Calls for one batch, because DynamoDB may leave out keys. After the last, the batch fails and may be retried.
const MAX_BATCH_ROUNDS: u32 = 8;

/// The event store in DynamoDB: one item a commit in the events table, one a key in the requests table.
///
/// All reads are strongly consistent, except [`recorded`](EventStore::recorded), which reads an index.
#[derive(Debug, Clone)]
pub struct DynamoEventStore(pub Dynamo);

impl DynamoEventStore {
    /// Reads the account's commits whose first version is in this relation to `version`.
    async fn query(
        &self,
        account: &AccountId,
        relation: &str,
        version: Version,
        forward: bool,
        limit: usize,
    ) -> Result<CommitPage> {
        let Dynamo { client, tables, .. } = &self.0;
        let answer = client
            .query()
            .table_name(&tables.events)
            .key_condition_expression(format!(
                "account_id = :account AND version {relation} :version"
            ))
            .expression_attribute_values(":account", s(account))
            .expression_attribute_values(":version", n(version))
            .scan_index_forward(forward)
            .limit(i32::try_from(limit).unwrap_or(i32::MAX))
            .consistent_read(true)
            .send()
            .await
            .map_err(|error| classify("reading the events of an account", &error))?;
        let next = write_key(answer.last_evaluated_key())?;
        Ok(CommitPage {
            commits: read_commits(answer.items.unwrap_or_default())?,
            next,
        })
    }

    async fn batch_get(&self, keys: &[Item]) -> Result<Vec<Commit>> {
        let Dynamo { client, tables, .. } = &self.0;
        let mut wanted = keys.to_vec();
        let mut commits = Vec::with_capacity(keys.len());
        for round in 0..MAX_BATCH_ROUNDS {
            if round > 0 {
                tokio::time::sleep(std::time::Duration::from_millis(20 << round)).await;
            }
            let request = KeysAndAttributes::builder()
                .set_keys(Some(wanted))
                .consistent_read(true)
                .build()
                .map_err(|_| Error::Permanent("a batch of keys could not be built".into()))?;
            let answer = client
                .batch_get_item()
                .request_items(&tables.events, request)
                .send()
                .await
                .map_err(|error| classify("reading a batch of events", &error))?;
            let found = answer
                .responses
                .and_then(|mut tables_| tables_.remove(&tables.events));
            commits.extend(read_commits(found.unwrap_or_default())?);
            let left = answer
                .unprocessed_keys
                .and_then(|mut tables_| tables_.remove(&tables.events));
            match left {
                Some(left) if !left.keys().is_empty() => wanted = left.keys,
                _ => return Ok(commits),
            }
        }
        Err(Error::Retryable(
            "DynamoDB left out keys of a batch too often".into(),
        ))
    }
}

fn read_commits(items: Vec<Item>) -> Result<Vec<Commit>> {
    items
        .into_iter()
        .map(|item| read::<CommitItem>(item)?.into_commit())
        .collect()
}

#[async_trait]
impl EventStore for DynamoEventStore {
    async fn head(&self, account: &AccountId) -> Result<Option<Tip>> {
        let page = self.query(account, ">=", 1, false, 1).await?;
        Ok(page.commits.first().map(Commit::tip))
    }

    async fn append(&self, commit: &Commit, marks: &[ReversalMark]) -> Result<Appended> {
        append::append(&self.0, commit, marks).await
    }

    async fn used_key(
        &self,
        account: &AccountId,
        key: &IdempotencyKey,
    ) -> Result<Option<IdempotencyRecord>> {
        let item = append::request_item(&self.0, account, key.as_str()).await?;
        item.map(RequestItem::into_used_key).transpose()
    }

    async fn commit_holding(
        &self,
        account: &AccountId,
        version: Version,
    ) -> Result<Option<Commit>> {
        let page = self.query(account, "<=", version, false, 1).await?;
        Ok(page
            .commits
            .into_iter()
            .find(|commit| commit.last_version() >= version))
    }

    async fn reversed_by(&self, account: &AccountId, event: EventId) -> Result<Option<EventId>> {
        let item = append::request_item(&self.0, account, &mark_key(event)).await?;
        Ok(item.and_then(|item| item.reversed_by))
    }

    async fn commits(
        &self,
        account: &AccountId,
        after_version: Version,
        limit: usize,
    ) -> Result<CommitPage> {
        let mut page = self.query(account, ">", after_version, true, limit).await?;
        // There is none behind the highest of all.
        let Some(next) = after_version.checked_add(1) else {
            return Ok(page);
        };
        let next_is_there = page
            .commits
            .first()
            .is_some_and(|commit| commit.first_version == next);
        // The next version can stand inside a commit that begins before it.
        if !next_is_there
            && after_version > 0
            && let Some(commit) = self.commit_holding(account, next).await?
        {
            page.commits.insert(0, commit);
        }
        Ok(page)
    }

    async fn commits_backwards(
        &self,
        account: &AccountId,
        before_version: Version,
        limit: usize,
    ) -> Result<CommitPage> {
        self.query(account, "<", before_version, false, limit).await
    }

    async fn recorded(
        &self,
        slice: u8,
        from: DateTime<Utc>,
        to: DateTime<Utc>,
        newest_first: bool,
        limit: usize,
    ) -> Result<Vec<CommitPosition>> {
        #[derive(Deserialize)]
        struct IndexItem {
            account_id: AccountId,
            version: Version,
            recorded_at: DateTime<Utc>,
        }
        // BETWEEN includes both ends. Times are stored in microseconds, so the range begins at its first whole one.
        let (from, to) = (first_microsecond(from), first_microsecond(to));
        let (from, last) = (
            in_four_digits(from),
            in_four_digits(
                to.checked_sub_signed(TimeDelta::microseconds(1))
                    .unwrap_or(to),
            ),
        );
        if last < from {
            return Ok(Vec::new());
        }
        let Dynamo { client, tables, .. } = &self.0;
        let mut places: Vec<CommitPosition> = Vec::new();
        let mut start: Option<Item> = None;
        loop {
            let answer = client
                .query()
                .table_name(&tables.events)
                .index_name(BY_TIME)
                .key_condition_expression("slice = :slice AND recorded_at BETWEEN :from AND :last")
                .expression_attribute_values(":slice", n(slice))
                .expression_attribute_values(":from", s(format_recorded_at(from)))
                .expression_attribute_values(":last", s(format_recorded_at(last)))
                .scan_index_forward(!newest_first)
                .limit(next_read(places.len(), limit))
                .set_exclusive_start_key(start)
                .send()
                .await
                .map_err(|error| classify("reading the time index", &error))?;
            for item in answer.items.unwrap_or_default() {
                let item: IndexItem = read(item)?;
                places.push(CommitPosition {
                    recorded_at: item.recorded_at,
                    account_id: item.account_id,
                    first_version: item.version,
                });
            }
            if let Some(end) = end_of_time(&places, limit, |place| place.recorded_at) {
                places.truncate(end);
                return Ok(places);
            }
            start = answer.last_evaluated_key;
            if start.is_none() {
                return Ok(places);
            }
        }
    }

    async fn commits_at(&self, places: &[CommitPosition]) -> Result<Vec<Commit>> {
        let mut found = HashMap::new();
        for chunk in places.chunks(BATCH_GET) {
            let keys: Vec<Item> = chunk
                .iter()
                .map(|place| key(&place.account_id, place.first_version))
                .collect();
            for commit in self.batch_get(&keys).await? {
                found.insert((commit.account_id.clone(), commit.first_version), commit);
            }
        }
        let missing = |place: &CommitPosition| {
            let (version, account) = (place.first_version, &place.account_id);
            let why = format!(
                "the time index names version {version} of {account}, and the table does not have it"
            );
            Error::Permanent(why.into())
        };
        places
            .iter()
            .map(|place| {
                found
                    .remove(&(place.account_id.clone(), place.first_version))
                    .ok_or_else(|| missing(place))
            })
            .collect()
    }

    async fn next_account(&self, after: Option<&AccountId>) -> Result<Option<AccountId>> {
        #[derive(Deserialize)]
        struct Key {
            account_id: AccountId,
        }
        let Dynamo { client, tables, .. } = &self.0;
        // A scan continues behind a key even if there is no such item. Behind the highest possible version of an account
        // comes the next account.
        let mut start = after.map(|account| key(account, Version::MAX));
        loop {
            let answer = client
                .scan()
                .table_name(&tables.events)
                .projection_expression("account_id")
                .consistent_read(true)
                .limit(1)
                .set_exclusive_start_key(start)
                .send()
                .await
                .map_err(|error| classify("finding the next account", &error))?;
            if let Some(item) = answer.items.unwrap_or_default().pop() {
                return Ok(Some(read::<Key>(item)?.account_id));
            }
            match answer.last_evaluated_key {
                Some(key) => start = Some(key),
                None => return Ok(None),
            }
        }
    }

    async fn scan(&self, cursor: Option<&str>, limit: usize) -> Result<CommitPage> {
        let Dynamo { client, tables, .. } = &self.0;
        let answer = client
            .scan()
            .table_name(&tables.events)
            .consistent_read(true)
            .limit(i32::try_from(limit).unwrap_or(i32::MAX))
            .set_exclusive_start_key(read_key(cursor)?)
            .send()
            .await
            .map_err(|error| classify("scanning the events", &error))?;
        let next = write_key(answer.last_evaluated_key())?;
        Ok(CommitPage {
            commits: read_commits(answer.items.unwrap_or_default())?,
            next,
        })
    }
}

fn key(account: &AccountId, version: Version) -> Item {
    HashMap::from([
        ("account_id".to_owned(), s(account)),
        ("version".to_owned(), n(version)),
    ])
}

/// Text order is time order only while a year has four digits.
fn in_four_digits(time: DateTime<Utc>) -> DateTime<Utc> {
    if time.year() > 9999 {
        Utc.with_ymd_and_hms(9999, 12, 31, 23, 59, 59)
            .single()
            .unwrap_or(time)
    } else if time.year() < 0 {
        DateTime::UNIX_EPOCH
    } else {
        time
    }
}
