use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use domain::CustomerId;

use super::versioned::Saved;
use crate::customers::{Person, UnreadablePerson};
use crate::error::Result;

/// The customers. Every change is a new revision, so that the preferences in force when an event was recorded decide on its
/// notifications.
#[async_trait]
pub trait Customers: Send + Sync {
    /// Reads the newest revision, consistently; `None` if the customer was never entered.
    async fn latest(&self, customer: &CustomerId) -> Result<Option<CustomerRevision>>;

    /// Reads the revision that was in force at the recorded time `time`.
    ///
    /// It is the first one if that may have been in force, see [`CustomerRevision::may_have_been_first`], and `None` if the
    /// customer was entered later.
    async fn at(
        &self,
        customer: &CustomerId,
        time: DateTime<Utc>,
    ) -> Result<Option<CustomerRevision>>;

    /// Adds a revision. Returns `Stale` if another writer took its number. The caller counts, unlike with a
    /// [`Versioned`](super::Versioned) value, because the number is part of the data: the API returns it, and each revision stays.
    async fn add(&self, revision: &CustomerRevision) -> Result<Saved>;

    /// Erases the person from all revisions before this one. Idempotent; after an error, repeat it.
    async fn erase_before(&self, customer: &CustomerId, revision: u64) -> Result<()>;
}

/// A state of a customer's entry, which a later revision replaces.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CustomerRevision {
    /// The customer.
    pub customer_id: CustomerId,
    /// Counts from 1, without gaps.
    pub revision: u64,
    /// The time from which this revision is in force, by the clock of its writer.
    pub in_force_from: DateTime<Utc>,
    /// The person; `None` if erased, an error if another version stored it and this one refuses it.
    pub person: Option<Result<Person, UnreadablePerson>>,
}

/// The largest assumed difference between the clocks of two processes in the cloud. On one machine there is one clock, and no
/// difference.
pub const CLOCKS_DIFFER: TimeDelta = TimeDelta::hours(1);

impl CustomerRevision {
    /// Whether this is the first revision and may have been entered before `time`, although it has a later time: the clocks of
    /// its writer and of `time` may differ by `clocks_differ`.
    pub fn may_have_been_first(&self, time: DateTime<Utc>, clocks_differ: TimeDelta) -> bool {
        self.revision == 1 && self.in_force_from - time <= clocks_differ
    }
}
