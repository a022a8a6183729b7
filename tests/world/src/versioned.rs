//! The one conditional write of the stores in memory.

use std::collections::BTreeMap;

use handlers::ports::{Saved, Versioned};

/// What a table stores, by its key.
pub(super) type Rows<K, T> = BTreeMap<K, Versioned<T>>;

/// Writes `next` over the revision that it was read at.
pub(super) fn replace<K: Ord, T>(rows: &mut Rows<K, T>, key: K, next: Versioned<T>) -> Saved {
    let stored = rows.get(&key).map_or(0, |stored| stored.revision);
    if stored != next.revision {
        return Saved::Stale;
    }
    rows.insert(key, next.written());
    Saved::Written
}
