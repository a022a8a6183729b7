use std::collections::BTreeMap;
use std::fmt;

use async_trait::async_trait;

use crate::error::Result;

/// The stage of the version in use.
pub const CURRENT: &str = "AWSCURRENT";
/// The stage of the version that was in use before.
pub const PREVIOUS: &str = "AWSPREVIOUS";
/// The stage of the version that a rotation is making.
pub const PENDING: &str = "AWSPENDING";

/// The text of a secret, which `Debug` does not show.
#[derive(Clone, PartialEq, Eq)]
pub struct SecretText(
    /// The text itself.
    pub String,
);

impl fmt::Debug for SecretText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretText")
    }
}

/// The versions of a secret and their stages, as Secrets Manager has them. A stage belongs to one version at most.
#[async_trait]
pub trait SecretVersions: Send + Sync {
    /// Returns the stages of each version that has any, by the version's id. A version may not have a value yet, as at the
    /// beginning of a rotation.
    async fn stages(&self, secret: &str) -> Result<BTreeMap<String, Vec<String>>>;

    /// Reads the value of the version in this stage; `None` if there is no such version, or if it has no value yet.
    async fn value(&self, secret: &str, stage: &str) -> Result<Option<SecretText>>;

    /// Gives a version its value and the stage [`PENDING`], if it has no value yet. Returns `false` if it had one, which stays.
    async fn put_pending(&self, secret: &str, version: &str, value: &SecretText) -> Result<bool>;

    /// Moves [`CURRENT`] from the version `instead_of` to `version`, and makes the former [`PREVIOUS`].
    ///
    /// # Errors
    /// - `Permanent`: `instead_of` is not the current version; a retry does not help.
    async fn make_current(&self, secret: &str, version: &str, instead_of: &str) -> Result<()>;
}

/// The source of new secrets.
pub trait SecretSource: Send + Sync {
    /// Returns a new secret of at least 32 characters that nobody can guess.
    ///
    /// # Errors
    /// - `Retryable`: the system has no randomness yet; call again.
    fn new_secret(&self) -> Result<SecretText>;
}
