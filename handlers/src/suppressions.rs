//! The suppressions of a customer's addresses: listing and lifting them.

use domain::email::EmailAddress;
use std::fmt;
use std::sync::Arc;

use domain::CustomerId;

use crate::customers::CustomerService;
use crate::error::Result;
use crate::ports::{Clock, Person, Suppression, Suppressions};

/// The use cases of suppressions, by customer, because addresses are stored only as hashes.
pub struct SuppressionService {
    /// The suppressed addresses.
    pub suppressions: Arc<dyn Suppressions>,
    /// The customers, for their addresses.
    pub customers: Arc<CustomerService>,
    /// The clock, for the time of lifting.
    pub clock: Arc<dyn Clock>,
}

impl fmt::Debug for SuppressionService {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SuppressionService").finish_non_exhaustive()
    }
}

impl SuppressionService {
    /// Lists each address of the customer, with its suppression if there is one.
    ///
    /// # Errors
    /// - `NotFound`: the customer was never entered, or was erased.
    /// - `Retryable`, `Unknown`: a store did not answer; read again.
    /// - `Permanent`: the customer's entry or a suppression cannot be read; a retry does not help.
    pub async fn of(
        &self,
        customer: &CustomerId,
    ) -> Result<Vec<(EmailAddress, Option<Suppression>)>> {
        let (_, person) = self.customers.get(customer).await?;
        let mut found = Vec::new();
        for address in addresses(&person) {
            let suppression = self.suppressions.get(&address.hash()).await?;
            found.push((address, suppression));
        }
        Ok(found)
    }

    /// Lifts the suppressions of all the customer's addresses. Idempotent.
    ///
    /// # Errors
    /// Those of [`SuppressionService::of`]; some suppressions may be lifted.
    pub async fn lift(&self, customer: &CustomerId) -> Result<()> {
        let (_, person) = self.customers.get(customer).await?;
        for address in addresses(&person) {
            self.suppressions
                .lift(&address.hash(), self.clock.now())
                .await?;
        }
        Ok(())
    }
}

/// Returns all addresses of a person.
fn addresses(person: &Person) -> Vec<EmailAddress> {
    let further = person.preferences.addresses().iter();
    let further = further.map(|address| address.email.clone());
    std::iter::once(person.email.clone())
        .chain(further)
        .collect()
}
