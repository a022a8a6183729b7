//! The dead-letter queue, with the visibility timeouts of SQS.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use handlers::error::Result;
use handlers::ports::{Clock, DeadLetterQueue, QueueView, QueuedLetter};
use serde_json::Value;

use super::clock::TestClock;
use super::faults::Faults;

/// Letters that one receive returns at most, as in SQS.
const RECEIVED_AT_ONCE: usize = 10;

#[derive(Debug)]
struct Letter {
    id: String,
    body: String,
    attributes: BTreeMap<String, String>,
    visible_from: DateTime<Utc>,
    /// The number of times it was received. Only the last receipt is valid.
    received: u32,
}

impl Letter {
    fn receipt(&self) -> String {
        format!("{}/{}", self.id, self.received)
    }

    fn queued(&self) -> QueuedLetter {
        QueuedLetter {
            id: self.id.clone(),
            receipt: self.receipt(),
            body: self.body.clone(),
            attributes: self.attributes.clone(),
        }
    }
}

#[derive(Debug, Default)]
struct State {
    letters: Vec<Letter>,
    put: usize,
}

/// A dead-letter queue in memory.
#[derive(Debug)]
pub struct MemoryDeadLetters {
    faults: Arc<Faults>,
    clock: Arc<TestClock>,
    state: Mutex<State>,
}

impl MemoryDeadLetters {
    pub(super) fn new(faults: Arc<Faults>, clock: Arc<TestClock>) -> Self {
        MemoryDeadLetters {
            faults,
            clock,
            state: Mutex::default(),
        }
    }

    /// Adds a letter from outside, which is visible at once. Returns its id.
    pub fn put_foreign(&self, body: &Value, attributes: &[(&str, &str)]) -> String {
        let attributes = attributes
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        self.insert(body.to_string(), attributes, Duration::ZERO)
    }

    /// Returns the bodies of all letters, visible or not, oldest first.
    pub fn bodies(&self) -> Vec<Value> {
        let read = |letter: &Letter| serde_json::from_str(&letter.body).unwrap_or(Value::Null);
        self.lock().letters.iter().map(read).collect()
    }

    /// Returns the body of a letter.
    pub fn body(&self, id: &str) -> Option<Value> {
        let state = self.lock();
        let letter = state.letters.iter().find(|letter| letter.id == id)?;
        serde_json::from_str(&letter.body).ok()
    }

    /// Returns the ids of all letters, oldest first.
    pub fn ids(&self) -> Vec<String> {
        self.lock()
            .letters
            .iter()
            .map(|letter| letter.id.clone())
            .collect()
    }

    /// Returns for each letter, oldest first: its id, the number of times it was
    /// received, and the time from which it is visible.
    pub fn places(&self) -> Vec<(String, u32, DateTime<Utc>)> {
        let place = |letter: &Letter| (letter.id.clone(), letter.received, letter.visible_from);
        self.lock().letters.iter().map(place).collect()
    }

    fn insert(
        &self,
        body: String,
        attributes: BTreeMap<String, String>,
        delay: Duration,
    ) -> String {
        let visible_from = self.after(delay);
        let mut state = self.lock();
        state.put += 1;
        let id = format!("letter-{}", state.put);
        state.letters.push(Letter {
            id: id.clone(),
            body,
            attributes,
            visible_from,
            received: 0,
        });
        id
    }

    fn after(&self, delay: Duration) -> DateTime<Utc> {
        self.clock.now() + TimeDelta::from_std(delay).expect("the delay is within chrono's range")
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl DeadLetterQueue for MemoryDeadLetters {
    async fn put(&self, body: &str, delay: Duration) -> Result<()> {
        let write = || {
            self.insert(body.to_owned(), BTreeMap::new(), delay);
            Ok(())
        };
        self.faults.call("dead_letters.put", write).await
    }

    /// Like SQS, counts received letters but does not show them.
    async fn look(&self, max: usize) -> Result<QueueView> {
        let read = || {
            let now = self.clock.now();
            let state = self.lock();
            let letters = || state.letters.iter();
            let visible = letters().filter(|letter| letter.visible_from <= now);
            // A letter that was never received is only delayed.
            let there = |letter: &&Letter| letter.visible_from <= now || letter.received > 0;
            Ok(QueueView {
                letters: visible.take(max).map(Letter::queued).collect(),
                waiting: letters().filter(there).count(),
            })
        };
        self.faults.call("dead_letters.look", read).await
    }

    async fn receive(&self, max: usize, hidden_for: Duration) -> Result<Vec<QueuedLetter>> {
        let read = || {
            let now = self.clock.now();
            let hidden_until = self.after(hidden_for);
            let mut state = self.lock();
            let visible = state
                .letters
                .iter_mut()
                .filter(|letter| letter.visible_from <= now);
            let received = visible.take(max.min(RECEIVED_AT_ONCE)).map(|letter| {
                letter.received += 1;
                letter.visible_from = hidden_until;
                letter.queued()
            });
            Ok(received.collect())
        };
        self.faults.call("dead_letters.receive", read).await
    }

    async fn remove(&self, receipt: &str) -> Result<()> {
        let write = || {
            self.lock()
                .letters
                .retain(|letter| letter.receipt() != receipt);
            Ok(())
        };
        self.faults.call("dead_letters.remove", write).await
    }

    async fn release(&self, receipt: &str) -> Result<()> {
        let write = || {
            let now = self.clock.now();
            let mut state = self.lock();
            if let Some(letter) = state
                .letters
                .iter_mut()
                .find(|letter| letter.receipt() == receipt)
            {
                letter.visible_from = now;
            }
            Ok(())
        };
        self.faults.call("dead_letters.release", write).await
    }
}
