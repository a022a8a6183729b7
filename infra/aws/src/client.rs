//! The clients, with their timeouts and retries.

use std::sync::Arc;
use std::time::Duration;

use aws_credential_types::Credentials;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::config::{BehaviorVersion, HttpClient, Region};

use crate::in_process::{ENDPOINT, InProcess, Transport};
use crate::meter::Meter;
use crate::tables::Tables;
use crate::timeouts;

/// As often as fits into the time of an operation.
const MAX_ATTEMPTS: u32 = 4;
/// Nobody throttles on one machine: what fails there, as on a full disk, fails at
/// once, and a caller is to hear of it before he hangs up.
const LOCAL_BACKOFF: Duration = Duration::from_millis(10);

/// DynamoDB with the names of our tables.
#[derive(Debug, Clone)]
pub struct Dynamo {
    pub(crate) client: Client,
    pub(crate) tables: Tables,
    /// The engine of this machine, and not DynamoDB itself.
    pub(crate) is_local: bool,
    /// Counts where DynamoDB is local; in AWS nobody reads it, and it stays at nothing.
    pub meter: Meter,
}

impl Dynamo {
    /// A DynamoDB in this process.
    pub fn in_process(engine: impl InProcess, tables: Tables) -> Self {
        Dynamo::local(Transport(Arc::new(engine)), ENDPOINT, tables)
    }

    /// A DynamoDB that `http` reaches and that asks for no real credentials.
    pub fn local(http: impl HttpClient + 'static, endpoint: &str, tables: Tables) -> Self {
        let meter = Meter::default();
        let config = aws_sdk_dynamodb::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .endpoint_url(endpoint)
            .region(Region::new("us-east-1"))
            .credentials_provider(Credentials::new("local", "local", None, None, "local"))
            .http_client(http)
            .timeout_config(timeouts::DYNAMODB.config())
            .retry_config(
                RetryConfig::standard()
                    .with_max_attempts(MAX_ATTEMPTS)
                    .with_initial_backoff(LOCAL_BACKOFF),
            )
            .interceptor(meter.clone())
            .build();
        Dynamo {
            client: Client::from_conf(config),
            tables,
            is_local: true,
            meter,
        }
    }

    /// The DynamoDB of the account that the environment names.
    #[cfg(feature = "cloud")]
    pub fn of(shared: &aws_config::SdkConfig) -> Self {
        let config = aws_sdk_dynamodb::config::Builder::from(shared)
            .timeout_config(timeouts::DYNAMODB.config())
            .retry_config(RetryConfig::standard().with_max_attempts(MAX_ATTEMPTS))
            .build();
        Dynamo {
            client: Client::from_conf(config),
            tables: Tables::from_env(),
            is_local: false,
            meter: Meter::default(),
        }
    }
}

/// What all clients share: region and credentials of the environment, and
/// HTTPS by rustls on ring.
#[cfg(feature = "cloud")]
pub async fn shared_config() -> aws_config::SdkConfig {
    use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
    let http = aws_smithy_http_client::Builder::new()
        .tls_provider(Provider::Rustls(CryptoMode::Ring))
        .build_https();
    aws_config::defaults(BehaviorVersion::latest())
        .http_client(http)
        .load()
        .await
}
