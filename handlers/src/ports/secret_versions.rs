use std::collections::BTreeMap;
use std::fmt;

use async_trait::async_trait;

use crate::error::Result;

/// The stage of the version that is in use.
pub const CURRENT: &str = "AWSCURRENT";
/// The stage of the one that was in use before.
pub const PREVIOUS: &str = "AWSPREVIOUS";
/// The stage of the one that a rotation is making.
pub const PENDING: &str = "AWSPENDING";

/// The text of a secret. Never shown, whatever is logged.
#[derive(Clone, PartialEq, Eq)]
pub struct SecretText(pub String);

impl fmt::Debug for SecretText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretText")
    }
}

/// A secret's versions and their stages, as Secrets Manager keeps them. Each
/// stage is on one version at most.
#[async_trait]
pub trait SecretVersions: Send + Sync {
    /// The stages of each version that has any; also of one without a value,
    /// as a rotation begins with.
    async fn stages(&self, secret: &str) -> Result<BTreeMap<String, Vec<String>>>;

    /// The value of the version in this stage; `None` where there is no such
    /// version, or where it has no value yet.
    async fn value(&self, secret: &str, stage: &str) -> Result<Option<SecretText>>;

    /// Gives the version a value and the stage [`PENDING`]. `false` where it had
    /// a value, which stays.
    async fn put_pending(&self, secret: &str, version: &str, value: &SecretText) -> Result<bool>;

    /// Moves [`CURRENT`] from one version to another, which makes the first one
    /// [`PREVIOUS`]. An error where the first has it no longer.
    async fn make_current(&self, secret: &str, version: &str, instead_of: &str) -> Result<()>;
}

/// Where new secrets come from.
pub trait SecretSource: Send + Sync {
    /// At least 32 characters that nobody can guess.
    ///
    /// # Errors
    /// `Retryable` where the system has no randomness.
    fn new_secret(&self) -> Result<SecretText>;
}
