//! The local AWS: ministack on a free port of loopback, with checks of signatures and policies.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    thread,
};

use crate::{
    error::{Result, at},
    python::Python,
    server::{self, Server},
    workspace::output_dir,
};

/// The region of the local AWS.
pub const REGION: &str = "eu-west-1";

/// Access key and secret of the root caller, who may do everything. They are valid nowhere else.
const ROOT: &str = "local";

/// The program that starts it, with six features of AWS that it lacks.
const LAUNCH: &str = include_str!("ministack.py");

/// A running ministack. It ends when this is dropped or the process ends.
#[derive(Debug)]
pub struct LocalAws {
    // The order matters: the folder is removed after the server, which writes there, has ended.
    server: Server,
    folder: Folder,
    pub(crate) python: Python,
}

impl LocalAws {
    /// Starts an empty AWS and waits until it answers.
    ///
    /// # Errors
    /// - `Missing`: its programs cannot be set up.
    /// - `LocalAws`: it does not answer; the message shows the end of its log.
    pub fn start() -> Result<Self> {
        let python = Python::set_up()?;
        let port = server::free_port()?;
        let made = Folder::make(output_dir().join(format!("local-aws/{port}")))?;
        let folder = &made.0;

        let mut ministack = Command::new(python.program("python"));
        ministack
            .args(["-c", &server::program(LAUNCH)])
            // The functions inherit this environment, so it must contain nothing of the caller's own AWS.
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", folder)
            .env("TMPDIR", folder)
            .env("S3_DATA_DIR", folder.join("s3"))
            .env("STATE_DIR", folder.join("state"))
            .env("GATEWAY_PORT", port.to_string())
            .env("BIND_HOST", "127.0.0.1")
            .env("MINISTACK_REGION", REGION)
            .env("AWS_ENDPOINT_URL", format!("http://127.0.0.1:{port}"))
            .env("AWS_ACCESS_KEY_ID", ROOT)
            .env("AWS_SECRET_ACCESS_KEY", ROOT)
            .env("AUTH", "true")
            // Disables servers on other ports, which nothing here uses.
            .env("SFTP_ENABLED", "false")
            .env("IOT_MTLS_ENABLED", "false");
        let log = folder.join("ministack.log");
        let server = Server::start("ministack", ministack, port, "/_ministack/health", &log)?;
        Ok(Self {
            server,
            folder: made,
            python,
        })
    }

    /// Returns the URL of all its services.
    #[must_use]
    pub fn endpoint(&self) -> String {
        self.server.endpoint()
    }

    /// Returns its folder, with its log and the deployed template.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder.0
    }

    /// Returns access key and secret of the root caller.
    #[must_use]
    pub fn root_credentials(&self) -> (&'static str, &'static str) {
        (ROOT, ROOT)
    }

    /// Returns a command of the AWS command line, as the root caller of this AWS.
    #[must_use]
    pub fn aws(&self) -> Command {
        self.with_aws(Command::new(self.python.program("aws")))
    }

    /// Returns this command, with which `aws` is the command line as the root caller of this AWS.
    pub(crate) fn with_aws(&self, mut command: Command) -> Command {
        command
            .env("PATH", self.python.search_path())
            .env_remove("AWS_PROFILE")
            .env_remove("AWS_SESSION_TOKEN")
            .env("AWS_CONFIG_FILE", "/dev/null")
            .env("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
            .env("AWS_ACCESS_KEY_ID", ROOT)
            .env("AWS_SECRET_ACCESS_KEY", ROOT)
            .env("AWS_DEFAULT_REGION", REGION)
            .env("AWS_REGION", REGION)
            .env("AWS_PAGER", "")
            // `--endpoint-url` would not apply to the uploads of `cloudformation package` to S3.
            .env_remove("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS")
            .env("AWS_ENDPOINT_URL", self.endpoint());
        command
    }

    /// Returns the end of its log, for the message of a failure.
    #[must_use]
    pub fn log_tail(&self) -> String {
        self.server.log_tail()
    }
}

/// A temporary folder. A failed test leaves it behind with its logs.
#[derive(Debug)]
struct Folder(PathBuf);

impl Folder {
    fn make(path: PathBuf) -> Result<Self> {
        if path.exists() {
            fs::remove_dir_all(&path).map_err(at(&path))?;
        }
        fs::create_dir_all(&path).map_err(at(&path))?;
        Ok(Self(path))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if !thread::panicking() {
            let _ = fs::remove_dir_all(&self.0);
        }
    }
}
