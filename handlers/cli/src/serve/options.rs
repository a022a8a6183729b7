//! The options of `serve`.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Args;

const DEFAULT_LISTEN: &str = "127.0.0.1:8080";
const DEFAULT_DATA_DIR: &str = ".ledgerbell";
const DEFAULT_BANK_NAME: &str = "Example Bank";
const DEFAULT_MAIL_FROM: &str = "notifications@bank.example";

#[derive(Debug, Clone, Args)]
pub(crate) struct ServeOptions {
    /// Address and port of API, console and mailbox
    #[arg(long, value_name = "ADDRESS:PORT", default_value = DEFAULT_LISTEN, value_parser = listen)]
    pub listen: SocketAddr,

    /// Folder for all data; created if missing
    #[arg(long, value_name = "DIR", default_value = DEFAULT_DATA_DIR)]
    pub data_dir: PathBuf,

    /// Listen on an address that others can reach. There is no sign-in: anybody who can reach
    /// it can read every account and append events
    #[arg(long)]
    pub allow_remote: bool,

    /// Name under which mails are signed
    #[arg(long, value_name = "NAME", default_value = DEFAULT_BANK_NAME)]
    pub bank_name: String,

    /// Sender of the mails
    #[arg(long, value_name = "ADDRESS", default_value = DEFAULT_MAIL_FROM)]
    pub mail_from: String,

    /// Name before the sender's address [default: the bank's name]
    #[arg(long, value_name = "NAME")]
    pub mail_from_name: Option<String>,
}

impl ServeOptions {
    /// Returns the name before the sender's address.
    pub(crate) fn mail_from_name(&self) -> &str {
        self.mail_from_name.as_deref().unwrap_or(&self.bank_name)
    }
}

/// Reads an address, or the only name that is loopback everywhere (RFC 6761,
/// section 6.3). Other names could resolve to other machines.
fn listen(text: &str) -> Result<SocketAddr, String> {
    let address = match text.strip_prefix("localhost:") {
        Some(port) => format!("127.0.0.1:{port}"),
        None => text.to_owned(),
    };
    address
        .parse()
        .map_err(|_| "must be an address and a port, like 127.0.0.1:8080 or [::1]:8080".to_owned())
}

impl Default for ServeOptions {
    fn default() -> Self {
        ServeOptions {
            listen: SocketAddr::from(([127, 0, 0, 1], 8080)),
            data_dir: PathBuf::from(DEFAULT_DATA_DIR),
            allow_remote: false,
            bank_name: DEFAULT_BANK_NAME.to_owned(),
            mail_from: DEFAULT_MAIL_FROM.to_owned(),
            mail_from_name: None,
        }
    }
}
