//! Faults at chosen calls, and a trace of all calls.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::Poll;

use handlers::error::{Error, Result};

/// What goes wrong at a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// The call has no effect and answers with this error.
    FailBefore(Error),
    /// The call has its effect and answers with this error all the same.
    FailAfter(Error),
    /// The caller stops before the effect, until told to go on; a caller that
    /// is dropped instead has crashed.
    StopBefore,
    /// The same after the effect, before the answer.
    StopAfter,
}

#[derive(Debug)]
enum Place {
    /// The n-th call of all from now on, from 0.
    Any(usize),
    /// The n-th call of this name from now on, from 0.
    Named(&'static str, usize),
}

#[derive(Debug, Default)]
struct State {
    plans: Vec<(Place, Fault)>,
    trace: Vec<&'static str>,
    stopped: bool,
    steps: Option<Steps>,
}

/// Step by step, each call waits until it is granted.
#[derive(Debug, Default)]
struct Steps {
    waits: Option<&'static str>,
    granted: Option<Option<Fault>>,
}

/// Where each port asks, before and after each call, whether it goes well.
#[derive(Debug, Default)]
pub struct Faults(Mutex<State>);

impl Faults {
    /// The n-th call of this name from now on, from 0, goes wrong.
    pub fn at(&self, call: &'static str, nth: usize, fault: Fault) {
        self.lock().plans.push((Place::Named(call, nth), fault));
    }

    /// The n-th call of any port from now on, from 0, goes wrong.
    pub fn at_call(&self, nth: usize, fault: Fault) {
        self.lock().plans.push((Place::Any(nth), fault));
    }

    /// No fault that was planned comes any more.
    pub fn clear(&self) {
        let mut state = self.lock();
        state.plans.clear();
        state.stopped = false;
    }

    /// The names of the calls so far, in order.
    pub fn trace(&self) -> Vec<&'static str> {
        self.lock().trace.clone()
    }

    /// How often this call was made so far.
    pub fn calls(&self, call: &'static str) -> usize {
        self.lock()
            .trace
            .iter()
            .filter(|made| **made == call)
            .count()
    }

    pub fn forget_trace(&self) {
        self.lock().trace.clear();
    }

    /// Runs `future` to its end, or to the call at which it stops: `None`.
    pub async fn until_stop<F: Future>(&self, future: &mut Pin<Box<F>>) -> Option<F::Output> {
        poll_fn(|context| match future.as_mut().poll(context) {
            Poll::Ready(output) => Poll::Ready(Some(output)),
            Poll::Pending if self.lock().stopped => Poll::Ready(None),
            Poll::Pending => Poll::Pending,
        })
        .await
    }

    /// Runs `future` to its end or to the call at which it stops, where its
    /// process dies: `None`.
    pub async fn until_crash<F: Future>(&self, future: F) -> Option<F::Output> {
        let mut future = Box::pin(future);
        let output = self.until_stop(&mut future).await;
        drop(future);
        self.lock().stopped = false;
        output
    }

    /// Whoever stopped goes on when it is awaited again.
    pub fn go_on(&self) {
        self.lock().stopped = false;
    }

    /// From now on whoever is polled goes on only to its next call, and waits
    /// there until the call is granted.
    pub fn step_by_step(&self) {
        self.lock().steps = Some(Steps::default());
    }

    /// The next call that is polled goes on, with this fault if there is one.
    pub fn grant(&self, fault: Option<Fault>) {
        if let Some(steps) = &mut self.lock().steps {
            steps.granted = Some(fault);
        }
    }

    /// The call at which the one who was polled last waits; told once.
    pub fn waits_at(&self) -> Option<&'static str> {
        self.lock().steps.as_mut()?.waits.take()
    }

    /// Nobody waits for a grant any more.
    pub fn run_freely(&self) {
        self.lock().steps = None;
    }

    /// `None` when calls are not granted one by one.
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

    /// A call whose effect is all at once.
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

    /// Notes the call, lets others run, and says what goes wrong with it.
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
