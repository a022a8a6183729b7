//! A secret with versions and stages, like those of Secrets Manager.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use handlers::error::{Error, Result};
use handlers::ports::{CURRENT, PENDING, PREVIOUS, SecretSource, SecretText, SecretVersions};

use super::faults::Faults;

#[derive(Debug, Default)]
struct State {
    values: BTreeMap<String, SecretText>,
    /// The version in each stage.
    stages: BTreeMap<&'static str, String>,
}

/// A secret in memory.
#[derive(Debug)]
pub struct MemorySecretVersions {
    faults: Arc<Faults>,
    state: Mutex<State>,
    made: AtomicUsize,
}

impl MemorySecretVersions {
    /// Returns a secret whose version `first` has this value.
    pub fn new(faults: Arc<Faults>, value: &str) -> Self {
        let mut state = State::default();
        let first = "first".to_owned();
        state
            .values
            .insert(first.clone(), SecretText(value.to_owned()));
        state.stages.insert(CURRENT, first);
        MemorySecretVersions {
            faults,
            state: Mutex::new(state),
            made: AtomicUsize::new(0),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins a rotation like Secrets Manager before it calls the function: the
    /// version is pending and empty.
    pub fn begin_rotation(&self, version: &str) {
        self.lock().stages.insert(PENDING, version.to_owned());
    }

    /// Sets the current value, like an operator who changes the secret.
    pub fn put_current(&self, version: &str, value: &str) {
        let mut state = self.lock();
        state
            .values
            .insert(version.to_owned(), SecretText(value.to_owned()));
        move_current(&mut state, version);
    }

    /// Sets the pending value.
    pub fn put_into_pending(&self, version: &str, value: &str) {
        let mut state = self.lock();
        state.stages.insert(PENDING, version.to_owned());
        let value = SecretText(value.to_owned());
        state.values.insert(version.to_owned(), value);
    }

    /// Returns the version in a stage.
    pub fn version_in(&self, stage: &str) -> Option<String> {
        self.lock().stages.get(stage).cloned()
    }

    /// Returns the value in a stage.
    pub fn text_in(&self, stage: &str) -> Option<String> {
        let state = self.lock();
        let version = state.stages.get(stage)?;
        state.values.get(version).map(|text| text.0.clone())
    }
}

fn move_current(state: &mut State, version: &str) {
    if let Some(before) = state.stages.insert(CURRENT, version.to_owned()) {
        state.stages.insert(PREVIOUS, before);
    }
}

#[async_trait]
impl SecretVersions for MemorySecretVersions {
    async fn stages(&self, _secret: &str) -> Result<BTreeMap<String, Vec<String>>> {
        let read = || {
            let mut stages: BTreeMap<String, Vec<String>> = BTreeMap::new();
            for (stage, version) in &self.lock().stages {
                let of_version = stages.entry(version.clone()).or_default();
                of_version.push((*stage).to_owned());
            }
            Ok(stages)
        };
        self.faults.call("secret.stages", read).await
    }

    async fn value(&self, _secret: &str, stage: &str) -> Result<Option<SecretText>> {
        let read = || Ok(self.text_in(stage).map(SecretText));
        self.faults.call("secret.value", read).await
    }

    async fn put_pending(&self, _secret: &str, version: &str, value: &SecretText) -> Result<bool> {
        let write = || {
            let mut state = self.lock();
            if state.values.contains_key(version) {
                return Ok(false);
            }
            state.values.insert(version.to_owned(), value.clone());
            state.stages.insert(PENDING, version.to_owned());
            Ok(true)
        };
        self.faults.call("secret.put_pending", write).await
    }

    async fn make_current(&self, _secret: &str, version: &str, instead_of: &str) -> Result<()> {
        let write = || {
            let mut state = self.lock();
            if state.stages.get(CURRENT).map(String::as_str) != Some(instead_of) {
                return Err(Error::Permanent("another version is current".into()));
            }
            move_current(&mut state, version);
            Ok(())
        };
        self.faults.call("secret.make_current", write).await
    }
}

impl SecretSource for MemorySecretVersions {
    fn new_secret(&self) -> Result<SecretText> {
        let number = self.made.fetch_add(1, Ordering::Relaxed);
        Ok(SecretText(format!("{:-<40}", format!("made-{number}"))))
    }
}
