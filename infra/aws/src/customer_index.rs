//! The index of the customers, in the customers table.
//!
//! A customer's terms are items of their own, under `#` and the customer's id, which no id of a customer begins with. So no
//! reader of revisions meets one. Their sort key, called `revision` as in the table, only numbers them.

use std::collections::BTreeMap;

use async_trait::async_trait;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{ConditionCheck, Delete, Put, TransactWriteItem};
use domain::CustomerId;
use handlers::customers::{Term, TermKind, terms_of};
use handlers::ports::{CustomerIndex, CustomerRevision, Saved};
use handlers::{Error, Result};
use serde::{Deserialize, Serialize};

use crate::customers::DynamoCustomers;
use crate::error::{classify, classify_page};
use crate::item::{Item, n, read, read_key, s, write, write_key};
use crate::tables::BY_TERM;
use crate::transaction::{self, CONDITION, cancelled};

/// The first character of the partition keys of terms.
const PREFIX: char = '#';

/// A term of a customer.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct TermItem {
    customer_id: String,
    revision: u64,
    kind: String,
    term: String,
}

/// The keys of an item.
#[derive(Deserialize)]
struct Key {
    customer_id: String,
    revision: u64,
}

/// The condition under which terms are written.
pub(crate) enum Under {
    /// With this revision, which nobody has written.
    New(Item),
    /// While no revision has this number.
    Without(u64),
}

fn partition(customer: &CustomerId) -> String {
    format!("{PREFIX}{customer}")
}

fn key(customer_id: &str, revision: u64) -> Item {
    Item::from([
        ("customer_id".to_owned(), s(customer_id)),
        ("revision".to_owned(), n(revision)),
    ])
}

fn not_built(error: aws_sdk_dynamodb::error::BuildError) -> Error {
    Error::permanent("a customer's terms could not be built", error)
}

/// Returns the terms of a revision; none of an erased one, or of one that this version cannot read.
fn terms(revision: &CustomerRevision) -> Vec<Term> {
    match &revision.person {
        Some(Ok(person)) => terms_of(&revision.customer_id, person),
        _ => Vec::new(),
    }
}

impl DynamoCustomers {
    /// Reads the stored terms of a customer, consistently, by their numbers.
    async fn stored_terms(&self, customer: &CustomerId) -> Result<BTreeMap<u64, TermItem>> {
        let (mut all, mut start) = (BTreeMap::new(), None);
        loop {
            let answer = self
                .0
                .client
                .query()
                .table_name(&self.0.tables.customers)
                .key_condition_expression("customer_id = :terms")
                .expression_attribute_values(":terms", s(partition(customer)))
                .consistent_read(true)
                .set_exclusive_start_key(start)
                .send()
                .await
                .map_err(|error| classify("reading a customer's terms", &error))?;
            for item in answer.items.unwrap_or_default() {
                let item: TermItem = read(item)?;
                all.insert(item.revision, item);
            }
            start = answer.last_evaluated_key;
            if start.is_none() {
                return Ok(all);
            }
        }
    }

    /// Replaces the stored terms by those of the revision, in one transaction with its condition. Unchanged ones cost nothing.
    ///
    /// Terms that [`CustomerIndex::index`] writes between the read and the transaction may be left beside the new ones. A search
    /// does not believe them, the next change removes them, and an erasure removes terms again once its revision is written.
    pub(crate) async fn replace_terms(
        &self,
        revision: &CustomerRevision,
        under: Under,
    ) -> Result<Saved> {
        let customer = &revision.customer_id;
        let stored = self.stored_terms(customer).await?;
        let wanted = terms(revision);
        let kept = wanted.len() as u64;
        let mut parts = vec![condition(&self.0.tables.customers, customer, under)?];
        for (number, term) in (0..).zip(wanted) {
            let item = TermItem {
                customer_id: partition(customer),
                revision: number,
                kind: term.kind.as_str().to_owned(),
                term: term.text,
            };
            if stored.get(&number) == Some(&item) {
                continue;
            }
            let put = Put::builder()
                .table_name(&self.0.tables.customers)
                .set_item(Some(write(&item)?))
                .build()
                .map_err(not_built)?;
            parts.push(TransactWriteItem::builder().put(put).build());
        }
        for number in stored.range(kept..).map(|(number, _)| *number) {
            let delete = Delete::builder()
                .table_name(&self.0.tables.customers)
                .set_key(Some(key(&partition(customer), number)))
                .build()
                .map_err(not_built)?;
            parts.push(TransactWriteItem::builder().delete(delete).build());
        }
        match transaction::send(&self.0, parts).await {
            Ok(()) => Ok(Saved::Written),
            Err(error) => match error.as_service_error() {
                Some(TransactWriteItemsError::TransactionCanceledException(why)) => {
                    let reasons = why.cancellation_reasons();
                    let is_condition = |code: Option<&str>| code == Some(CONDITION);
                    if reasons.iter().any(|reason| is_condition(reason.code())) {
                        return Ok(Saved::Stale);
                    }
                    match cancelled("writing a customer", reasons) {
                        None => Ok(Saved::Stale),
                        Some(error) => Err(error),
                    }
                }
                _ => Err(classify("writing a customer", &error)),
            },
        }
    }
}

