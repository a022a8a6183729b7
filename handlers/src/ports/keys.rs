use async_trait::async_trait;

use crate::error::Result;
use crate::keyring::Keyring;

/// The keys that sign links and codes in mails.
#[async_trait]
pub trait Keys: Send + Sync {
    /// Returns the keys in use, which may be cached for some minutes.
    async fn keyring(&self) -> Result<Keyring>;

    /// Returns the keys in use, read anew if the cached ones lack this key: another process may already sign with a newer
    /// one.
    ///
    /// An adapter that reads anew limits how often, because anybody can invent a key's id.
    async fn keyring_with(&self, _key_id: &str) -> Result<Keyring> {
        self.keyring().await
    }
}
