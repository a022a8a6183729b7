//! The one transaction of an append.

use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{
    CancellationReason, Put, ReturnValuesOnConditionCheckFailure, TransactWriteItem,
};
use domain::{AccountId, Commit, EventId, Hash, RequestHash, Version};
use handlers::ports::{Appended, IdempotencyRecord, ReversalMark};
use handlers::{Error, Result};
use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;

use super::commit_item::{CommitItem, bytes, digest};
use crate::client::Dynamo;
use crate::error::classify;
use crate::item::{Item, read, s, write};
use crate::transaction::{self, CONDITION, cancelled};

/// An idempotency key and its outcome, or the mark of a reversal. The key of a mark has a blank, which no caller's key may
/// have.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct RequestItem {
    account_id: AccountId,
    idempotency_key: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    request_hash: Option<ByteBuf>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    first_version: Option<Version>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    hash: Option<ByteBuf>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    event_types: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) reversed_by: Option<EventId>,
}

impl RequestItem {
    fn of(commit: &Commit) -> Result<Self> {
        Ok(RequestItem {
            account_id: commit.account_id.clone(),
            idempotency_key: commit.idempotency_key.to_string(),
            request_hash: Some(bytes(commit.request_hash.as_bytes())),
            first_version: Some(commit.first_version),
            hash: Some(bytes(commit.hash.as_bytes())),
            event_types: commit
                .events
                .iter()
                .map(|event| event.event_type.clone())
                .collect(),
            reversed_by: None,
        })
    }

    fn mark(account: &AccountId, mark: &ReversalMark) -> Self {
        RequestItem {
            account_id: account.clone(),
            idempotency_key: mark_key(mark.reversed),
            request_hash: None,
            first_version: None,
            hash: None,
            event_types: Vec::new(),
            reversed_by: Some(mark.by),
        }
    }

    pub(super) fn into_used_key(self) -> Result<IdempotencyRecord> {
        let incomplete =
            || Error::Permanent("an idempotency key is kept without its answer".into());
        Ok(IdempotencyRecord {
            request_hash: RequestHash::from_bytes(digest(
                &self.request_hash.ok_or_else(incomplete)?,
            )?),
            first_version: self.first_version.ok_or_else(incomplete)?,
            hash: Hash::from_bytes(digest(&self.hash.ok_or_else(incomplete)?)?),
            event_types: self.event_types,
        })
    }
}

pub(super) fn mark_key(reversed: EventId) -> String {
    format!("reversal of {reversed}")
}

pub(super) async fn request_item(
    dynamo: &Dynamo,
    account: &AccountId,
    key: &str,
) -> Result<Option<RequestItem>> {
    let answer = dynamo
        .client
        .get_item()
        .table_name(&dynamo.tables.requests)
        .key("account_id", s(account))
        .key("idempotency_key", s(key))
        .consistent_read(true)
        .send()
        .await
        .map_err(|error| classify("reading an idempotency key", &error))?;
    answer.item.map(read).transpose()
}

pub(super) async fn append(
    dynamo: &Dynamo,
    commit: &Commit,
    marks: &[ReversalMark],
) -> Result<Appended> {
    let tables = &dynamo.tables;
    let mut writes = vec![
        put_new(&tables.events, write(&CommitItem::of(commit)?)?)?,
        put_new(&tables.requests, write(&RequestItem::of(commit)?)?)?,
    ];
    for mark in marks {
        writes.push(put_new(
            &tables.requests,
            write(&RequestItem::mark(&commit.account_id, mark))?,
        )?);
    }
    match transaction::send(dynamo, writes).await {
        Ok(()) => Ok(Appended::Done),
        Err(error) => match error.as_service_error() {
            Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) => {
                refused(cancelled.cancellation_reasons())
            }
            _ => Err(classify("appending", &error)),
        },
    }
}

/// Writes the item only where none is.
fn put_new(table: &str, item: Item) -> Result<TransactWriteItem> {
    let put = Put::builder()
        .table_name(table)
        .set_item(Some(item))
        .condition_expression("attribute_not_exists(account_id)")
        .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
        .build()
        .map_err(|error| Error::permanent("an append could not be built", error))?;
    Ok(TransactWriteItem::builder().put(put).build())
}

/// Reads the reasons of a cancelled transaction: one an item, in their order.
///
/// A throttle is not a conflict. A used key comes before a taken version: the version is taken because the same request
/// succeeded before.
fn refused(reasons: &[CancellationReason]) -> Result<Appended> {
    let failed = |index: usize| {
        reasons
            .get(index)
            .filter(|reason| reason.code() == Some(CONDITION))
    };
    if let Some(reason) = failed(1) {
        let Some(item) = reason.item.clone().filter(|item| !item.is_empty()) else {
            return Err(Error::Retryable("the used key was not returned".into()));
        };
        return Ok(Appended::KeyUsed(
            read::<RequestItem>(item)?.into_used_key()?,
        ));
    }
    if let Some(reason) = failed(0) {
        let taken = match reason.item.clone().filter(|item| !item.is_empty()) {
            Some(item) => Some(Box::new(read::<CommitItem>(item)?.into_commit()?)),
            None => None,
        };
        return Ok(Appended::VersionConflict(taken));
    }
    if (2..reasons.len()).any(|index| failed(index).is_some()) {
        return Ok(Appended::ReversedMeanwhile);
    }
    match cancelled("the append", reasons) {
        // Another transaction on the same items is under way and may win.
        None => Ok(Appended::VersionConflict(None)),
        Some(error) => Err(error),
    }
}
