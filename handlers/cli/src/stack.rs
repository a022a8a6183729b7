//! A stack in AWS: its address, and the signatures of requests to it.

mod credentials;
mod signature;
#[cfg(feature = "remote")]
mod tls;

use std::net::IpAddr;
use std::time::{Duration, SystemTime};

use axum::http::Uri;
use clap::Args;
use ureq::Agent;

use credentials::CredentialSource;
pub(crate) use signature::Unsigned;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
#[cfg(not(feature = "remote"))]
const WITHOUT_TLS: &str = "this ledgerbell was built without TLS, which keeps `cargo run` quick; \
                           build it with `cargo build --release --features remote`";

/// The options for signing requests to a stack: credentials and region.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
#[command(next_help_heading = "For a stack in AWS")]
pub(crate) struct Access {
    /// The region of the API; by default from its URL, or else AWS_REGION
    #[arg(long, value_name = "REGION")]
    pub region: Option<String>,

    /// The profile of the AWS command line whose credentials sign requests
    #[arg(long, value_name = "NAME")]
    pub profile: Option<String>,
}

/// A signer of requests to one stack.
#[derive(Debug)]
pub(crate) struct Signer {
    region: String,
    credentials: CredentialSource,
}

impl Signer {
    /// Returns a signer for the stack of an endpoint.
    ///
    /// # Errors
    /// The region is unknown.
    pub(crate) fn new(endpoint: &Uri, access: &Access) -> Result<Self, String> {
        let region = region(endpoint, access)
            .ok_or("the endpoint does not contain its region; give it with --region")?;
        Ok(Signer {
            region,
            credentials: CredentialSource::new(access.profile.clone()),
        })
    }

    /// Checks that there are credentials.
    ///
    /// # Errors
    /// There are none.
    pub(crate) fn check(&self) -> Result<(), String> {
        self.credentials.current().map(drop)
    }

    /// Returns the headers that sign this request at the present time.
    ///
    /// # Errors
    /// There are no credentials, or the request cannot be signed.
    pub(crate) fn sign(&self, request: &Unsigned<'_>) -> Result<Vec<(String, String)>, String> {
        let credentials = self.credentials.current()?;
        signature::headers(request, &credentials, &self.region, SystemTime::now())
    }
}

/// Returns an HTTP client for this endpoint.
///
/// # Errors
/// The endpoint needs TLS, but this machine trusts no certificates or the program
/// has no TLS.
pub(crate) fn agent(endpoint: &Uri, request_timeout: Duration) -> Result<Agent, String> {
    let config = Agent::config_builder()
        .timeout_global(Some(request_timeout))
        .timeout_connect(Some(CONNECT_TIMEOUT))
        .http_status_as_error(false)
        // A signature is valid for one address only.
        .max_redirects(0)
        .user_agent(concat!("ledgerbell/", env!("CARGO_PKG_VERSION")))
        .allow_non_standard_methods(true);
    // Endpoints on this machine are not reached through a proxy.
    let config = match is_local(endpoint) {
        true => config.proxy(None),
        false => config,
    };
    if endpoint.scheme_str() != Some("https") {
        return Ok(config.build().new_agent());
    }
    #[cfg(feature = "remote")]
    {
        Ok(config.tls_config(tls::config()?).build().new_agent())
    }
    #[cfg(not(feature = "remote"))]
    {
        Err(WITHOUT_TLS.to_owned())
    }
}

/// Reads a URL of host and port.
///
/// # Errors
/// The fault of the URL, for the person who typed it.
pub(crate) fn endpoint(text: &str) -> Result<Uri, String> {
    const FORM: &str = "must be a URL of host and port alone, without /v1, like http://127.0.0.1:8080 \
                        or https://ID.execute-api.REGION.amazonaws.com";
    let uri: Uri = text.trim_end_matches('/').parse().map_err(|_| FORM)?;
    let usual = matches!(uri.scheme_str(), Some("http" | "https"));
    let plain = uri.query().is_none() && matches!(uri.path(), "" | "/");
    match uri.host() {
        Some(host) if !host.is_empty() && usual && plain && !text.contains(['@', '#']) => Ok(uri),
        _ => Err(FORM.to_owned()),
    }
}

/// Reads a URL that must use TLS unless it is this machine's.
///
/// # Errors
/// The fault of the URL, for the person who typed it.
pub(crate) fn protected_endpoint(text: &str) -> Result<Uri, String> {
    let uri = endpoint(text)?;
    // Even signed requests: without TLS, everybody on the way could read the accounts.
    if uri.scheme_str() == Some("http") && !is_local(&uri) {
        return Err("must begin with https://, except on this machine".to_owned());
    }
    Ok(uri)
}

