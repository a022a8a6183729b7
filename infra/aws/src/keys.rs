use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use aws_sdk_secretsmanager::Client;
use aws_sdk_secretsmanager::config::retry::RetryConfig;
use handlers::keyring::Keyring;
use handlers::ports::Keys;
use handlers::{Error, Result};
use tokio::sync::Mutex;

use crate::error::classify;
use crate::timeouts;

/// How long keys are cached. After it, every process signs with a new key; links of the previous key stay valid.
const FRESH_FOR: Duration = Duration::from_secs(5 * 60);
/// A link with an unknown key reloads the keys, but not more often than this, because anybody can invent such links.
const AGAIN_AFTER: Duration = Duration::from_secs(10);

/// The signing keys in a secret of Secrets Manager: its current version, and the previous one (`AWSPREVIOUS`), so that a
/// rotation breaks no link.
///
/// Keys are cached for five minutes, and used beyond that while Secrets Manager does not answer. They are never written
/// anywhere; `Debug` shows only the secret's name. Clones share the cache.
#[derive(Clone)]
pub struct SecretKeys {
    client: Client,
    secret: String,
    cached: Arc<Mutex<Option<(Keyring, Instant)>>>,
}

impl std::fmt::Debug for SecretKeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SecretKeys")
            .field("secret", &self.secret)
            .finish_non_exhaustive()
    }
}

impl SecretKeys {
    /// Returns the keys in the secret with this ARN or name. They are read at the first use.
    pub fn new(shared: &aws_config::SdkConfig, secret: String) -> Self {
        let config = aws_sdk_secretsmanager::config::Builder::from(shared)
            .timeout_config(timeouts::SECRETS_MANAGER.config())
            .retry_config(RetryConfig::standard())
            .build();
        SecretKeys {
            client: Client::from_conf(config),
            secret,
            cached: Arc::default(),
        }
    }

    async fn younger_than(&self, age: Duration, key_id: Option<&str>) -> Result<Keyring> {
        let mut cached = self.cached.lock().await;
        let known = cached
            .as_ref()
            .map(|(keyring, read_at)| (keyring.clone(), read_at.elapsed()));
        if let Some((keyring, old)) = &known {
            let enough = key_id.is_none_or(|id| keyring.holds(id)) && *old < FRESH_FOR;
            if enough || *old < age {
                return Ok(keyring.clone());
            }
        }
        match self.read().await {
            Ok(keyring) => {
                *cached = Some((keyring.clone(), Instant::now()));
                Ok(keyring)
            }
            // Older keys are better than none: links of the new key fail, all others work.
            Err(error) => match known {
                Some((keyring, _)) => {
                    tracing::warn!(%error, "the signing keys could not be read anew");
                    Ok(keyring)
                }
                None => Err(error),
            },
        }
    }

    async fn read(&self) -> Result<Keyring> {
        let current = self.version("AWSCURRENT").await?;
        let current =
            current.ok_or_else(|| Error::Retryable("the signing keys have no value yet".into()))?;
        let previous = self.version("AWSPREVIOUS").await?;
        let newest_first: Vec<&str> = std::iter::once(current.as_str())
            .chain(previous.as_deref())
            .collect();
        Keyring::read(&newest_first)
    }

    /// Reads the value of one version; `None` if there is no such version.
    async fn version(&self, stage: &str) -> Result<Option<String>> {
        let answer = self
            .client
            .get_secret_value()
            .secret_id(&self.secret)
            .version_stage(stage)
            .send()
            .await;
        match answer {
            Ok(answer) => Ok(answer.secret_string),
            Err(error)
                if error
                    .as_service_error()
                    .is_some_and(|error| error.is_resource_not_found_exception()) =>
            {
                Ok(None)
            }
            Err(error) => Err(classify("reading the signing keys", &error)),
        }
    }
}

#[async_trait]
impl Keys for SecretKeys {
    async fn keyring(&self) -> Result<Keyring> {
        self.younger_than(FRESH_FOR, None).await
    }

    async fn keyring_with(&self, key_id: &str) -> Result<Keyring> {
        self.younger_than(AGAIN_AFTER, Some(key_id)).await
    }
}
