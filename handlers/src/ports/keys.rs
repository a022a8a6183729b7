use async_trait::async_trait;

use crate::error::Result;
use crate::keyring::Keyring;

/// The keys that links and codes in mails are signed with.
#[async_trait]
pub trait Keys: Send + Sync {
    /// The keys in use. May be some minutes old.
    async fn keyring(&self) -> Result<Keyring>;

    /// The same, looked up anew where it does not hold this key: another
    /// process may have begun to sign with a newer one. Bounded, as anybody
    /// can ask for keys that never were.
    async fn keyring_with(&self, _key_id: &str) -> Result<Keyring> {
        self.keyring().await
    }
}
