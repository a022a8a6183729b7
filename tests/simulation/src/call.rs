//! One call from a process to a service, with all that can happen on the way.

use std::future::poll_fn;
use std::sync::{Arc, Mutex};
use std::task::Poll;

use handlers::Error;

use crate::faults::{Fault, Hop};
use crate::kernel::{Core, MILLISECOND, Micros, ProcessId, SECOND, Sim, lock};

/// How long a client of DynamoDB, EventBridge or SQS waits for an answer.
pub const TIMEOUT: Micros = 12 * SECOND;
/// How much later than its timeout a request may still take effect.
const LATE: Micros = 2 * SECOND;

/// Why a call has no answer of the service's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoAnswer {
    /// Nothing has happened.
    Throttled,
    /// It may have happened.
    Unknown,
}

impl From<NoAnswer> for Error {
    fn from(no_answer: NoAnswer) -> Self {
        match no_answer {
            NoAnswer::Throttled => Error::Retryable("throttled".into()),
            NoAnswer::Unknown => Error::Unknown("no answer in time".into()),
        }
    }
}

type Answer<T> = Arc<Mutex<Option<Result<T, NoAnswer>>>>;

impl Sim {
    /// Calls a service: `effect` is what it does, at one moment, to its state.
    pub async fn call<T: Send + 'static>(
        &self,
        process: ProcessId,
        hop: Hop,
        timeout: Micros,
        effect: impl FnMut(&mut Core) -> T + Send + 'static,
    ) -> Result<T, NoAnswer> {
        let answer: Answer<T> = Arc::default();
        self.core().send(process, hop, timeout, effect, &answer);
        poll_fn(|_| match lock(&answer).take() {
            Some(answered) => Poll::Ready(answered),
            None => Poll::Pending,
        })
        .await
    }
}

impl Core {
    fn send<T: Send + 'static>(
        &mut self,
        process: ProcessId,
        hop: Hop,
        timeout: Micros,
        mut effect: impl FnMut(&mut Core) -> T + Send + 'static,
        answer: &Answer<T>,
    ) {
        let mut fault = self.chances.strike(&mut self.rng, hop);
        let (out, begins) = self.chances.is_out(&mut self.rng, hop, self.now);
        if begins {
            self.coverage.note(hop, Fault::Outage);
        }
        if out {
            fault = Some(Fault::Throttle);
        }
        let there = self.chances.way(&mut self.rng).min(timeout / 2);
        let back = self.chances.way(&mut self.rng).min(timeout / 2);
        let task = self.current;
        self.coverage.called(hop);
        self.trace(hop.name(), (task.0, fault.map_or(99, |fault| fault as u64)));
        if let Some(fault) = fault {
            self.coverage.note(hop, fault);
            self.tell(|_| format!("task {} {}: {}", task.0, hop.name(), fault.name()));
        }
        let answered = Arc::clone(answer);
        let reply = move |core: &mut Core, delay: Micros, value: Result<T, NoAnswer>| {
            core.answer_after(delay, task, move |_| *lock(&answered) = Some(value));
        };
        match fault {
            Some(Fault::Throttle) => reply(self, there + back, Err(NoAnswer::Throttled)),
            Some(Fault::LostRequest) => reply(self, timeout, Err(NoAnswer::Unknown)),
            Some(Fault::LostAnswer) => {
                self.after(there, move |core| {
                    effect(core);
                });
                // A connection that breaks is noticed at once, silence only after the timeout.
                let noticed = if self.rng.bool() {
                    there + back
                } else {
                    timeout
                };
                reply(self, noticed, Err(NoAnswer::Unknown));
            }
            Some(Fault::LateEffect) => {
                let late = timeout + self.rng.u64(MILLISECOND..LATE);
                self.after(late, move |core| {
                    effect(core);
                });
                reply(self, timeout, Err(NoAnswer::Unknown));
            }
            Some(Fault::Twice) => {
                self.after(there, move |core| {
                    effect(core);
                    core.after(back, move |core| {
                        let value = effect(core);
                        reply(core, back, Ok(value));
                    });
                });
            }
            Some(Fault::CrashBefore) => self.after(there, move |core| core.crash(process)),
            Some(Fault::CrashAfter) => self.after(there, move |core| {
                effect(core);
                core.crash(process);
            }),
            _ => self.after(there, move |core| {
                let value = effect(core);
                reply(core, back, Ok(value));
            }),
        }
    }
}
