use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use domain::CustomerId;

use crate::customers::{Person, UnreadablePerson};
use crate::error::Result;

/// The people behind the accounts. Every change is a new revision, so that an
/// event is judged by what was in force when it was recorded.
#[async_trait]
pub trait Customers: Send + Sync {
    async fn latest(&self, customer: &CustomerId) -> Result<Option<CustomerRevision>>;

    /// The revision in force at that time; or the first one, where it may have
    /// been, see [`CustomerRevision::may_have_been_first`].
    async fn at(
        &self,
        customer: &CustomerId,
        time: DateTime<Utc>,
    ) -> Result<Option<CustomerRevision>>;

    /// Adds a revision; `false` when another took its number.
    async fn add(&self, revision: &CustomerRevision) -> Result<bool>;

    /// Takes the person out of all revisions up to this one.
    async fn erase_before(&self, customer: &CustomerId, revision: u64) -> Result<()>;
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CustomerRevision {
    pub customer_id: CustomerId,
    /// Starts at 1 and has no gaps.
    pub revision: u64,
    pub in_force_from: DateTime<Utc>,
    /// `None`: erased.
    pub person: Option<Result<Person, UnreadablePerson>>,
}

/// How far the clocks of two processes in the cloud are taken to be apart, at
/// most. Those of one machine's process are one clock.
pub const CLOCKS_DIFFER: TimeDelta = TimeDelta::hours(1);

impl CustomerRevision {
    /// Whether the customer may have been entered before what was recorded at
    /// `time`, though the clocks, which may differ by so much, say later.
    pub fn may_have_been_first(&self, time: DateTime<Utc>, clocks_differ: TimeDelta) -> bool {
        self.revision == 1 && self.in_force_from - time <= clocks_differ
    }
}
