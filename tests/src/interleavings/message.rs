//! A message to notify, on its way or with a worker.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::ops::Deref;
use std::sync::Arc;

use handlers::ports::BusEntry;

#[derive(Debug, Clone)]
pub(super) struct Message {
    entry: Arc<BusEntry>,
    /// Of all that it says; the same for the same.
    pub(super) digest: u64,
}

impl Message {
    pub(super) fn of(entry: BusEntry) -> Self {
        Message {
            digest: digest((&entry.event_type, entry.detail.to_string())),
            entry: Arc::new(entry),
        }
    }

    /// Whether an operator wishes it, and not the bus brings it.
    pub(super) fn is_wish(&self) -> bool {
        !self.detail["resend"].is_null()
    }
}

impl Deref for Message {
    type Target = BusEntry;
    fn deref(&self) -> &BusEntry {
        &self.entry
    }
}

pub(super) fn digest(value: impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}
