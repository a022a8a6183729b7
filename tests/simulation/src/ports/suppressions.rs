use async_trait::async_trait;
use chrono::{DateTime, Utc};
use domain::email::AddressHash;
use handlers::Result;
use handlers::ports::{Suppression, Suppressions};

use super::Port;
use crate::faults::Hop;

#[async_trait]
impl Suppressions for Port {
    async fn get(&self, address: &AddressHash) -> Result<Option<Suppression>> {
        let key = address.clone();
        self.call(Hop::SuppressionsRead, move |core| {
            let (told, lifted) = core
                .state
                .suppressions
                .get(&key)
                .copied()
                .unwrap_or_default();
            told.filter(|told| lifted.is_none_or(|lifted| lifted < told.at))
        })
        .await
    }

    async fn add(&self, address: &AddressHash, suppression: &Suppression) -> Result<()> {
        let (key, suppression) = (address.clone(), *suppression);
        self.call(Hop::SuppressionsWrite, move |core| {
            let (told, lifted) = core.state.suppressions.entry(key.clone()).or_default();
            let newest = told.map(|told| told.at).max(*lifted);
            if newest.is_none_or(|newest| newest < suppression.at) {
                *told = Some(suppression);
            }
            let now = core.now;
            core.state.book.suppressed.entry(key.clone()).or_insert(now);
        })
        .await
    }

    async fn lift(&self, address: &AddressHash, at: DateTime<Utc>) -> Result<()> {
        let key = address.clone();
        self.call(Hop::SuppressionsWrite, move |core| {
            if let Some((_, lifted)) = core.state.suppressions.get_mut(&key) {
                *lifted = (*lifted).max(Some(at));
            }
        })
        .await
    }
}
