//! The suppressed addresses, by hash.

use domain::email::AddressHash;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use handlers::error::Result;
use handlers::ports::{Suppression, Suppressions};

use super::faults::Faults;

/// The last report, and the time of the last lifting.
type Entry = (Option<Suppression>, Option<DateTime<Utc>>);

/// Suppressions in memory.
#[derive(Debug)]
pub struct MemorySuppressions {
    faults: Arc<Faults>,
    entries: Mutex<BTreeMap<AddressHash, Entry>>,
}

impl MemorySuppressions {
    pub(super) fn new(faults: Arc<Faults>) -> Self {
        MemorySuppressions {
            faults,
            entries: Mutex::default(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<AddressHash, Entry>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Suppressions for MemorySuppressions {
    async fn get(&self, address: &AddressHash) -> Result<Option<Suppression>> {
        let read = || {
            let entries = self.lock();
            let (told, lifted) = entries.get(address).copied().unwrap_or_default();
            Ok(told.filter(|told| lifted.is_none_or(|lifted| lifted < told.at)))
        };
        self.faults.call("suppressions.get", read).await
    }

    async fn add(&self, address: &AddressHash, suppression: &Suppression) -> Result<()> {
        let write = || {
            let mut entries = self.lock();
            let (told, lifted) = entries.entry(address.clone()).or_default();
            let newest = told.map(|told| told.at).max(*lifted);
            if newest.is_none_or(|newest| newest < suppression.at) {
                *told = Some(*suppression);
            }
            Ok(())
        };
        self.faults.call("suppressions.add", write).await
    }

    async fn lift(&self, address: &AddressHash, at: DateTime<Utc>) -> Result<()> {
        let write = || {
            if let Some((_, lifted)) = self.lock().get_mut(address) {
                *lifted = (*lifted).max(Some(at));
            }
            Ok(())
        };
        self.faults.call("suppressions.lift", write).await
    }
}
