//! Rotating the signing keys: Secrets Manager's four steps.
//!
//! Secrets Manager calls each step at least once, and again from the first on
//! where one has failed. So each looks at what is there before it acts, and a
//! step that comes again, late or at the same time changes nothing.

use std::sync::Arc;

use serde::Deserialize;
use serde_json::Value;

use crate::error::{Error, Result};
use crate::keyring::Keyring;
use crate::ports::{CURRENT, PENDING, PREVIOUS, SecretSource, SecretText, SecretVersions};

/// What Secrets Manager calls the function with.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Request {
    pub step: Step,
    /// The secret's ARN.
    pub secret_id: String,
    /// The id of the version that is to become the current one.
    pub client_request_token: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Step {
    CreateSecret,
    SetSecret,
    TestSecret,
    FinishSecret,
}

impl Step {
    pub const ALL: [Step; 4] = [
        Step::CreateSecret,
        Step::SetSecret,
        Step::TestSecret,
        Step::FinishSecret,
    ];
}

/// The four steps for the signing keys.
pub struct Rotator {
    pub versions: Arc<dyn SecretVersions>,
    pub source: Arc<dyn SecretSource>,
}

impl std::fmt::Debug for Rotator {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Rotator").finish_non_exhaustive()
    }
}

impl Rotator {
    /// Reads a call of Secrets Manager and does what it asks for.
    ///
    /// # Errors
    /// `Permanent` for what is no such call, and those of [`Rotator::run`].
    pub async fn deliver(&self, request: &Value) -> Result<()> {
        let request = Request::deserialize(request).map_err(|_| {
            Error::Permanent("this is not a step of a rotation of Secrets Manager".into())
        })?;
        self.run(&request).await
    }

    /// # Errors
    /// `Permanent` where the version is not the one that is being made, or does
    /// not hold what it should; the port's errors.
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
        // Without a look at the stage, a late call of a rotation that was given
        // up would put its key in the place of a newer one.
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
            // Nobody else has to be told of the key: the secret is the only
            // place of it.
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
        // False: another call of this step was quicker, and its key is as good.
        self.versions
            .put_pending(secret, version, &SecretText(next))
            .await?;
        Ok(())
    }

    /// Whether the new keys can be used.
    async fn test(&self, secret: &str) -> Result<()> {
        let pending = self.pending(secret).await?;
        let current = self.versions.value(secret, CURRENT).await?;
        // With a copy of the current version Secrets Manager tries this step
        // alone, when it is given a schedule: nothing is being rotated.
        if current.is_some_and(|current| current == pending) {
            return Keyring::read(&[&pending.0]).map(|_| ());
        }
        self.follow(secret).await
    }

    /// Whether the new keys sign, and accept what was signed until now.
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

    /// All that is accepted at present: the current version, and the one before.
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
