//! The bus, which keeps published entries and can refuse chosen ones.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use domain::AccountId;
use handlers::error::{Error, Result};
use handlers::ports::{Bus, BusEntry};

use super::faults::{Fault, Faults};

#[derive(Debug, Default)]
struct State {
    published: Vec<BusEntry>,
    /// The published entries that the rules have not passed on yet.
    waiting: Vec<BusEntry>,
    refuses: BTreeSet<AccountId>,
}

/// A bus in memory.
#[derive(Debug)]
pub struct MemoryBus {
    faults: Arc<Faults>,
    state: Mutex<State>,
}

impl MemoryBus {
    pub(super) fn new(faults: Arc<Faults>) -> Self {
        MemoryBus {
            faults,
            state: Mutex::default(),
        }
    }

    /// Returns all entries that were ever accepted, in their order.
    pub fn published(&self) -> Vec<BusEntry> {
        self.lock().published.clone()
    }

    /// Takes the accepted entries that were not passed on yet. They count as
    /// passed on from now on.
    pub fn take_waiting(&self) -> Vec<BusEntry> {
        std::mem::take(&mut self.lock().waiting)
    }

    /// Queues an entry to be passed on again.
    pub fn wait_again(&self, entry: BusEntry) {
        self.lock().waiting.push(entry);
    }

    /// Whether entries wait to be passed on.
    pub fn has_waiting(&self) -> bool {
        !self.lock().waiting.is_empty()
    }

    /// Refuses entries about these accounts, and no others, from now on.
    pub fn refuse(&self, accounts: impl IntoIterator<Item = AccountId>) {
        self.lock().refuses = accounts.into_iter().collect();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take(&self, entries: &[BusEntry]) -> Vec<Result<()>> {
        let mut state = self.lock();
        let mut answers = Vec::with_capacity(entries.len());
        for entry in entries {
            let account = entry.detail["metadata"]["account_id"]
                .as_str()
                .unwrap_or("");
            if state
                .refuses
                .iter()
                .any(|refused| refused.as_str() == account)
            {
                answers.push(Err(Error::Retryable("the bus is throttled".into())));
                continue;
            }
            state.published.push(entry.clone());
            state.waiting.push(entry.clone());
            answers.push(Ok(()));
        }
        answers
    }
}

#[async_trait]
impl Bus for MemoryBus {
    async fn publish(&self, entries: &[BusEntry]) -> Vec<Result<()>> {
        let all = |error: Error| entries.iter().map(|_| Err(error.clone())).collect();
        match self.faults.strike("bus.publish").await {
            None => self.take(entries),
            Some(Fault::FailBefore(error)) => all(error),
            Some(Fault::FailAfter(error)) => {
                self.take(entries);
                all(error)
            }
            Some(Fault::StopBefore) => {
                self.faults.stop().await;
                self.take(entries)
            }
            Some(Fault::StopAfter) => {
                let answers = self.take(entries);
                self.faults.stop().await;
                answers
            }
        }
    }
}
