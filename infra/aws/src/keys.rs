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

/// How old the keys may get. A key that was changed signs everywhere after
/// this; what was signed with the older one works all the while.
const FRESH_FOR: Duration = Duration::from_secs(5 * 60);
/// A link signed with a key that is not known makes the keys be read anew, but
/// not more often than this: anybody can make up such links.
const AGAIN_AFTER: Duration = Duration::from_secs(10);

/// The signing keys in a secret of Secrets Manager: its current version, and
/// the one before it (`AWSPREVIOUS`), so that rotating it breaks no link.
///
/// The value stays in this process's memory and goes nowhere else.
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
    /// `secret` is the secret's ARN or name.
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
            // Keys that are a little older are better than none.
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

    /// The value of one version; `None` where there is no such version.
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
