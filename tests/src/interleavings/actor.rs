//! Who runs: a worker with a delivery, or an operator; each stands before a call.

use std::fmt;
use std::future::Future;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use super::message::Message;
use crate::world::Faults;

/// Calls before which nobody else needs to run. Nothing here changes what the
/// customers are. And an operator who names letters decides which when he
/// begins: what he receives beside them he only puts back.
const NO_PLACE_FOR_OTHERS: [&str; 4] = [
    "customers.at",
    "customers.latest",
    "dead_letters.receive",
    "dead_letters.release",
];

pub(super) struct Actor {
    running: Pin<Box<dyn Future<Output = bool>>>,
    /// The call at which it stands.
    pub(super) at: &'static str,
    /// The message it works on; an operator has none.
    pub(super) message: Option<Message>,
    /// All that it has seen so far.
    pub(super) seen: u64,
}

impl fmt::Debug for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Actor")
            .field("at", &self.at)
            .finish_non_exhaustive()
    }
}

/// Where an actor is after one more call.
pub(super) enum Step {
    Stands(Actor),
    /// It came to its end, well or not.
    Ended(bool),
}

impl Actor {
    /// Starts, and runs to its first call.
    pub(super) fn start(
        faults: &Faults,
        message: Option<Message>,
        running: impl Future<Output = bool> + 'static,
        seen: u64,
    ) -> Step {
        let actor = Actor {
            running: Box::pin(running),
            at: "",
            message,
            seen,
        };
        actor.run(faults)
    }

    /// Makes the call that was granted and runs to the next one.
    pub(super) fn go(mut self, faults: &Faults, sees: impl Hash) -> Step {
        let mut hasher = DefaultHasher::new();
        (self.seen, self.at, sees).hash(&mut hasher);
        self.seen = hasher.finish();
        self.run(faults)
    }

    fn run(mut self, faults: &Faults) -> Step {
        loop {
            if let Poll::Ready(well) = poll(self.running.as_mut()) {
                return Step::Ended(well);
            }
            match faults.waits_at() {
                Some(call) if NO_PLACE_FOR_OTHERS.contains(&call) => faults.grant(None),
                Some(call) => {
                    self.at = call;
                    return Step::Stands(self);
                }
                None => {}
            }
        }
    }
}

/// Nothing here waits for anything but for being polled again.
fn poll<F: Future + ?Sized>(future: Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}

/// Runs a future to its end, where every call goes well at once.
pub(super) fn run_to_end<F: Future>(future: F) -> F::Output {
    let mut future = Box::pin(future);
    loop {
        if let Poll::Ready(output) = poll(future.as_mut()) {
            return output;
        }
    }
}
