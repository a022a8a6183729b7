//! The connection to SES: when one is reused, and whether a lost one can have carried a mail.

use std::error::Error;
use std::time::Duration;

use aws_smithy_http_client::Builder;
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_smithy_runtime_api::client::result::DispatchFailure;
use hyper_util::client::legacy;

/// A connection that was idle for longer is not used again. A function is frozen between its calls, and SES closes what is
/// idle meanwhile: the mail that finds this out would have an unknown outcome.
pub(super) const IDLE: Duration = Duration::from_secs(5);

/// Returns an HTTPS client whose connections are reused for as long as that at most.
pub(super) fn client(idle: Duration) -> SharedHttpClient {
    Builder::new()
        .pool_idle_timeout(idle)
        .tls_provider(Provider::Rustls(CryptoMode::Ring))
        .build_https()
}

/// Whether the request did not leave: its connection, with TLS, was never there.
pub(super) fn was_never_made(lost: &DispatchFailure) -> bool {
    let mut cause = lost.as_connector_error().map(|error| error as &dyn Error);
    while let Some(error) = cause {
        if let Some(error) = error.downcast_ref::<legacy::Error>() {
            return error.is_connect();
        }
        cause = error.source();
    }
    false
}
