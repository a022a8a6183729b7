use async_trait::async_trait;
use domain::CustomerId;

use super::customers::CustomerRevision;
use super::versioned::Saved;
use crate::customers::TermKind;
use crate::error::Result;

/// The index of customers by the [terms](crate::customers::terms_of) of their newest revision.
///
/// [`Customers::add`](super::Customers::add) keeps it in the same transaction as the revision, and an erasure leaves nothing
/// in it. Its reads follow about a second later, and customers whose revision an older version wrote are missing until
/// [`CustomerIndex::index`] adds them: so hold what is found against the newest revision.
#[async_trait]
pub trait CustomerIndex: Send + Sync {
    /// Reads a page of the customers with terms of this kind that begin with `prefix`, in the order of the terms, and the
    /// cursor of the next page. A customer may occur once for each term.
    async fn find(
        &self,
        kind: TermKind,
        prefix: &str,
        cursor: Option<&str>,
        limit: usize,
    ) -> Result<(Vec<CustomerId>, Option<String>)>;

    /// Reads a page of all customers, erased ones included, in no particular order. It reads the whole table, `limit` items at
    /// a time: for maintenance only.
    async fn all(
        &self,
        cursor: Option<&str>,
        limit: usize,
    ) -> Result<(Vec<CustomerId>, Option<String>)>;

    /// Writes the terms of the customer's newest revision, and removes all others. Idempotent. Returns `Stale` if there is a
    /// later revision, which has brought its own terms.
    async fn index(&self, newest: &CustomerRevision) -> Result<Saved>;
}
