//! The indexes of customers and accounts, which follow from what is stored.

use async_trait::async_trait;
use domain::{AccountId, CustomerId};
use handlers::customers::{TermKind, terms_of};
use handlers::error::Result;
use handlers::ports::{AccountIndex, AccountLookup, CustomerIndex, CustomerRevision, Saved};

use super::customers::MemoryCustomers;
use super::read_model::MemoryReadModel;

/// Returns the page of keys behind the cursor, and the cursor of the next.
fn page<T: Clone>(
    sorted: Vec<(String, T)>,
    cursor: Option<&str>,
    limit: usize,
) -> (Vec<T>, Option<String>) {
    let mut rest = sorted
        .into_iter()
        .filter(|(key, _)| cursor.is_none_or(|cursor| key.as_str() > cursor));
    let page: Vec<(String, T)> = rest.by_ref().take(limit).collect();
    let more = rest.next().is_some();
    let next = page.last().filter(|_| more).map(|(key, _)| key.clone());
    (page.into_iter().map(|(_, value)| value).collect(), next)
}

#[async_trait]
impl CustomerIndex for MemoryCustomers {
    async fn find(
        &self,
        kind: TermKind,
        prefix: &str,
        cursor: Option<&str>,
        limit: usize,
    ) -> Result<(Vec<CustomerId>, Option<String>)> {
        let read = || {
            let mut found: Vec<(String, CustomerId)> = Vec::new();
            for newest in self.newest() {
                let Some(Ok(person)) = newest.person else {
                    continue;
                };
                let customer = newest.customer_id;
                let terms = terms_of(&customer, &person).into_iter();
                let terms = terms
                    .filter(|term| term.kind == kind && term.text.starts_with(prefix))
                    .map(|term| (term.text, customer.clone()));
                found.extend(terms);
            }
            found.sort();
            Ok(page(found, cursor, limit))
        };
        self.faults().call("customer_index.find", read).await
    }

    async fn all(
        &self,
        cursor: Option<&str>,
        limit: usize,
    ) -> Result<(Vec<CustomerId>, Option<String>)> {
        let read = || {
            let all = self.newest().into_iter();
            let all = all.map(|newest| (newest.customer_id.to_string(), newest.customer_id));
            Ok(page(all.collect(), cursor, limit))
        };
        self.faults().call("customer_index.all", read).await
    }

    async fn index(&self, newest: &CustomerRevision) -> Result<Saved> {
        let write = || {
            let stored = self.newest().into_iter();
            let mut stored = stored.filter(|stored| stored.customer_id == newest.customer_id);
            let is_newest = stored.all(|stored| stored.revision == newest.revision);
            Ok(match is_newest {
                true => Saved::Written,
                false => Saved::Stale,
            })
        };
        self.faults().call("customer_index.index", write).await
    }
}

#[async_trait]
impl AccountIndex for MemoryReadModel {
    async fn find(
        &self,
        by: &AccountLookup,
        cursor: Option<&str>,
        limit: usize,
    ) -> Result<(Vec<AccountId>, Option<String>)> {
        let read = || {
            let rows = self.rows().into_iter().map(|row| row.value);
            let found = rows.filter(|row| {
                let balance = row.balance.as_ref();
                let holder = balance.map(|balance| &balance.head.account.customer_id);
                by.finds(&row.account_id, holder)
            });
            let found = found.map(|row| (row.account_id.to_string(), row.account_id));
            Ok(page(found.collect(), cursor, limit))
        };
        self.faults().call("account_index.find", read).await
    }
}
