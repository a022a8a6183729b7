//! The last commit of each account that this process wrote to.

use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, PoisonError};

use domain::{AccountId, Tip};
use lru::LruCache;

/// How many accounts are remembered: some hundred bytes each.
const CAPACITY: NonZeroUsize = NonZeroUsize::new(10_000).expect("more than zero");

pub(super) type Slot = Arc<tokio::sync::Mutex<Option<Tip>>>;

/// A slot for each account: whoever holds its lock is this process's one
/// writer to the account. Forgetting a slot that is in use is harmless: the
/// store decides between two writers, whatever they remember.
pub(super) struct Heads(Mutex<LruCache<AccountId, Slot>>);

impl Default for Heads {
    fn default() -> Self {
        // Not `new`, which sets aside the room for all of them at once.
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
