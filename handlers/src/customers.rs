//! The customers behind the accounts: entering, replacing and erasing them.

mod person;
mod terms;

use std::sync::Arc;

use domain::CustomerId;
use domain::notification::Kind;
use domain::preferences::Preferences;
use domain::recipient::Recipient;

use crate::contention::Rounds;
use crate::error::{Contended, Error, Missing, Result};
use crate::ports::{Clock, CustomerRevision, Customers};
pub use person::{Person, UnreadablePerson, read_person};
pub use terms::{
    Term, TermKind, email_prefix, has_address, has_words, id_prefix, name_prefix, name_texts,
    terms_of, words,
};

/// Attempts of a change while others change the same customer. After the last, it fails as `Busy`.
const MAX_ATTEMPTS: u32 = 5;

/// The use cases of customers. Every change is a new revision; an erasure empties the earlier ones.
pub struct CustomerService {
    /// The stored customers.
    pub customers: Arc<dyn Customers>,
    /// The clock, from which a revision has the time since which it is in force.
    pub clock: Arc<dyn Clock>,
}

impl std::fmt::Debug for CustomerService {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CustomerService").finish_non_exhaustive()
    }
}

impl CustomerService {
    /// Reads the customer's current revision.
    ///
    /// # Errors
    /// - `NotFound`: the customer was never entered, or was erased.
    /// - `Permanent`: another version stored the entry and this one cannot read it; enter the customer anew.
    /// - `Retryable`, `Unknown`: the store did not answer; read again.
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

    /// Enters or replaces the customer, if the current revision is `if_match` (0: there is none; `None`: any). Returns the new
    /// revision.
    ///
    /// Not idempotent without `if_match`: a repeated call adds an equal revision.
    ///
    /// # Errors
    /// - `VersionConflict`: the customer is not at the revision `if_match`; read it and decide again.
    /// - `Busy`: every optimistic write lost its race, and nothing was written; retry.
    /// - `Retryable`, `Unknown`: the store did not answer; retry.
    /// - `Permanent`: the store refused the write, or an entry cannot be read; a retry does not help.
    pub async fn put(
        &self,
        customer: &CustomerId,
        person: Person,
        if_match: Option<u64>,
    ) -> Result<u64> {
        self.change(customer, Some(person), if_match).await
    }

    /// Erases the person from every revision. The fact that there was one remains. Idempotent: a repeated call completes an
    /// interrupted erasure.
    ///
    /// # Errors
    /// Those of [`CustomerService::erase_at`], except `VersionConflict`.
    pub async fn erase(&self, customer: &CustomerId) -> Result<()> {
        self.erase_at(customer, None).await
    }

    /// Erases the person like [`CustomerService::erase`], if the current revision is `if_match` (`None`: any). A customer who
    /// was erased before stays erased, at any revision.
    ///
    /// # Errors
    /// - `VersionConflict`: the customer is not at the revision `if_match`; read it and decide again.
    /// - `Busy`: every optimistic write lost its race, and nothing was erased; retry.
    /// - `Retryable`, `Unknown`: the store did not answer, and some revisions may be erased; retry.
    /// - `Permanent`: the store refused the write, or an entry cannot be read; a retry does not help.
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
            // Erased before; this completes an interrupted erasure.
            Some(CustomerRevision {
                revision,
                person: None,
                ..
            }) => revision,
            Some(_) => self.change(customer, None, if_match).await?,
        };
        self.customers.erase_before(customer, revision).await
    }

    /// Switches kinds off for a recipient, in one new revision, and returns it with those that were on. Adds none if they are off
    /// already, or if there is no such customer. Idempotent.
    ///
    /// # Errors
    /// - `Busy`: every optimistic write lost its race, and nothing was written; retry.
    /// - `Retryable`, `Unknown`: the store did not answer; retry.
    /// - `Permanent`: the customer's entry cannot be read, or the store refused the write; a retry does not help.
    pub async fn switch_off(
        &self,
        customer: &CustomerId,
        recipient: &Recipient,
        kinds: &[Kind],
    ) -> Result<Option<(u64, Vec<Kind>)>> {
        let mut were_on = Vec::new();
        let written = self
            .prefer(customer, |_, preferences| {
                let is_on = |kind: &Kind| {
                    kind.can_be_switched_off() && preferences.is_on_for(*kind, recipient)
                };
                were_on = kinds.iter().copied().filter(is_on).collect();
                match recipient {
                    Recipient::Customer => were_on
                        .iter()
                        .fold(preferences.clone(), |so_far, kind| so_far.without(*kind)),
                    Recipient::Address(hash) => preferences.without_at(&were_on, hash),
                }
            })
            .await?;
        Ok(written.map(|revision| (revision, were_on)))
    }

    /// Changes the preferences of the latest revision in a new one, and returns that. Adds none if they stay the same, or if there is no such
    /// customer.
    ///
    /// # Errors
    /// Those of [`CustomerService::switch_off`].
    pub async fn prefer(
        &self,
        customer: &CustomerId,
        mut change: impl FnMut(u64, &Preferences) -> Preferences,
    ) -> Result<Option<u64>> {
        let mut rounds = Rounds::at_once(MAX_ATTEMPTS);
        while rounds.next().await.is_some() {
            let Some(CustomerRevision {
                revision,
                in_force_from,
                person: Some(person),
                ..
            }) = self.customers.latest(customer).await?
            else {
                return Ok(None);
            };
            let mut person = person?;
            let preferences = change(revision, &person.preferences);
            if preferences == person.preferences {
                return Ok(None);
            }
            person.preferences = preferences;
            let next = CustomerRevision {
                customer_id: customer.clone(),
                revision: revision + 1,
                in_force_from: self.clock.now().max(in_force_from),
                person: Some(Ok(person)),
            };
            if self.customers.add(&next).await?.is_written() {
                return Ok(Some(next.revision));
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
                // Revisions are in force in their order, even if the clock steps back.
                in_force_from: latest.map_or(now, |latest| now.max(latest.in_force_from)),
                person: person.clone().map(Ok),
            };
            if self.customers.add(&next).await?.is_written() {
                return Ok(next.revision);
            }
        }
        Err(rounds.lost(Contended::Customer(customer.clone())))
    }
}
