//! Optimistic writes: a value, and the revision at which it was read.

/// A stored value and its revision.
///
/// A write replaces only the revision that was read and stores the next one, so a slower writer finds out. Only the store counts
/// revisions; changes of the value do not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Versioned<T> {
    /// The value.
    pub value: T,
    /// The stored revision; 0 if nothing is stored yet.
    pub revision: u64,
}

impl<T> Versioned<T> {
    /// Returns a value that is not stored yet.
    pub fn new(value: T) -> Self {
        Versioned { value, revision: 0 }
    }

    /// Returns the changed value, which will replace the same revision.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Versioned<U> {
        Versioned {
            value: change(self.value),
            revision: self.revision,
        }
    }

    /// Returns the changed value, which will replace the same revision, if the change succeeds.
    ///
    /// # Errors
    /// The error of `change`.
    pub fn try_map<U, E>(self, change: impl FnOnce(T) -> Result<U, E>) -> Result<Versioned<U>, E> {
        Ok(Versioned {
            value: change(self.value)?,
            revision: self.revision,
        })
    }

    /// Returns the value with the revision that it has after its write.
    #[must_use]
    pub fn written(self) -> Self {
        Versioned {
            revision: self.revision + 1,
            ..self
        }
    }
}

/// The outcome of a conditional write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub enum Saved {
    /// It replaced the revision that was read.
    Written,
    /// Another writer was first, and nothing was written: read the value again.
    Stale,
}

impl Saved {
    /// Whether it was written.
    #[must_use]
    pub fn is_written(self) -> bool {
        self == Saved::Written
    }
}
