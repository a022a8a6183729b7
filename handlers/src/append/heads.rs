//! The last commits of the accounts that this process has written to.

use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, PoisonError};

use domain::{AccountId, Tip};
use lru::LruCache;

/// Accounts that are remembered, at some hundred bytes each. The one that was used longest ago is forgotten.
const CAPACITY: NonZeroUsize = NonZeroUsize::new(10_000).expect("more than zero");

pub(super) type Slot = Arc<tokio::sync::Mutex<Option<Tip>>>;

/// A slot for each account. The holder of its lock is this process's only writer to the account. Forgetting a slot in use is
/// harmless, because the store decides between two writers.
pub(super) struct Heads(Mutex<LruCache<AccountId, Slot>>);

impl Default for Heads {
    fn default() -> Self {
        // Not `new`, which allocates the memory for all of them.
        let mut slots = LruCache::unbounded();
        slots.resize(CAPACITY);
        Heads(Mutex::new(slots))
    }
}

impl Heads {
    pub(super) fn of(&self, account: &AccountId) -> Slot {
        let mut slots = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        slots.get_or_insert(account.clone(), Slot::default).clone()
    }
}
