//! An AWS on this machine: ministack, with signatures and policies checked, on a free port of loopback.

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

/// The region that the local AWS is in.
pub const REGION: &str = "eu-west-1";

/// The name and secret of the root caller, who may do everything. Nothing else can be reached with them.
const ROOT: &str = "local";

/// Starts it, with the six things that it leaves out of AWS.
const LAUNCH: &str = include_str!("ministack.py");

/// A running ministack. It ends when this is dropped, and with the process that started it.
#[derive(Debug)]
pub struct LocalAws {
    // In this order: the folder goes when nobody writes there any more.
    server: Server,
    folder: Folder,
    pub(crate) python: Python,
}

impl LocalAws {
    /// Starts one, empty, and waits until it answers.
    ///
    /// # Errors
    /// Where its programs cannot be set up, or it does not answer; the message shows the end of its log.
    pub fn start() -> Result<Self> {
        let python = Python::set_up()?;
        let port = server::free_port()?;
        let made = Folder::make(output_dir().join(format!("local-aws/{port}")))?;
        let folder = &made.0;

        let mut ministack = Command::new(python.program("python"));
        ministack
            .args(["-c", &server::program(LAUNCH)])
            // The functions inherit this environment: nothing of the caller's own AWS may be in it.
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
            // Servers on ports of their own, which nothing here uses.
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

    /// Where all its services listen.
    #[must_use]
    pub fn endpoint(&self) -> String {
        self.server.endpoint()
    }

    /// Its folder, with its log and the template as deployed.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder.0
    }

    /// The access key and secret of the root caller.
    #[must_use]
    pub fn root_credentials(&self) -> (&'static str, &'static str) {
        (ROOT, ROOT)
    }

    /// The AWS command line, as root of this AWS and of no other.
    #[must_use]
    pub fn aws(&self) -> Command {
        let mut command = Command::new(self.python.program("aws"));
        command
            .env_remove("AWS_PROFILE")
            .env_remove("AWS_SESSION_TOKEN")
            .env("AWS_CONFIG_FILE", "/dev/null")
            .env("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
            .env("AWS_ACCESS_KEY_ID", ROOT)
            .env("AWS_SECRET_ACCESS_KEY", ROOT)
            .env("AWS_DEFAULT_REGION", REGION)
            .env("AWS_REGION", REGION)
            .env("AWS_PAGER", "")
            // Not `--endpoint-url`: `cloudformation package` uploads to S3, and the option is not passed on to that.
            .env_remove("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS")
            .env("AWS_ENDPOINT_URL", self.endpoint());
        command
    }

    /// The end of its log, for a failure's message.
    #[must_use]
    pub fn log_tail(&self) -> String {
        self.server.log_tail()
    }
}

/// A folder of its own. A failed test leaves it, for its logs to be read.
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
