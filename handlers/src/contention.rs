//! The optimistic-write loop: read, decide, write on the condition that nobody else has written, and otherwise begin again.
//!
//! ```text
//! let mut rounds = Rounds::at_once(5);
//! while rounds.next().await.is_some() {
//!     // read, decide
//!     if save.await?.is_written() {
//!         return Ok(written);
//!     }
//! }
//! Err(rounds.lost(Contended::Customer(id)))
//! ```
//!
//! Two kinds of writers do not loop. Notify gives a stale notification back to
//! its event's redelivery: a mail may have left meanwhile, and only a fresh read
//! knows. A replay's worker and a switch stop at a stale row: another worker has
//! the job, or the projection has moved the account.

use std::fmt;
use std::time::Duration;

use crate::error::{Contended, Error};
use crate::ports::Clock;

/// The rounds of one optimistic write, and the waits between them.
pub(crate) struct Rounds<'a> {
    most: u32,
    begun: u32,
    waits: Option<(&'a dyn Clock, Wait<'a>)>,
}

/// The wait before the n-th round; the first is round 0 and does not wait.
type Wait<'a> = &'a (dyn Fn(u32) -> Duration + Send + Sync);

impl<'a> Rounds<'a> {
    /// Returns at most `most` rounds without waits, for values with few writers.
    pub(crate) fn at_once(most: u32) -> Self {
        Rounds {
            most,
            begun: 0,
            waits: None,
        }
    }

    /// Returns at most `most` rounds with waits between them, for writers that would collide again.
    pub(crate) fn spaced(most: u32, clock: &'a dyn Clock, wait: Wait<'a>) -> Self {
        Rounds {
            waits: Some((clock, wait)),
            ..Rounds::at_once(most)
        }
    }

    /// Waits for the next round. Returns its number, from 0, or `None` after the last.
    pub(crate) async fn next(&mut self) -> Option<u32> {
        let round = self.begun;
        if round >= self.most {
            return None;
        }
        self.begun += 1;
        if let Some((clock, wait)) = self.waits.filter(|_| round > 0) {
            clock.sleep(wait(round)).await;
        }
        Some(round)
    }

    /// Returns the error for the case that every round lost its race.
    pub(crate) fn lost(self, what: Contended) -> Error {
        Error::Busy {
            what,
            attempts: self.begun,
        }
    }
}

impl fmt::Debug for Rounds<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rounds")
            .field("most", &self.most)
            .field("begun", &self.begun)
            .finish_non_exhaustive()
    }
}
