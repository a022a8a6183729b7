//! Where a running ledgerbell is, and how its answers are shown.

use clap::Args;

use crate::client::Client;

const DEFAULT_ENDPOINT: &str = "http://127.0.0.1:8080";

/// What every command has that talks to a running ledgerbell.
#[derive(Debug, Clone, Args)]
pub struct Connection {
    /// Where ledgerbell runs, without /v1
    #[arg(long, value_name = "URL", default_value = DEFAULT_ENDPOINT, value_parser = endpoint)]
    pub endpoint: String,

    /// One JSON document on stdout, for machines
    #[arg(long)]
    pub json: bool,
}

impl Connection {
    pub fn client(&self) -> Client {
        Client::new(&self.endpoint)
    }
}

/// The stack in AWS wants signed requests over TLS, which this program does
/// not send: so it refuses to try.
fn endpoint(text: &str) -> Result<String, String> {
    let rest = text.strip_prefix("http://").ok_or(
        "must begin with http://: these commands talk to `ledgerbell serve`; the API in AWS needs signed requests",
    )?;
    let host_and_port = rest.trim_end_matches('/');
    if host_and_port.is_empty() || host_and_port.contains(['/', '?', '#', '@', ' ']) {
        return Err(
            "must be a URL of host and port alone, without /v1, like http://127.0.0.1:8080"
                .to_owned(),
        );
    }
    Ok(format!("http://{host_and_port}"))
}
