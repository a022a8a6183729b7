//! The indexes of customers and accounts, which follow from what is stored.

use async_trait::async_trait;
use domain::{AccountId, CustomerId};
use handlers::Result;
use handlers::customers::{TermKind, terms_of};
use handlers::ports::{AccountIndex, AccountLookup, CustomerIndex, CustomerRevision, Saved};

use super::Port;
use crate::faults::Hop;
use crate::kernel::Core;

/// Returns the page of keys behind the cursor, and the cursor of the next.
fn page<T>(
    sorted: Vec<(String, T)>,
    after: Option<&str>,
    limit: usize,
) -> (Vec<T>, Option<String>) {
    let mut rest = sorted
        .into_iter()
        .filter(|(key, _)| after.is_none_or(|after| key.as_str() > after));
    let page: Vec<(String, T)> = rest.by_ref().take(limit).collect();
    let next = rest.next().and(page.last()).map(|(key, _)| key.clone());
    (page.into_iter().map(|(_, value)| value).collect(), next)
}

impl Core {
    fn newest(&self) -> impl Iterator<Item = &CustomerRevision> {
        let all = self.state.customers.values();
        all.filter_map(|revisions| revisions.last())
    }

    fn terms(&self, kind: TermKind, prefix: &str) -> Vec<(String, CustomerId)> {
        let mut found = Vec::new();
        for newest in self.newest() {
            if let Some(Ok(person)) = &newest.person {
                let customer = &newest.customer_id;
                let terms = terms_of(customer, person).into_iter();
                let terms = terms.filter(|term| term.kind == kind && term.text.starts_with(prefix));
                found.extend(terms.map(|term| (term.text, customer.clone())));
            }
        }
        found.sort();
        found
    }
}

#[async_trait]
impl CustomerIndex for Port {
    async fn find(
        &self,
        kind: TermKind,
        prefix: &str,
        cursor: Option<&str>,
        limit: usize,
    ) -> Result<(Vec<CustomerId>, Option<String>)> {
        let (prefix, after) = (prefix.to_owned(), cursor.map(str::to_owned));
        self.call(Hop::CustomersRead, move |core| {
            page(core.terms(kind, &prefix), after.as_deref(), limit)
        })
        .await
    }

    async fn all(
        &self,
        cursor: Option<&str>,
        limit: usize,
    ) -> Result<(Vec<CustomerId>, Option<String>)> {
        let after = cursor.map(str::to_owned);
        self.call(Hop::CustomersRead, move |core| {
            let all = core.newest().map(|newest| newest.customer_id.clone());
            let all = all.map(|customer| (customer.to_string(), customer));
            page(all.collect(), after.as_deref(), limit)
        })
        .await
    }

    async fn index(&self, newest: &CustomerRevision) -> Result<Saved> {
        let newest = newest.clone();
        self.call(Hop::CustomersWrite, move |core| {
            let mut stored = core.newest();
            let stored = stored.find(|stored| stored.customer_id == newest.customer_id);
            match stored.is_none_or(|stored| stored.revision == newest.revision) {
                true => Saved::Written,
                false => Saved::Stale,
            }
        })
        .await
    }
}

#[async_trait]
impl AccountIndex for Port {
    async fn find(
        &self,
        by: &AccountLookup,
        cursor: Option<&str>,
        limit: usize,
    ) -> Result<(Vec<AccountId>, Option<String>)> {
        let (by, after) = (by.clone(), cursor.map(str::to_owned));
        self.call(Hop::BalancesRead, move |core| {
            let rows = core.state.rows.values().map(|row| &row.value);
            let found = rows.filter(|row| {
                let balance = row.balance.as_ref();
                let holder = balance.map(|balance| &balance.head.account.customer_id);
                by.finds(&row.account_id, holder)
            });
            let found = found.map(|row| (row.account_id.to_string(), row.account_id.clone()));
            page(found.collect(), after.as_deref(), limit)
        })
        .await
    }
}
