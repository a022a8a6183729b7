//! Faults at chosen calls of ports, and a trace of all calls.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::Poll;

use handlers::error::{Error, Result};

/// A fault of a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// The call has no effect and answers with this error.
    FailBefore(Error),
    /// The call has its effect but answers with this error.
    FailAfter(Error),
    /// The caller stops before the effect until it is resumed. A caller that is
    /// dropped instead has crashed.
    StopBefore,
    /// The caller stops after the effect and before the answer.
    StopAfter,
}

#[derive(Debug)]
enum Place {
    /// The n-th call of any port from now on, counted from 0.
    Any(usize),
    /// The n-th call of this name from now on, counted from 0.
    Named(&'static str, usize),
}

#[derive(Debug, Default)]
struct State {
    plans: Vec<(Place, Fault)>,
    trace: Vec<&'static str>,
    stopped: bool,
    steps: Option<Steps>,
}

/// The state of a step-by-step run, in which each call waits until it is granted.
#[derive(Debug, Default)]
struct Steps {
    waits: Option<&'static str>,
    granted: Option<Option<Fault>>,
}

/// The planned faults, which each port consults before and after each call, and
/// the trace of all calls.
#[derive(Debug, Default)]
pub struct Faults(Mutex<State>);

impl Faults {
    /// Plans a fault at the n-th call of this name from now on, counted from 0.
    pub fn at(&self, call: &'static str, nth: usize, fault: Fault) {
        self.lock().plans.push((Place::Named(call, nth), fault));
    }

    /// Plans a fault at the n-th call of any port from now on, counted from 0.
    pub fn at_call(&self, nth: usize, fault: Fault) {
        self.lock().plans.push((Place::Any(nth), fault));
    }

    /// Cancels all planned faults.
    pub fn clear(&self) {
        let mut state = self.lock();
        state.plans.clear();
        state.stopped = false;
    }

    /// Returns the names of the calls so far, in their order.
    pub fn trace(&self) -> Vec<&'static str> {
        self.lock().trace.clone()
    }

    /// Returns the number of calls of this name so far.
    pub fn calls(&self, call: &'static str) -> usize {
        self.lock()
            .trace
            .iter()
            .filter(|made| **made == call)
            .count()
    }

    /// Clears the trace.
    pub fn forget_trace(&self) {
        self.lock().trace.clear();
    }

    /// Runs `future` to its end. Returns `None` if it stops at a call.
    pub async fn until_stop<F: Future>(&self, future: &mut Pin<Box<F>>) -> Option<F::Output> {
        poll_fn(|context| match future.as_mut().poll(context) {
            Poll::Ready(output) => Poll::Ready(Some(output)),
            Poll::Pending if self.lock().stopped => Poll::Ready(None),
            Poll::Pending => Poll::Pending,
        })
        .await
    }

    /// Runs `future` to its end. Returns `None` if it stops at a call, where its
    /// process crashes.
    pub async fn until_crash<F: Future>(&self, future: F) -> Option<F::Output> {
        let mut future = Box::pin(future);
        let output = self.until_stop(&mut future).await;
        drop(future);
        self.lock().stopped = false;
        output
    }

    /// Lets the stopped caller continue when it is awaited again.
    pub fn resume(&self) {
        self.lock().stopped = false;
    }

    /// From now on, a polled caller runs only to its next call and waits there
    /// until the call is granted.
    pub fn step_by_step(&self) {
        self.lock().steps = Some(Steps::default());
    }

    /// Grants the next call that is polled, with this fault if there is one.
    pub fn grant(&self, fault: Option<Fault>) {
        if let Some(steps) = &mut self.lock().steps {
            steps.granted = Some(fault);
        }
    }

    /// Takes the name of the call at which the caller that was polled last waits.
    pub fn waits_at(&self) -> Option<&'static str> {
        self.lock().steps.as_mut()?.waits.take()
    }

    /// Ends the step-by-step run: no call waits for a grant any more.
    pub fn run_freely(&self) {
        self.lock().steps = None;
    }

    /// Waits for the grant. Returns `None` outside of a step-by-step run.
    async fn granted(&self, name: &'static str) -> Option<Option<Fault>> {
        poll_fn(|_| {
            let mut state = self.lock();
            let Some(steps) = &mut state.steps else {
                return Poll::Ready(None);
            };
            match steps.granted.take() {
                Some(fault) => {
                    state.trace.push(name);
                    Poll::Ready(Some(fault))
                }
                None => {
                    steps.waits = Some(name);
                    Poll::Pending
                }
            }
        })
        .await
    }

    /// Makes a call with an atomic effect.
    pub(super) async fn call<T>(
        &self,
        name: &'static str,
        effect: impl FnOnce() -> Result<T> + Send,
    ) -> Result<T> {
        match self.strike(name).await {
            None => effect(),
            Some(Fault::FailBefore(error)) => Err(error),
            Some(Fault::FailAfter(error)) => effect().and(Err(error)),
            Some(Fault::StopBefore) => {
                self.stop().await;
                effect()
            }
            Some(Fault::StopAfter) => {
                let answer = effect();
                self.stop().await;
                answer
            }
        }
    }

    /// Records the call, lets others run, and returns its fault.
    pub(super) async fn strike(&self, name: &'static str) -> Option<Fault> {
        if let Some(fault) = self.granted(name).await {
            return fault;
        }
        tokio::task::yield_now().await;
        let mut state = self.lock();
        state.trace.push(name);
        let mut struck = None;
        for (index, (place, _)) in state.plans.iter_mut().enumerate() {
            let left = match place {
                Place::Any(left) => left,
                Place::Named(planned, left) if *planned == name => left,
                Place::Named(..) => continue,
            };
            match left.checked_sub(1) {
                Some(fewer) => *left = fewer,
                None => struck = struck.or(Some(index)),
            }
        }
        struck.map(|index| state.plans.remove(index).1)
    }

    pub(super) async fn stop(&self) {
        self.lock().stopped = true;
        poll_fn(|_| match self.lock().stopped {
            true => Poll::Pending,
            false => Poll::Ready(()),
        })
        .await;
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
