use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use domain::CustomerId;
use domain::time::format_recorded_at;
use handlers::ports::{CLOCKS_DIFFER, CustomerRevision, Customers, Person, Saved};
use handlers::{Error, Result};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::client::Dynamo;
use crate::customer_index::Under;
use crate::error::classify;
use crate::item::{Item, n, read, s, write};
use crate::put::Expected;

/// The customers in DynamoDB: one item a revision, under the customer's id.
#[derive(Debug, Clone)]
pub struct DynamoCustomers(pub Dynamo);

#[derive(Serialize, Deserialize)]
struct RevisionItem {
    customer_id: CustomerId,
    revision: u64,
    in_force_from: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    person: Option<Value>,
}

impl RevisionItem {
    fn of(revision: &CustomerRevision) -> Result<Self> {
        let person = revision.person.clone().transpose()?;
        Ok(RevisionItem {
            customer_id: revision.customer_id.clone(),
            revision: revision.revision,
            in_force_from: format_recorded_at(revision.in_force_from),
            person: person.map(|person| person.to_json()),
        })
    }

    fn into_revision(self) -> Result<CustomerRevision> {
        let in_force_from = self
            .in_force_from
            .parse()
            .map_err(|_| Error::Permanent("a customer's revision has no readable time".into()))?;
        Ok(CustomerRevision {
            customer_id: self.customer_id,
            revision: self.revision,
            in_force_from,
            person: self.person.map(Person::from_stored),
        })
    }
}

impl DynamoCustomers {
    /// Reads a page of the revisions, newest first.
    async fn page(
        &self,
        customer: &CustomerId,
        start: Option<Item>,
        limit: i32,
    ) -> Result<(Vec<RevisionItem>, Option<Item>)> {
        let Dynamo { client, tables, .. } = &self.0;
        let answer = client
            .query()
            .table_name(&tables.customers)
            .key_condition_expression("customer_id = :customer")
            .expression_attribute_values(":customer", s(customer))
            .scan_index_forward(false)
            .limit(limit)
            .consistent_read(true)
            .set_exclusive_start_key(start)
            .send()
            .await
            .map_err(|error| classify("reading a customer", &error))?;
        let items = answer.items.unwrap_or_default();
        let revisions: Result<Vec<RevisionItem>> = items.into_iter().map(read).collect();
        Ok((revisions?, answer.last_evaluated_key))
    }

    /// Reads the person of each revision, newest first, as stored.
    ///
    /// A person whom today's rules refuse is among them, because an erasure has to find every trace. Revisions that were
    /// erased have none.
    ///
    /// # Errors
    /// - `Retryable`, `Unknown`: DynamoDB did not answer, or not now; read again.
    /// - `Permanent`: DynamoDB refused the request, or an item cannot be read; a retry does not help.
    pub async fn persons(&self, customer: &CustomerId) -> Result<Vec<Value>> {
        let (mut all, mut start) = (Vec::new(), None);
        loop {
            let (revisions, next) = self.page(customer, start, 25).await?;
            all.extend(revisions.into_iter().filter_map(|revision| revision.person));
            if next.is_none() {
                return Ok(all);
            }
            start = next;
        }
    }

    /// Overwrites a revision.
    async fn put(&self, revision: &RevisionItem) -> Result<()> {
        let (table, item) = (&self.0.tables.customers, write(revision)?);
        let written = self
            .0
            .put(table, item, Expected::Anything, "writing a customer");
        written.await.map(|_| ())
    }

    /// Removes the terms that are left of an erased person: of an erasure by a version that knew none, or of one that met
    /// [`CustomerIndex::index`](handlers::ports::CustomerIndex::index). Those of a person who was entered since stay.
    async fn erase_terms(&self, customer: &CustomerId, revision: u64) -> Result<()> {
        let erased = CustomerRevision {
            customer_id: customer.clone(),
            revision,
            in_force_from: DateTime::UNIX_EPOCH,
            person: None,
        };
        let under = Under::Without(revision + 1);
        self.replace_terms(&erased, under).await.map(|_| ())
    }
}

#[async_trait]
impl Customers for DynamoCustomers {
    async fn latest(&self, customer: &CustomerId) -> Result<Option<CustomerRevision>> {
        let (revisions, _) = self.page(customer, None, 1).await?;
        let latest = revisions.into_iter().next();
        latest.map(RevisionItem::into_revision).transpose()
    }

    async fn at(
        &self,
        customer: &CustomerId,
        time: DateTime<Utc>,
    ) -> Result<Option<CustomerRevision>> {
        let clocks_differ = match self.0.is_local {
            true => TimeDelta::zero(),
            false => CLOCKS_DIFFER,
        };
        let mut start = None;
        loop {
            let (revisions, next) = self.page(customer, start, 10).await?;
            for revision in revisions {
                let revision = revision.into_revision()?;
                if revision.in_force_from <= time
                    || revision.may_have_been_first(time, clocks_differ)
                {
                    return Ok(Some(revision));
                }
            }
            if next.is_none() {
                return Ok(None);
            }
            start = next;
        }
    }

    async fn add(&self, revision: &CustomerRevision) -> Result<Saved> {
        let item = write(&RevisionItem::of(revision)?)?;
        self.replace_terms(revision, Under::New(item)).await
    }

    async fn erase_before(&self, customer: &CustomerId, revision: u64) -> Result<()> {
        self.erase_terms(customer, revision).await?;
        let mut start = Some(Item::from([
            ("customer_id".to_owned(), s(customer)),
            ("revision".to_owned(), n(revision)),
        ]));
        loop {
            let (revisions, next) = self.page(customer, start, 25).await?;
            for mut revision in revisions {
                revision.person = None;
                self.put(&revision).await?;
            }
            if next.is_none() {
                return Ok(());
            }
            start = next;
        }
    }
}
