//! microburst: a proxy between the functions and the local AWS that throttles, delays, cuts off and truncates.
//!
//! Which calls it disturbs, and how, are rules that it is given over HTTP under `/_microburst/rules`.

use std::process::Command;

use crate::{
    error::Result,
    local_aws::LocalAws,
    server::{self, Server},
};

/// Starts it, with the two things that it cannot be told.
const LAUNCH: &str = include_str!("microburst.py");

/// A running microburst. It ends when this is dropped, and with the process that started it.
#[derive(Debug)]
pub struct FaultProxy {
    server: Server,
}

impl FaultProxy {
    /// Starts one before a local AWS, without rules: it hands on what it gets.
    ///
    /// # Errors
    /// Where it does not answer; the message shows the end of its log.
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

    /// Where it listens, for the functions' calls and for its rules.
    #[must_use]
    pub fn endpoint(&self) -> String {
        self.server.endpoint()
    }

    /// The end of its log, for a failure's message.
    #[must_use]
    pub fn log_tail(&self) -> String {
        self.server.log_tail()
    }
}
