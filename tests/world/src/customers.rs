//! The customers with all their revisions.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use domain::CustomerId;
use handlers::error::Result;
use handlers::ports::{CustomerRevision, Customers, Saved};

use super::faults::Faults;

/// Customers in memory.
#[derive(Debug)]
pub struct MemoryCustomers {
    faults: Arc<Faults>,
    revisions: Mutex<BTreeMap<CustomerId, Vec<CustomerRevision>>>,
    clocks_differ: Mutex<TimeDelta>,
}

impl MemoryCustomers {
    pub(super) fn new(faults: Arc<Faults>) -> Self {
        MemoryCustomers {
            faults,
            revisions: Mutex::default(),
            clocks_differ: Mutex::default(),
        }
    }

    /// Lets each process have a clock of its own, with differences up to `most`.
    pub fn let_clocks_differ(&self, most: TimeDelta) {
        *self.clocks_differ() = most;
    }

    fn clocks_differ(&self) -> MutexGuard<'_, TimeDelta> {
        self.clocks_differ
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns every revision of every customer.
    pub fn all(&self) -> Vec<CustomerRevision> {
        self.lock().values().flatten().cloned().collect()
    }

    /// Returns the newest revision of every customer, in the order of their ids.
    pub(super) fn newest(&self) -> Vec<CustomerRevision> {
        let all = self.lock();
        all.values()
            .filter_map(|revisions| revisions.last().cloned())
            .collect()
    }

    pub(super) fn faults(&self) -> &Faults {
        &self.faults
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<CustomerId, Vec<CustomerRevision>>> {
        self.revisions
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Customers for MemoryCustomers {
    async fn latest(&self, customer: &CustomerId) -> Result<Option<CustomerRevision>> {
        let read = || {
            Ok(self
                .lock()
                .get(customer)
                .and_then(|revisions| revisions.last().cloned()))
        };
        self.faults.call("customers.latest", read).await
    }

    async fn at(
        &self,
        customer: &CustomerId,
        time: DateTime<Utc>,
    ) -> Result<Option<CustomerRevision>> {
        let read = || {
            let all = self.lock();
            let clocks_differ = *self.clocks_differ();
            let mut revisions = all.get(customer).into_iter().flatten();
            let in_force = revisions.rfind(|revision| {
                revision.in_force_from <= time || revision.may_have_been_first(time, clocks_differ)
            });
            Ok(in_force.cloned())
        };
        self.faults.call("customers.at", read).await
    }

    async fn add(&self, revision: &CustomerRevision) -> Result<Saved> {
        let write = || {
            let mut all = self.lock();
            let revisions = all.entry(revision.customer_id.clone()).or_default();
            if revisions.len() as u64 + 1 != revision.revision {
                return Ok(Saved::Stale);
            }
            revisions.push(revision.clone());
            Ok(Saved::Written)
        };
        self.faults.call("customers.add", write).await
    }

    async fn erase_before(&self, customer: &CustomerId, revision: u64) -> Result<()> {
        let write = || {
            for stored in self.lock().get_mut(customer).into_iter().flatten() {
                if stored.revision <= revision {
                    stored.person = None;
                }
            }
            Ok(())
        };
        self.faults.call("customers.erase_before", write).await
    }
}
