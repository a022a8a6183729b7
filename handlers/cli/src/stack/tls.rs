//! TLS to the stack: rustls on ring, and the certificates that this machine trusts.

use std::sync::Arc;

use ureq::tls::{Certificate, RootCerts, TlsConfig};

pub(super) fn config() -> Result<TlsConfig, String> {
    let found = rustls_native_certs::load_native_certs();
    if found.certs.is_empty() {
        return Err(format!(
            "this machine trusts no certificates, so none can be checked: {:?}",
            found.errors
        ));
    }
    let roots: Vec<Certificate<'static>> = found
        .certs
        .iter()
        .map(|certificate| Certificate::from_der(certificate).to_owned())
        .collect();
    Ok(TlsConfig::builder()
        .root_certs(RootCerts::Specific(Arc::new(roots)))
        .unversioned_rustls_crypto_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .build())
}
