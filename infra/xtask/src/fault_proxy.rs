//! microburst, a proxy between the functions and the local AWS that throttles, delays, cuts off and truncates calls.
//!
//! Its rules, set over HTTP under `/_microburst/rules`, decide which calls it disturbs and how.

use std::process::Command;

use crate::{
    error::Result,
    local_aws::LocalAws,
    server::{self, Server},
};

/// The program that starts it, with two changes for which it has no options.
const LAUNCH: &str = include_str!("microburst.py");

/// A running microburst. It ends when this is dropped or the process ends.
#[derive(Debug)]
pub struct FaultProxy {
    server: Server,
}

impl FaultProxy {
    /// Starts a proxy in front of a local AWS. Without rules, it passes every call on.
    ///
    /// # Errors
    /// - `LocalAws`: it does not answer; the message shows the end of its log.
    pub fn start(aws: &LocalAws) -> Result<Self> {
        let port = server::free_port()?;
        let mut microburst = Command::new(aws.python.program("python"));
        microburst
            .args(["-c", &server::program(LAUNCH), "--no-resign"])
            .args(["--host", "127.0.0.1", "--port", &port.to_string()])
            .args(["--upstream", &aws.endpoint()])
            .env("HOME", aws.folder());
        let log = aws.folder().join("microburst.log");
        let server = Server::start("microburst", microburst, port, "/_microburst/health", &log)?;
        Ok(Self { server })
    }

    /// Returns its URL, for the functions' calls and for its rules.
    #[must_use]
    pub fn endpoint(&self) -> String {
        self.server.endpoint()
    }

    /// Returns the end of its log, for the message of a failure.
    #[must_use]
    pub fn log_tail(&self) -> String {
        self.server.log_tail()
    }
}
