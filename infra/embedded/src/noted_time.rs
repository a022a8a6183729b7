//! The single clock of this machine's process, and the time that it needs after
//! a restart.
//!
//! The events table has the recorded time of the newest commit. Revisions of
//! customers are in no index by time, so the time of each is stored here before
//! the revision is written.

use std::sync::Arc;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use domain::CustomerId;
use domain::time::format_recorded_at;
use handlers::Result;
use handlers::ports::{Clock, CustomerRevision, Customers, EventStore, MonotoneClock, Saved};
use handlers::query::time_index;
use rusqlite::{OptionalExtension, Transaction, params};

use crate::durable::Durable;

/// Returns a clock that is never before a recorded time, even if the machine's
/// clock was set back while nothing ran.
pub(crate) async fn one_clock(
    machine: Arc<dyn Clock>,
    store: &dyn EventStore,
    durable: &Durable,
) -> Result<Arc<dyn Clock>> {
    let newest = time_index::newest(store).await?.max(noted(durable).await?);
    Ok(Arc::new(MonotoneClock::new(machine, newest)))
}

async fn noted(durable: &Durable) -> Result<Option<DateTime<Utc>>> {
    let read = |transaction: &Transaction<'_>| {
        let query = "SELECT at FROM noted_time";
        let text = transaction.query_row(query, [], |row| row.get::<_, String>(0));
        text.optional()
    };
    let text = durable.write_repeatable(read).await?;
    Ok(text.and_then(|text| text.parse().ok()))
}

async fn note(durable: &Durable, at: DateTime<Utc>) -> Result<()> {
    let at = format_recorded_at(at);
    let write = move |transaction: &Transaction<'_>| {
        // The width is fixed, so that the order of texts is the order of times.
        transaction.execute(
            "INSERT INTO noted_time (id, at) VALUES (0, ?1)
             ON CONFLICT (id) DO UPDATE SET at = max(at, excluded.at)",
            params![at],
        )
    };
    durable.write(write).await.map(drop)
}

/// The customers, with the time of each revision stored here first.
pub(crate) struct NotedCustomers {
    pub(crate) customers: Arc<dyn Customers>,
    pub(crate) durable: Durable,
}

#[async_trait]
impl Customers for NotedCustomers {
    async fn latest(&self, customer: &CustomerId) -> Result<Option<CustomerRevision>> {
        self.customers.latest(customer).await
    }

    async fn at(
        &self,
        customer: &CustomerId,
        time: DateTime<Utc>,
    ) -> Result<Option<CustomerRevision>> {
        self.customers.at(customer, time).await
    }

    async fn add(&self, revision: &CustomerRevision) -> Result<Saved> {
        note(&self.durable, revision.in_force_from).await?;
        self.customers.add(revision).await
    }

    async fn erase_before(&self, customer: &CustomerId, revision: u64) -> Result<()> {
        self.customers.erase_before(customer, revision).await
    }
}
