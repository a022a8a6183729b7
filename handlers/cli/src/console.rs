//! `ledgerbell console`: the console, looking at a stack in AWS.

mod admission;
mod credentials;
mod proxy;
mod signature;
#[cfg(feature = "remote")]
mod tls;

use std::net::{Ipv4Addr, SocketAddr};
use std::process::ExitCode;
use std::sync::Arc;

use axum::http::Uri;
use clap::Args;
use tokio::net::TcpListener;

use crate::exit;
use crate::output::line;
use crate::pages::{self, About};
use crate::{origin, signal};
use admission::Admission;
use credentials::CredentialSource;
use proxy::Upstream;

/// Each look costs requests of the stack: one that nobody waits for can wait.
const POLL_MS: u32 = 5_000;

/// Show the console for a stack in AWS, with your own credentials
///
/// The page runs on this machine, and what it asks goes to the stack, signed
/// with the credentials of your environment (AWS_ACCESS_KEY_ID,
/// AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN), or else with what `aws configure
/// export-credentials` gives for your profile. The browser never sees them.
/// What you may do is what your credentials may do.
#[derive(Debug, Clone, Args)]
#[command(verbatim_doc_comment)]
pub struct ConsoleOptions {
    /// Where the stack's API is, without /v1: https://ID.execute-api.REGION.amazonaws.com
    #[arg(long, value_name = "URL", value_parser = endpoint)]
    endpoint: Uri,

    /// The region of the API; from its URL when left out, or else AWS_REGION
    #[arg(long, value_name = "REGION")]
    region: Option<String>,

    /// The profile of the AWS command line whose credentials sign
    #[arg(long, value_name = "NAME")]
    profile: Option<String>,

    /// Port of loopback that the console is at; a free one when left out
    #[arg(
        long,
        value_name = "PORT",
        default_value_t = 0,
        hide_default_value = true
    )]
    port: u16,
}

pub fn run(options: &ConsoleOptions) -> ExitCode {
    if options.endpoint.scheme_str() == Some("https") && !cfg!(feature = "remote") {
        return exit::with(
            exit::WRONG_USE,
            "this ledgerbell was built without TLS, which keeps `cargo run` quick; \
             build it with `cargo build --release --features remote`",
        );
    }
    let Some(region) = region(options) else {
        return exit::with(
            exit::WRONG_USE,
            "the endpoint does not tell its region; name it with --region",
        );
    };
    let source = CredentialSource::new(options.profile.clone());
    // Better to fail here than at the first request of the page.
    if let Err(reason) = source.current() {
        return exit::with(exit::FAILED, reason);
    }
    let upstream = match Upstream::new(&options.endpoint, region, source) {
        Ok(upstream) => upstream,
        Err(reason) => return exit::with(exit::FAILED, reason),
    };
    match tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime.block_on(serve(options, upstream)),
        Err(error) => exit::with(exit::FAILED, format!("no threads to work with: {error}")),
    }
}

async fn serve(options: &ConsoleOptions, upstream: Upstream) -> ExitCode {
    let wanted = SocketAddr::from((Ipv4Addr::LOCALHOST, options.port));
    let listening = async {
        let listener = TcpListener::bind(wanted).await?;
        let address = listener.local_addr()?;
        Ok::<_, std::io::Error>((listener, address))
    };
    let (listener, address) = match listening.await {
        Ok(listening) => listening,
        Err(error) => {
            return exit::with(exit::FAILED, format!("cannot listen on {wanted}: {error}"));
        }
    };
    let endpoint = upstream.endpoint().to_owned();
    let admission = Admission::new(address.port());
    let entrance = admission.entrance();
    let app = pages::router(About {
        mailbox: false,
        endpoint: Some(endpoint.clone()),
        poll_ms: POLL_MS,
    })
    .merge(proxy::router(Arc::new(upstream)));
    let app = origin::guard(admission.guard(app));
    line(format!("The console for {endpoint} is at"));
    line("");
    line(format!("  http://{address}{entrance}"));
    line("");
    line(
        "Whoever has this address acts with your credentials: keep it to yourself. Ctrl-C stops it.",
    );
    match axum::serve(listener, app)
        .with_graceful_shutdown(signal::stop())
        .await
    {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => exit::with(exit::FAILED, error),
    }
}

/// What was said, what the endpoint's name says, or what the environment says.
fn region(options: &ConsoleOptions) -> Option<String> {
    let of_environment = || {
        let names = ["AWS_REGION", "AWS_DEFAULT_REGION"];
        names.iter().find_map(|name| std::env::var(name).ok())
    };
    let of_endpoint = options.endpoint.host().and_then(region_of_host);
    options
        .region
        .clone()
        .or(of_endpoint.map(str::to_owned))
        .or_else(of_environment)
        .filter(|region| !region.is_empty())
}

/// `eu-west-1` of `abc123.execute-api.eu-west-1.amazonaws.com`.
fn region_of_host(host: &str) -> Option<&str> {
    let (_, rest) = host.split_once(".execute-api.")?;
    let (region, domain) = rest.split_once('.')?;
    domain.starts_with("amazonaws.com").then_some(region)
}

fn endpoint(text: &str) -> Result<Uri, String> {
    const FORM: &str = "must be a URL of host and port, without /v1, like https://ID.execute-api.REGION.amazonaws.com";
    let uri: Uri = text.trim_end_matches('/').parse().map_err(|_| FORM)?;
    let usual = matches!(uri.scheme_str(), Some("http" | "https"));
    let plain = uri.query().is_none() && matches!(uri.path(), "" | "/");
    // Signed or not: in clear, what the bank's accounts hold is for all on the way to read.
    let local = uri.host().is_some_and(|host| {
        matches!(host, "127.0.0.1" | "localhost" | "[::1]") || host.ends_with(".localhost")
    });
    match uri.host() {
        Some(_) if usual && plain && !text.contains('@') => {
            if uri.scheme_str() == Some("http") && !local {
                return Err("must begin with https:// but for what runs on this machine".to_owned());
            }
            Ok(uri)
        }
        _ => Err(FORM.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
    fn an_endpoint_is_a_host_and_in_clear_only_on_this_machine() {
        for good in [
            "https://a1.execute-api.eu-west-1.amazonaws.com",
            "https://ledger.bank.example:8443/",
            "http://127.0.0.1:4566",
            "http://a1.execute-api.localhost:4566",
        ] {
            assert!(endpoint(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            "a1.execute-api.eu-west-1.amazonaws.com",
            "ftp://127.0.0.1",
            "http://ledger.bank.example",
            "https://ledger.bank.example/v1",
            "https://ledger.bank.example?x",
            "https://me@ledger.bank.example",
        ] {
            assert!(endpoint(bad).is_err(), "{bad}");
        }
    }
}
