//! Signing keys that a test can rotate.

use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use handlers::error::Result;
use handlers::keyring::Keyring;
use handlers::ports::Keys;
use serde_json::json;

/// Signing keys in memory.
#[derive(Debug)]
pub struct MemoryKeys(Mutex<Keyring>);

impl Default for MemoryKeys {
    fn default() -> Self {
        MemoryKeys(Mutex::new(keyring("first", &[])))
    }
}

impl MemoryKeys {
    /// Signs with the key of this name from now on. Links signed with the old keys
    /// stay valid.
    pub fn rotate(&self, name: &str, old: &[&str]) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = keyring(name, old);
    }
}

fn keyring(name: &str, old: &[&str]) -> Keyring {
    let secret = |name: &str| format!("{name:-<40}");
    let old: Vec<String> = old.iter().copied().map(secret).collect();
    let kept = json!({ "secret": secret(name), "old": old }).to_string();
    Keyring::read(&[&kept]).expect("the keys have the documented form")
}

#[async_trait]
impl Keys for MemoryKeys {
    async fn keyring(&self) -> Result<Keyring> {
        Ok(self
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone())
    }
}
