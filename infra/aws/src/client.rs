//! The client of DynamoDB and the configuration that all clients share, with timeouts and retries.

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

/// Attempts of one operation: as many as fit into its timeout of 12 s. Then its error is returned.
const MAX_ATTEMPTS: u32 = 4;
/// Nothing throttles on one machine. A failure there, like a full disk, is immediate, and the caller should get it before
/// he hangs up.
const LOCAL_BACKOFF: Duration = Duration::from_millis(10);

/// A DynamoDB, with the names of our tables: the one of an account, or an engine of this machine.
///
/// An answer takes up to 4 s, an operation with its four attempts up to 12 s.
#[derive(Debug, Clone)]
pub struct Dynamo {
    pub(crate) client: Client,
    pub(crate) tables: Tables,
    /// Whether an engine of this machine answers, instead of DynamoDB itself.
    pub(crate) is_local: bool,
    /// Counts the requests to a local DynamoDB. In AWS nobody reads the counts, and they stay zero.
    pub meter: Meter,
}

impl Dynamo {
    /// Returns a client of an engine in this process.
    pub fn in_process(engine: impl InProcess, tables: Tables) -> Self {
        Dynamo::local(Transport(Arc::new(engine)), ENDPOINT, tables)
    }

    /// Returns a client of a local DynamoDB, which `http` reaches at `endpoint` and which checks no credentials.
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

    /// Returns a client of DynamoDB in the region and account of `shared`, with the tables of [`Tables::from_env`].
    #[cfg(feature = "cloud")]
    pub fn of(shared: &aws_config::SdkConfig) -> Self {
        Dynamo::with_tables(shared, Tables::from_env())
    }

    /// Returns a client of DynamoDB in the region and account of `shared`, with these tables.
    #[cfg(feature = "cloud")]
    pub fn with_tables(shared: &aws_config::SdkConfig, tables: Tables) -> Self {
        let config = aws_sdk_dynamodb::config::Builder::from(shared)
            .timeout_config(timeouts::DYNAMODB.config())
            .retry_config(RetryConfig::standard().with_max_attempts(MAX_ATTEMPTS))
            .build();
        Dynamo {
            client: Client::from_conf(config),
            tables,
            is_local: false,
            meter: Meter::default(),
        }
    }
}

/// Returns the configuration that all clients share: region and credentials of the environment, and HTTPS by rustls on
/// ring.
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
