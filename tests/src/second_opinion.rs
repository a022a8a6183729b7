//! AWS's services as another program than ours has them.

use std::sync::OnceLock;

use aws::SharedConfig;
use aws_config::{BehaviorVersion, Region};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use xtask::{CONTRACT_AT, Moto};

/// Returns the configuration of clients of the place that `LEDGERBELL_CONTRACT_AT` names; without one, of moto, which is
/// started once.
///
/// # Panics
/// Where moto cannot be started.
pub async fn config() -> SharedConfig {
    match std::env::var(CONTRACT_AT) {
        Ok(at) if at == "aws" => aws::client::shared_config().await,
        Ok(at) => local(at),
        Err(_) => local(moto().endpoint()),
    }
}

/// Returns the configuration of clients of moto, which is started once.
///
/// # Panics
/// Where it cannot be started.
#[must_use]
pub fn emulated() -> SharedConfig {
    local(moto().endpoint())
}

fn moto() -> &'static Moto {
    static MOTO: OnceLock<Moto> = OnceLock::new();
    MOTO.get_or_init(|| Moto::start().unwrap_or_else(|error| panic!("{error}")))
}

fn local(endpoint: String) -> SharedConfig {
    let credentials = Credentials::new("contract", "contract", None, None, "contract");
    SharedConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(xtask::REGION))
        .endpoint_url(endpoint)
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .build()
}
