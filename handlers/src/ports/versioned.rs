//! What several writers may change at the same time: a value and the revision
//! at which it was read.

/// A value of a store, and which revision of it this is.
///
/// Whoever changes one writes it over the revision that was read, and so finds
/// out that another writer was quicker. No change of the value counts revisions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Versioned<T> {
    /// The value.
    pub value: T,
    /// The stored revision; 0 where nothing is stored yet.
    pub revision: u64,
}

impl<T> Versioned<T> {
    /// A value of which nothing is stored.
    pub fn new(value: T) -> Self {
        Versioned { value, revision: 0 }
    }

    /// The value after a change, which is to replace this revision.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Versioned<U> {
        Versioned {
            value: change(self.value),
            revision: self.revision,
        }
    }

    /// The same for a change that may be refused.
    ///
    /// # Errors
    /// Those of the change.
    pub fn try_map<U, E>(self, change: impl FnOnce(T) -> Result<U, E>) -> Result<Versioned<U>, E> {
        Ok(Versioned {
            value: change(self.value)?,
            revision: self.revision,
        })
    }

    /// The same after it was written.
    #[must_use]
    pub fn written(self) -> Self {
        Versioned {
            revision: self.revision + 1,
            ..self
        }
    }
}

/// What became of a conditional write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub enum Saved {
    /// It replaced the revision that was read.
    Written,
    /// Another writer was quicker, and nothing was written: read it again.
    Stale,
}
