//! The people behind the accounts: kept, replaced, erased.

mod person;

use std::sync::Arc;

use domain::CustomerId;
use domain::notification::Kind;
use domain::recipient::Recipient;

use crate::contention::Rounds;
use crate::error::{Contended, Error, Missing, Result};
use crate::ports::{Clock, CustomerRevision, Customers};
pub use person::{Person, UnreadablePerson, read_person};

/// How often a change is tried when another is made at the same time.
const MAX_ATTEMPTS: u32 = 5;

pub struct CustomerService {
    pub customers: Arc<dyn Customers>,
    pub clock: Arc<dyn Clock>,
}

impl std::fmt::Debug for CustomerService {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CustomerService").finish_non_exhaustive()
    }
}

impl CustomerService {
    pub async fn get(&self, customer: &CustomerId) -> Result<(u64, Person)> {
        match self.customers.latest(customer).await? {
            Some(CustomerRevision {
                revision,
                person: Some(person),
                ..
            }) => Ok((revision, person?)),
            _ => Err(Error::NotFound(Missing::Customer(customer.clone()))),
        }
    }

    /// Creates or replaces; answers with the new revision.
    pub async fn put(
        &self,
        customer: &CustomerId,
        person: Person,
        if_match: Option<u64>,
    ) -> Result<u64> {
        self.change(customer, Some(person), if_match).await
    }

    /// Takes the person out of every revision, and leaves the mark that there was one.
    pub async fn erase(&self, customer: &CustomerId) -> Result<()> {
        self.erase_at(customer, None).await
    }

    /// The same, if the customer is at this revision still. Who was erased before stays so, whatever the revision.
    ///
    /// # Errors
    /// `VersionConflict` where it is another one.
    pub async fn erase_at(&self, customer: &CustomerId, if_match: Option<u64>) -> Result<()> {
        let latest = self.customers.latest(customer).await?;
        let revision = match latest {
            None => match if_match {
                None | Some(0) => return Ok(()),
                Some(expected) => {
                    return Err(Error::VersionConflict {
                        expected,
                        actual: 0,
                    });
                }
            },
            // Erased before: an interrupted erasure is finished here.
            Some(CustomerRevision {
                revision,
                person: None,
                ..
            }) => revision,
            Some(_) => self.change(customer, None, if_match).await?,
        };
        self.customers.erase_before(customer, revision).await
    }

    /// Switches kinds off for an address, in one new revision; none where they
    /// are off already, or where there is nobody.
    pub async fn switch_off(
        &self,
        customer: &CustomerId,
        recipient: &Recipient,
        kinds: &[Kind],
    ) -> Result<()> {
        let mut rounds = Rounds::at_once(MAX_ATTEMPTS);
        while rounds.next().await.is_some() {
            let Some(CustomerRevision {
                revision,
                in_force_from,
                person: Some(person),
                ..
            }) = self.customers.latest(customer).await?
            else {
                return Ok(());
            };
            let mut person = person?;
            let on: Vec<Kind> = kinds
                .iter()
                .copied()
                .filter(|&kind| {
                    kind.can_be_switched_off() && person.preferences.is_on_for(kind, recipient)
                })
                .collect();
            if on.is_empty() {
                return Ok(());
            }
            person.preferences = match recipient {
                Recipient::Customer => on
                    .into_iter()
                    .fold(person.preferences, |wishes, kind| wishes.without(kind)),
                Recipient::Address(hash) => person.preferences.without_at(&on, hash),
            };
            let next = CustomerRevision {
                customer_id: customer.clone(),
                revision: revision + 1,
                in_force_from: self.clock.now().max(in_force_from),
                person: Some(Ok(person)),
            };
            if self.customers.add(&next).await? {
                return Ok(());
            }
        }
        Err(rounds.lost(Contended::Customer(customer.clone())))
    }

    async fn change(
        &self,
        customer: &CustomerId,
        person: Option<Person>,
        if_match: Option<u64>,
    ) -> Result<u64> {
        let mut rounds = Rounds::at_once(MAX_ATTEMPTS);
        while rounds.next().await.is_some() {
            let latest = self.customers.latest(customer).await?;
            let actual = latest.as_ref().map_or(0, |latest| latest.revision);
            if let Some(expected) = if_match
                && expected != actual
            {
                return Err(Error::VersionConflict { expected, actual });
            }
            let now = self.clock.now();
            let next = CustomerRevision {
                customer_id: customer.clone(),
                revision: actual + 1,
                // Revisions are in force in their order, though the clock step back.
                in_force_from: latest.map_or(now, |latest| now.max(latest.in_force_from)),
                person: person.clone().map(Ok),
            };
            if self.customers.add(&next).await? {
                return Ok(next.revision);
            }
        }
        Err(rounds.lost(Contended::Customer(customer.clone())))
    }
}