/// Whether requests to it must be signed: `ledgerbell serve` has neither TLS nor
/// such a name.
pub(crate) fn is_stack(endpoint: &Uri, access: &Access) -> bool {
    let named = endpoint
        .host()
        .is_some_and(|host| host.contains(".execute-api."));
    named || endpoint.scheme_str() == Some("https") || *access != Access::default()
}

/// Whether the host is this machine: a loopback address, or a name that resolves
/// to one everywhere (RFC 6761, section 6.3).
pub(crate) fn is_local(endpoint: &Uri) -> bool {
    endpoint.host().is_some_and(|host| {
        let address: Result<IpAddr, _> = host.trim_matches(['[', ']']).parse();
        address.is_ok_and(crate::origin::is_loopback)
            || host == "localhost"
            || host.ends_with(".localhost")
    })
}

/// Returns the region from the option, the endpoint's name or the environment.
fn region(endpoint: &Uri, access: &Access) -> Option<String> {
    let of_environment = || {
        let names = ["AWS_REGION", "AWS_DEFAULT_REGION"];
        names.iter().find_map(|name| std::env::var(name).ok())
    };
    let of_endpoint = endpoint.host().and_then(region_of_host);
    access
        .region
        .clone()
        .or(of_endpoint.map(str::to_owned))
        .or_else(of_environment)
        .filter(|region| !region.is_empty())
}

/// Returns `eu-west-1` for `abc123.execute-api.eu-west-1.amazonaws.com`.
fn region_of_host(host: &str) -> Option<&str> {
    let (_, rest) = host.split_once(".execute-api.")?;
    let (region, domain) = rest.split_once('.')?;
    domain.starts_with("amazonaws.com").then_some(region)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_loopback_is_this_machine() {
        let is_local = |endpoint: &str| is_local(&endpoint.parse().unwrap());
        for endpoint in [
            "http://127.0.0.1:8080",
            "http://localhost",
            "http://[::1]:1",
            "http://127.9.9.9:1/restapis/1",
            "http://id.execute-api.localhost:4566",
        ] {
            assert!(is_local(endpoint), "{endpoint}");
        }
        for endpoint in [
            "http://10.0.0.1:8080",
            "http://localhost.example",
            "http://127.0.0.1.example:1",
            "http://[2001:db8::1]",
        ] {
            assert!(!is_local(endpoint), "{endpoint}");
        }
    }

    #[test]
    fn the_region_is_read_from_the_name_that_aws_gives_an_api() {
        for (host, region) in [
            ("a1.execute-api.eu-west-1.amazonaws.com", Some("eu-west-1")),
            (
                "a1.execute-api.cn-north-1.amazonaws.com.cn",
                Some("cn-north-1"),
            ),
            ("a1.execute-api.eu-west-1.example.com", None),
            ("ledger.bank.example", None),
        ] {
            assert_eq!(region_of_host(host), region, "{host}");
        }
    }

    #[test]
    fn an_endpoint_is_a_host_and_without_tls_only_on_this_machine() {
        for good in [
            "https://a1.execute-api.eu-west-1.amazonaws.com",
            "https://ledger.bank.example:8443/",
            "http://127.0.0.1:4566",
            "http://a1.execute-api.localhost:4566",
        ] {
            assert!(protected_endpoint(good).is_ok(), "{good}");
        }
        assert!(endpoint("http://192.0.2.1:8080").is_ok());
        for bad in [
            "",
            "a1.execute-api.eu-west-1.amazonaws.com",
            "ftp://127.0.0.1",
            "http://ledger.bank.example",
            "https://ledger.bank.example/v1",
            "https://ledger.bank.example?x",
            "https://me@ledger.bank.example",
        ] {
            assert!(protected_endpoint(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn requests_to_a_stack_are_signed() {
        let nobody = Access::default();
        let somebody = Access {
            profile: Some("bank".to_owned()),
            ..Access::default()
        };
        for (text, access, signed) in [
            ("http://127.0.0.1:8080", &nobody, false),
            ("http://192.0.2.1:8080", &nobody, false),
            ("http://127.0.0.1:8080", &somebody, true),
            ("http://a1.execute-api.localhost:4566", &nobody, true),
            ("https://ledger.bank.example", &nobody, true),
        ] {
            assert_eq!(is_stack(&endpoint(text).unwrap(), access), signed, "{text}");
        }
    }
}
