//! Bugs that can be planted, to see that the simulation, or a count of what the
//! use cases cost, would catch them. Only these tests turn the feature on;
//! everywhere else `is` is a constant `false`, and nothing of a planted bug is
//! compiled.

#[cfg(feature = "planted-bugs")]
mod switch {
    use std::cell::Cell;

    thread_local! {
        static PLANTED: Cell<&'static str> = const { Cell::new("") };
    }

    /// From now on, on this thread, this bug is in the code; none, for "".
    pub fn plant(name: &'static str) {
        PLANTED.set(name);
    }

    /// Whether this bug is planted.
    #[must_use]
    pub fn is(name: &str) -> bool {
        PLANTED.get() == name
    }
}

#[cfg(feature = "planted-bugs")]
pub use switch::{is, plant};

/// Whether this bug is planted: never, without the feature.
#[cfg(not(feature = "planted-bugs"))]
#[must_use]
pub const fn is(_: &str) -> bool {
    false
}
