//! Whether a customer's addresses are suppressed, and lifting that.

use domain::email::EmailAddress;
use std::fmt;
use std::sync::Arc;

use domain::CustomerId;

use crate::customers::CustomerService;
use crate::error::Result;
use crate::ports::{Clock, Person, Suppression, Suppressions};

pub struct SuppressionService {
    pub suppressions: Arc<dyn Suppressions>,
    pub customers: Arc<CustomerService>,
    pub clock: Arc<dyn Clock>,
}

impl fmt::Debug for SuppressionService {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SuppressionService").finish_non_exhaustive()
    }
}

impl SuppressionService {
    /// Each address of the customer, and why nothing is sent to it.
    ///
    /// # Errors
    /// `NotFound` where the customer is not known, or was erased.
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

    /// Lets mails to all of them through again.
    ///
    /// # Errors
    /// `NotFound` where the customer is not known, or was erased.
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

/// Every address that mails to this person may go to.
fn addresses(person: &Person) -> Vec<EmailAddress> {
    let further = person.preferences.addresses().iter();
    let further = further.map(|address| address.email.clone());
    std::iter::once(person.email.clone())
        .chain(further)
        .collect()
}
