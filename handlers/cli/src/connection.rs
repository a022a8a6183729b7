//! The options of every client: the endpoint, the stack and the output format.

use axum::http::Uri;
use clap::Args;

use crate::client::Client;
use crate::exit::Failure;
use crate::flags::{Format, Output};
use crate::stack::{self, Access, Signer};

const DEFAULT_ENDPOINT: &str = "http://127.0.0.1:8080";

/// The options of every command that is a client of a running ledgerbell.
#[derive(Debug, Clone, Args)]
pub(crate) struct Connection {
    /// URL of ledgerbell, without /v1
    #[arg(
        long,
        value_name = "URL",
        env = "LEDGERBELL_ENDPOINT",
        hide_env_values = true,
        default_value = DEFAULT_ENDPOINT,
        value_parser = stack::endpoint
    )]
    pub endpoint: Uri,

    #[command(flatten)]
    output: Output,

    #[command(flatten)]
    access: Access,
}

impl Connection {
    pub(crate) fn format(&self) -> Format {
        self.output.format()
    }

    pub(crate) fn json(&self) -> bool {
        self.output.json()
    }

    /// Returns a client, which signs its requests if they go to a stack in AWS.
    ///
    /// # Errors
    /// The options do not identify a stack's region, or the URL is invalid.
    pub(crate) fn client(&self) -> Result<Client, Failure> {
        let signer = match stack::is_stack(&self.endpoint, &self.access) {
            true => Some(Signer::new(&self.endpoint, &self.access).map_err(Failure::WrongUse)?),
            false => None,
        };
        Client::new(&self.endpoint, signer).map_err(Failure::Failed)
    }
}
