//! The bus: keeps what was published, and refuses what it is told to.

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
    /// Published and not yet handed on by the rules.
    waiting: Vec<BusEntry>,
    refuses: BTreeSet<AccountId>,
}

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

    /// Everything that was ever taken, in order.
    pub fn published(&self) -> Vec<BusEntry> {
        self.lock().published.clone()
    }

    /// What was taken and not handed on yet; from now on it counts as handed on.
    pub fn take_waiting(&self) -> Vec<BusEntry> {
        std::mem::take(&mut self.lock().waiting)
    }

    /// Hands this entry on once more.
    pub fn wait_again(&self, entry: BusEntry) {
        self.lock().waiting.push(entry);
    }

    pub fn has_waiting(&self) -> bool {
        !self.lock().waiting.is_empty()
    }

    /// Entries about these accounts are not taken; all others are.
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