/// Returns the part of the transaction that holds the condition.
fn condition(table: &str, customer: &CustomerId, under: Under) -> Result<TransactWriteItem> {
    const NONE: &str = "attribute_not_exists(customer_id)";
    let part = TransactWriteItem::builder();
    Ok(match under {
        Under::New(item) => {
            let put = Put::builder().table_name(table).set_item(Some(item));
            let put = put.condition_expression(NONE).build().map_err(not_built)?;
            part.put(put).build()
        }
        Under::Without(number) => {
            let check = ConditionCheck::builder()
                .table_name(table)
                .set_key(Some(key(customer.as_str(), number)))
                .condition_expression(NONE)
                .build()
                .map_err(not_built)?;
            part.condition_check(check).build()
        }
    })
}

#[async_trait]
impl CustomerIndex for DynamoCustomers {
    async fn find(
        &self,
        kind: TermKind,
        prefix: &str,
        cursor: Option<&str>,
        limit: usize,
    ) -> Result<(Vec<CustomerId>, Option<String>)> {
        let query = self
            .0
            .client
            .query()
            .table_name(&self.0.tables.customers)
            .index_name(BY_TERM)
            .expression_attribute_names("#kind", "kind")
            .expression_attribute_values(":kind", s(kind.as_str()))
            .limit(i32::try_from(limit).unwrap_or(i32::MAX))
            .set_exclusive_start_key(read_key(cursor)?);
        // DynamoDB knows no empty beginning.
        let query = match prefix {
            "" => query.key_condition_expression("#kind = :kind"),
            prefix => query
                .key_condition_expression("#kind = :kind AND begins_with(term, :prefix)")
                .expression_attribute_values(":prefix", s(prefix)),
        };
        let answer = query
            .send()
            .await
            .map_err(|error| classify_page("looking up customers", cursor, &error))?;
        let next = write_key(answer.last_evaluated_key())?;
        let mut found = Vec::new();
        for item in answer.items.unwrap_or_default() {
            let key: Key = read(item)?;
            found.push(customer_of(&key.customer_id)?);
        }
        Ok((found, next))
    }

    async fn all(
        &self,
        cursor: Option<&str>,
        limit: usize,
    ) -> Result<(Vec<CustomerId>, Option<String>)> {
        let answer = self
            .0
            .client
            .scan()
            .table_name(&self.0.tables.customers)
            .projection_expression("customer_id, revision")
            .limit(i32::try_from(limit).unwrap_or(i32::MAX))
            .set_exclusive_start_key(read_key(cursor)?)
            .send()
            .await
            .map_err(|error| classify_page("listing the customers", cursor, &error))?;
        let next = write_key(answer.last_evaluated_key())?;
        let mut found = Vec::new();
        for item in answer.items.unwrap_or_default() {
            let key: Key = read(item)?;
            // Each customer has one first revision, erased or not.
            if key.revision == 1 && !key.customer_id.starts_with(PREFIX) {
                found.push(customer_of(&key.customer_id)?);
            }
        }
        Ok((found, next))
    }

    async fn index(&self, newest: &CustomerRevision) -> Result<Saved> {
        // Of a person whom another version stored and this one refuses, the terms stay as they are.
        if matches!(newest.person, Some(Err(_))) {
            return Ok(Saved::Stale);
        }
        let under = Under::Without(newest.revision + 1);
        self.replace_terms(newest, under).await
    }
}

/// Returns the customer whose item, or whose term's item, has this partition key.
fn customer_of(partition: &str) -> Result<CustomerId> {
    partition
        .trim_start_matches(PREFIX)
        .parse()
        .map_err(|error| Error::permanent("a customer's id cannot be read", error))
}
