use async_trait::async_trait;
use chrono::{DateTime, Utc};
use domain::CustomerId;
use handlers::Result;
use handlers::ports::{CLOCKS_DIFFER, CustomerRevision, Customers, Saved};

use super::Port;
use crate::book::KnownRevision;
use crate::faults::Hop;
use crate::kernel::Core;

/// As the store's adapter has it.
pub fn is_in_force(revision: &CustomerRevision, time: DateTime<Utc>) -> bool {
    revision.in_force_from <= time || revision.may_have_been_first(time, CLOCKS_DIFFER)
}

#[async_trait]
impl Customers for Port {
    async fn latest(&self, customer: &CustomerId) -> Result<Option<CustomerRevision>> {
        let customer = customer.clone();
        self.call(Hop::CustomersRead, move |core| {
            let revisions = core.state.customers.get(&customer)?;
            revisions.last().cloned()
        })
        .await
    }

    async fn at(
        &self,
        customer: &CustomerId,
        time: DateTime<Utc>,
    ) -> Result<Option<CustomerRevision>> {
        let customer = customer.clone();
        self.call(Hop::CustomersRead, move |core| {
            let revisions = core.state.customers.get(&customer)?;
            let in_force = revisions
                .iter()
                .rfind(|revision| is_in_force(revision, time));
            in_force.cloned()
        })
        .await
    }

    async fn add(&self, revision: &CustomerRevision) -> Result<Saved> {
        let revision = revision.clone();
        self.call(Hop::CustomersWrite, move |core| {
            core.add_revision(&revision)
        })
        .await
    }

    async fn erase_before(&self, customer: &CustomerId, revision: u64) -> Result<()> {
        let customer = customer.clone();
        self.call(Hop::CustomersWrite, move |core| {
            for stored in core
                .state
                .customers
                .get_mut(&customer)
                .into_iter()
                .flatten()
            {
                if stored.revision <= revision {
                    stored.person = None;
                }
            }
        })
        .await
    }
}

impl Core {
    fn add_revision(&mut self, revision: &CustomerRevision) -> Saved {
        let stored = self
            .state
            .customers
            .entry(revision.customer_id.clone())
            .or_default();
        if stored.len() as u64 + 1 != revision.revision {
            return Saved::Stale;
        }
        stored.push(revision.clone());
        let now = self.now;
        let known = self
            .state
            .book
            .customers
            .entry(revision.customer_id.clone())
            .or_default();
        if let Some(replaced) = known.last_mut() {
            replaced.replaced_at = Some(now);
        }
        known.push(KnownRevision {
            revision: revision.clone(),
            written_at: now,
            replaced_at: None,
        });
        Saved::Written
    }
}
