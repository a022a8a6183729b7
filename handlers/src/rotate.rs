//! Rotating the signing keys, in Secrets Manager's four steps.
//!
//! Secrets Manager calls each step at least once, and begins again at the first after a failure. So every step reads the state
//! before it acts. A repeated, late or concurrent step changes nothing.

use std::sync::Arc;

use serde::Deserialize;
use serde_json::Value;

use crate::error::{Error, Result};
use crate::keyring::Keyring;
use crate::ports::{CURRENT, PENDING, PREVIOUS, SecretSource, SecretText, SecretVersions};

/// A call of Secrets Manager.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Request {
    /// The step to run.
    pub step: Step,
    /// The secret's ARN.
    pub secret_id: String,
    /// The id of the version that becomes the current one.
    pub client_request_token: String,
}

/// A step of a rotation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Step {
    /// Gives the new version a key.
    CreateSecret,
    /// Does nothing: no other system needs the key.
    SetSecret,
    /// Checks that the new version signs and accepts older signatures.
    TestSecret,
    /// Makes the new version the current one.
    FinishSecret,
}

impl Step {
    /// All steps, in the order of a rotation.
    pub const ALL: [Step; 4] = [
        Step::CreateSecret,
        Step::SetSecret,
        Step::TestSecret,
        Step::FinishSecret,
    ];
}

/// The use case that rotates the signing keys.
pub struct Rotator {
    /// The versions of the secret.
    pub versions: Arc<dyn SecretVersions>,
    /// The source of new keys.
    pub source: Arc<dyn SecretSource>,
}

impl std::fmt::Debug for Rotator {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Rotator").finish_non_exhaustive()
    }
}

impl Rotator {
    /// Reads a call of Secrets Manager and runs its step.
    ///
    /// # Errors
    /// - `Permanent`: the event is not such a call; a retry does not help.
    /// - Those of [`Rotator::run`].
    pub async fn deliver(&self, request: &Value) -> Result<()> {
        let request = Request::deserialize(request).map_err(|_| {
            Error::Permanent("this is not a step of a rotation of Secrets Manager".into())
        })?;
        self.run(&request).await
    }

    /// Runs a step. Idempotent.
    ///
    /// # Errors
    /// - `Permanent`: the version is not the pending one, has no value, or does not accept older signatures; a retry does not
    ///   help.
    /// - `Retryable`, `Unknown`: Secrets Manager or the randomness did not answer, or there is no current key yet; retry.
    pub async fn run(&self, request: &Request) -> Result<()> {
        let (secret, version) = (&request.secret_id, &request.client_request_token);
        let stages = self.versions.stages(secret).await?;
        let is_in = |stage: &str| {
            let stages = stages.get(version).into_iter().flatten();
            stages.into_iter().any(|found| found == stage)
        };
        if is_in(CURRENT) {
            return Ok(());
        }
        // Without this check, a late call of an abandoned rotation would replace a newer key by its own.
        if !is_in(PENDING) {
            return Err(Error::Permanent(
                format!(
                    "version {version} of the signing keys is not the one that is being rotated in"
                )
                .into(),
            ));
        }
        match request.step {
            Step::CreateSecret => self.create(secret, version).await,
            // The key is in the secret alone, so no other system has to be updated.
            Step::SetSecret => Ok(()),
            Step::TestSecret => self.test(secret).await,
            Step::FinishSecret => {
                self.follow(secret).await?;
                let current = stages
                    .iter()
                    .find(|(_, stages)| stages.iter().any(|stage| stage == CURRENT));
                let (current, _) = current.ok_or_else(no_value)?;
                self.versions.make_current(secret, version, current).await
            }
        }
    }

    async fn create(&self, secret: &str, version: &str) -> Result<()> {
        if self.versions.value(secret, PENDING).await?.is_some() {
            return Ok(());
        }
        let kept = self.accepted(secret).await?;
        let new = self.source.new_secret()?;
        let next = Keyring::rotated(&texts(&kept), &new.0)?;
        // If it returns false, a concurrent call was first, and its key serves as well.
        self.versions
            .put_pending(secret, version, &SecretText(next))
            .await?;
        Ok(())
    }

    /// Checks that the new keys are usable.
    async fn test(&self, secret: &str) -> Result<()> {
        let pending = self.pending(secret).await?;
        let current = self.versions.value(secret, CURRENT).await?;
        // When it gets a schedule, Secrets Manager tries this step alone, with a copy of the current version.
        if current.is_some_and(|current| current == pending) {
            return Keyring::read(&[&pending.0]).map(|_| ());
        }
        self.follow(secret).await
    }

    /// Checks that the new keys sign, and accept all earlier signatures.
    async fn follow(&self, secret: &str) -> Result<()> {
        let pending = self.pending(secret).await?;
        let kept = self.accepted(secret).await?;
        let now = Keyring::read(&texts(&kept))?;
        Keyring::read(&[&pending.0])?.follows(&now)
    }

    async fn pending(&self, secret: &str) -> Result<SecretText> {
        let pending = self.versions.value(secret, PENDING).await?;
        pending.ok_or_else(|| {
            Error::Permanent("the new version of the signing keys has no value".into())
        })
    }

    /// Reads the accepted keys: the current version, and the previous one.
    async fn accepted(&self, secret: &str) -> Result<Vec<SecretText>> {
        let current = self.versions.value(secret, CURRENT).await?;
        let current = current.ok_or_else(no_value)?;
        let previous = self.versions.value(secret, PREVIOUS).await?;
        Ok(std::iter::once(current).chain(previous).collect())
    }
}

fn texts(kept: &[SecretText]) -> Vec<&str> {
    kept.iter().map(|text| text.0.as_str()).collect()
}

fn no_value() -> Error {
    Error::Retryable("the signing keys have no value yet".into())
}
