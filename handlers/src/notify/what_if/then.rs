//! The customers as of a day, with other preferences.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use domain::CustomerId;

use super::OtherPreferences;
use crate::error::{Error, Result};
use crate::ports::{CustomerRevision, Customers, Saved};

/// Revisions that were read before, because both evaluations of an event need the same.
#[derive(Debug, Default)]
pub(super) struct Known(Mutex<HashMap<Asked, Option<CustomerRevision>>>);

/// A customer, and a time.
type Asked = (CustomerId, DateTime<Utc>);

/// The customers as of `day`. Later changes are invisible, so that a kind that was switched off since still counts. An erased
/// customer is erased here too.
pub(super) struct Then {
    pub(super) customers: Arc<dyn Customers>,
    pub(super) known: Arc<Known>,
    pub(super) day: DateTime<Utc>,
    /// The preferences at all times; `None` for the customers' own.
    pub(super) wishes: Option<OtherPreferences>,
}

impl Then {
    async fn own(
        &self,
        customer: &CustomerId,
        time: DateTime<Utc>,
    ) -> Result<Option<CustomerRevision>> {
        let key = (customer.clone(), time);
        let known = || self.known.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(revision) = known().get(&key).cloned() {
            return Ok(revision);
        }
        let revision = self.customers.at(customer, time).await?;
        known().insert(key, revision.clone());
        Ok(revision)
    }
}

#[async_trait]
impl Customers for Then {
    async fn latest(&self, customer: &CustomerId) -> Result<Option<CustomerRevision>> {
        let latest = self.at(customer, self.day).await?;
        // One entry that cannot be read does not stop the question about all the others. Nothing is sent for it, so its
        // customer counts as one who was not entered: skipped, for `no-contact`.
        Ok(latest.filter(|own| !matches!(own.person, Some(Err(_)))))
    }

    async fn at(
        &self,
        customer: &CustomerId,
        time: DateTime<Utc>,
    ) -> Result<Option<CustomerRevision>> {
        let mut revision = self.own(customer, time).await?;
        let person = revision
            .as_mut()
            .and_then(|own| own.person.as_mut()?.as_mut().ok());
        if let Some((person, wishes)) = person.zip(self.wishes.as_ref()) {
            person.preferences = wishes.in_place_of(&person.preferences);
        }
        Ok(revision)
    }

    async fn add(&self, _revision: &CustomerRevision) -> Result<Saved> {
        Err(refused())
    }

    async fn erase_before(&self, _customer: &CustomerId, _revision: u64) -> Result<()> {
        Err(refused())
    }
}

fn refused() -> Error {
    Error::Permanent("a question changes no customer".into())
}
