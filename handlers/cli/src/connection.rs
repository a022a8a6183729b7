//! Where a running ledgerbell is, and how its answers are shown.

use axum::http::Uri;
use clap::Args;

use crate::client::Client;
use crate::exit::Failure;
use crate::stack::{self, Access, Signer};

const DEFAULT_ENDPOINT: &str = "http://127.0.0.1:8080";

/// What every command has that talks to a running ledgerbell.
#[derive(Debug, Clone, Args)]
pub struct Connection {
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

    /// Print one JSON document on stdout, for programs
    #[arg(long)]
    pub json: bool,

    #[command(flatten)]
    access: Access,
}

impl Connection {
    /// A client, which signs its requests where they go to a stack in AWS.
    ///
    /// # Errors
    /// Where a stack is meant and the command line does not tell enough of it.
    pub fn client(&self) -> Result<Client, Failure> {
        let signer = match stack::is_stack(&self.endpoint, &self.access) {
            true => Some(Signer::new(&self.endpoint, &self.access).map_err(Failure::WrongUse)?),
            false => None,
        };
        Client::new(&self.endpoint, signer).map_err(Failure::Failed)
    }
}
