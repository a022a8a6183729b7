//! Many writers at once, each of whom sends until it is answered.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier, Condvar, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use super::PATIENCE;
use super::api::{Answer, Api, Append};

/// How long a writer rests after a request that was not answered.
const REST: Duration = Duration::from_millis(100);

/// Deposits to one account.
#[derive(Debug, Clone)]
pub struct Load {
    pub account: String,
    pub writers: usize,
    /// Requests of each writer.
    pub deposits: usize,
}

/// A request and the answer that settled it.
#[derive(Debug, Clone)]
pub struct Acknowledged {
    pub append: Append,
    pub answer: Answer,
    /// How often it was sent.
    pub sent: usize,
}

/// How far the writers are.
#[derive(Debug, Clone, Default)]
pub struct Progress(Arc<AtomicUsize>);

impl Progress {
    /// Requests that were answered.
    #[must_use]
    pub fn acknowledged(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }
}

/// Holds writers back.
#[derive(Debug, Clone, Default)]
pub struct Gate(Arc<(Mutex<usize>, Condvar)>);

impl Gate {
    /// From now on each writer may send its first `count` deposits.
    pub fn let_through(&self, count: usize) {
        *self.0.0.lock().unwrap_or_else(PoisonError::into_inner) = count;
        self.0.1.notify_all();
    }

    fn wait(&self, number: usize) {
        let open = self.0.0.lock().unwrap_or_else(PoisonError::into_inner);
        drop(self.0.1.wait_while(open, |count| *count <= number));
    }
}

impl Load {
    /// Twenty writers with fifty deposits each.
    #[must_use]
    pub fn on(account: &str) -> Self {
        Load {
            account: account.to_owned(),
            writers: 20,
            deposits: 50,
        }
    }

    #[must_use]
    pub fn total(&self) -> usize {
        self.writers * self.deposits
    }

    /// What one deposit is: each has its amount and its reference.
    #[must_use]
    pub fn deposit(&self, writer: usize, number: usize) -> Append {
        let cents = self.cents(writer, number);
        let amount = format!("{}.{:02}", cents / 100, cents % 100);
        let name = format!("writer-{writer}-deposit-{number}");
        Append::deposit(&self.account, &name, &amount, "EUR", &name)
    }

    fn cents(&self, writer: usize, number: usize) -> usize {
        100 + (writer * self.deposits + number) * 7 % 9_973
    }

    /// What all deposits add up to, as a decimal.
    #[must_use]
    pub fn sum(&self) -> String {
        let cents: usize = (0..self.writers)
            .flat_map(|writer| (0..self.deposits).map(move |number| self.cents(writer, number)))
            .sum();
        format!("{}.{:02}", cents / 100, cents % 100)
    }

    /// Starts all writers; each sends a request until it is acknowledged, and
    /// then the next.
    #[must_use]
    pub fn start(&self, api: &Api) -> (JoinHandle<Vec<Acknowledged>>, Progress) {
        let open = Gate::default();
        open.let_through(self.deposits);
        self.start_behind(&open, api)
    }

    /// The same, as far as the gate lets them.
    #[must_use]
    pub fn start_behind(
        &self,
        gate: &Gate,
        api: &Api,
    ) -> (JoinHandle<Vec<Acknowledged>>, Progress) {
        let progress = Progress::default();
        let writers: Vec<_> = (0..self.writers)
            .map(|writer| {
                let (load, api, progress) = (self.clone(), api.clone(), progress.clone());
                let gate = gate.clone();
                thread::spawn(move || {
                    let send = |number| {
                        gate.wait(number);
                        let acknowledged = until_acknowledged(&api, load.deposit(writer, number));
                        progress.0.fetch_add(1, Ordering::Relaxed);
                        acknowledged
                    };
                    (0..load.deposits).map(send).collect::<Vec<_>>()
                })
            })
            .collect();
        let all = thread::spawn(move || writers.into_iter().flat_map(joined).collect());
        (all, progress)
    }

    /// Sends every request from two threads at the same time; answers with
    /// both answers to each.
    #[must_use]
    pub fn run_twice(&self, api: &Api) -> Vec<[Acknowledged; 2]> {
        let writers: Vec<_> = (0..self.writers)
            .map(|writer| {
                let together = Arc::new(Barrier::new(2));
                [(); 2].map(|()| {
                    let (load, api, together) = (self.clone(), api.clone(), together.clone());
                    thread::spawn(move || {
                        let send = |number| {
                            together.wait();
                            until_acknowledged(&api, load.deposit(writer, number))
                        };
                        (0..load.deposits).map(send).collect::<Vec<_>>()
                    })
                })
            })
            .collect();
        writers
            .into_iter()
            .flat_map(|[one, other]| joined(one).into_iter().zip(joined(other)))
            .map(|(one, other)| [one, other])
            .collect()
    }
}

fn joined<T>(thread: JoinHandle<T>) -> T {
    thread.join().expect("a writer is answered")
}

/// Sends with the same key until it is answered. Without an answer, and after
/// 503 and the 409 of other writers, it is sent again; any other answer must be
/// right.
fn until_acknowledged(api: &Api, append: Append) -> Acknowledged {
    let started = Instant::now();
    for sent in 1.. {
        let last = match api.try_append(&append) {
            Ok(answer) if matches!(answer.status, 200 | 201) => {
                return Acknowledged {
                    append,
                    answer,
                    sent,
                };
            }
            Ok(answer) if answer.status == 503 || answer.is_busy() => answer.text,
            Ok(answer) => panic!(
                "{append:?} was answered with {}: {}",
                answer.status, answer.text
            ),
            Err(error) => error,
        };
        assert!(
            started.elapsed() < PATIENCE,
            "{append:?} is not acknowledged; last: {last}"
        );
        thread::sleep(REST);
    }
    unreachable!("the loop has no end of its own")
}
