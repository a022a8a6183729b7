use std::collections::BTreeMap;

use async_trait::async_trait;
use aws_sdk_secretsmanager::Client;
use aws_sdk_secretsmanager::config::retry::RetryConfig;
use data_encoding::HEXLOWER;
use handlers::ports::{CURRENT, PENDING, SecretSource, SecretText, SecretVersions};
use handlers::{Error, Result};

use crate::error::classify;
use crate::timeouts;

/// Random bytes of a new key: as many as SHA-256 has.
const SECRET_BYTES: usize = 32;

/// The versions of a secret in Secrets Manager, for the function that rotates it.
#[derive(Debug, Clone)]
pub struct ManagedSecrets {
    client: Client,
}

impl ManagedSecrets {
    /// Returns the secrets of this region and account.
    pub fn new(shared: &aws_config::SdkConfig) -> Self {
        let config = aws_sdk_secretsmanager::config::Builder::from(shared)
            .timeout_config(timeouts::SECRETS_MANAGER.config())
            .retry_config(RetryConfig::standard())
            .build();
        ManagedSecrets {
            client: Client::from_conf(config),
        }
    }
}

#[async_trait]
impl SecretVersions for ManagedSecrets {
    async fn stages(&self, secret: &str) -> Result<BTreeMap<String, Vec<String>>> {
        let described = self.client.describe_secret().secret_id(secret).send().await;
        let described = described.map_err(|error| classify("describing the secret", &error))?;
        let stages = described.version_ids_to_stages.unwrap_or_default();
        Ok(stages.into_iter().collect())
    }

    async fn value(&self, secret: &str, stage: &str) -> Result<Option<SecretText>> {
        let call = self.client.get_secret_value().secret_id(secret);
        match call.version_stage(stage).send().await {
            Ok(answer) => Ok(answer.secret_string.map(SecretText)),
            // A version without a value yet has this answer too.
            Err(error)
                if error
                    .as_service_error()
                    .is_some_and(|error| error.is_resource_not_found_exception()) =>
            {
                Ok(None)
            }
            Err(error) => Err(classify("reading the secret", &error)),
        }
    }

    async fn put_pending(&self, secret: &str, version: &str, value: &SecretText) -> Result<bool> {
        let call = self.client.put_secret_value().secret_id(secret);
        let call = call.client_request_token(version).version_stages(PENDING);
        match call.secret_string(&value.0).send().await {
            Ok(_) => Ok(true),
            Err(error)
                if error
                    .as_service_error()
                    .is_some_and(|error| error.is_resource_exists_exception()) =>
            {
                Ok(false)
            }
            Err(error) => Err(classify("writing the secret", &error)),
        }
    }

    async fn make_current(&self, secret: &str, version: &str, instead_of: &str) -> Result<()> {
        let call = self.client.update_secret_version_stage().secret_id(secret);
        let call = call.version_stage(CURRENT).move_to_version_id(version);
        let moved = call.remove_from_version_id(instead_of).send().await;
        moved
            .map(|_| ())
            .map_err(|error| classify("making the new version current", &error))
    }
}

/// Secrets of 32 random bytes from the operating system, in hex digits.
#[derive(Debug, Clone, Copy, Default)]
pub struct RandomSecrets;

impl SecretSource for RandomSecrets {
    fn new_secret(&self) -> Result<SecretText> {
        let mut bytes = [0_u8; SECRET_BYTES];
        getrandom::fill(&mut bytes)
            .map_err(|error| Error::retryable("no random numbers", error))?;
        Ok(SecretText(HEXLOWER.encode(&bytes)))
    }
}
