//! moto, a second opinion on what AWS takes: an emulator that has nothing in common with the local AWS.

use std::process::Command;

use crate::{
    error::{Result, at},
    python::Python,
    server::{self, Server},
    workspace::output_dir,
};

const LAUNCH: &str = "import sys; from moto.server import main; main(sys.argv[1:])";

/// A running moto. It ends when this is dropped or the process ends.
#[derive(Debug)]
pub struct Moto(Server);

impl Moto {
    /// Starts an empty one.
    ///
    /// # Errors
    /// - `Missing`: its programs cannot be set up.
    /// - `LocalAws`: it does not answer; the message shows the end of its log.
    pub fn start() -> Result<Self> {
        let python = Python::set_up()?;
        let port = server::free_port()?;
        let folder = output_dir().join("moto");
        std::fs::create_dir_all(&folder).map_err(at(&folder))?;
        let mut moto = Command::new(python.program("python"));
        moto.args(["-c", &server::program(LAUNCH)])
            .args(["-H", "127.0.0.1", "-p", &port.to_string()])
            .env("HOME", &folder);
        let log = folder.join(format!("{port}.log"));
        Server::start("moto", moto, port, "/moto-api/data.json", &log).map(Moto)
    }

    /// Returns the URL of all its services.
    #[must_use]
    pub fn endpoint(&self) -> String {
        self.0.endpoint()
    }
}
