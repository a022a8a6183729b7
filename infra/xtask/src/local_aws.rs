//! An AWS on this machine: ministack, with signatures and policies checked, on a free port of loopback.

use std::{
    fs::{self, File},
    io::{Read, Write},
    net::{Ipv4Addr, TcpListener, TcpStream},
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process_group};

use crate::{
    error::{Error, Result, at},
    python::Python,
    workspace::output_dir,
};

/// The region that the local AWS is in.
pub const REGION: &str = "eu-west-1";

/// The name and secret of the root caller, who may do everything. Nothing else can be reached with them.
const ROOT: &str = "local";

/// A start takes 2 s; a loaded machine may take long.
const START_LIMIT: Duration = Duration::from_secs(60);
/// What an orderly end may take before it is forced.
const STOP_LIMIT: Duration = Duration::from_secs(5);
const POLL: Duration = Duration::from_millis(100);

/// Ends with its parent, whatever the parent's end: nobody else holds the other side of its standard input.
const LAUNCH: &str = "\
import os, signal, sys, threading
def end_with_parent():
    sys.stdin.buffer.read()
    os.killpg(0, signal.SIGTERM)
threading.Thread(target=end_with_parent, daemon=True).start()
from ministack.app import main
sys.argv = ['ministack']
main()
";

/// A running ministack. It ends when this is dropped, and with the process that started it.
#[derive(Debug)]
pub struct LocalAws {
    process: Child,
    port: u16,
    folder: PathBuf,
    python: Python,
}

impl LocalAws {
    /// Starts one, empty, and waits until it answers.
    ///
    /// # Errors
    /// Where its programs cannot be set up, or it does not answer; the message shows the end of its log.
    pub fn start() -> Result<Self> {
        let python = Python::set_up()?;
        let port =
            free_port().map_err(|error| Error::LocalAws(format!("no free port: {error}")))?;
        let folder = output_dir().join(format!("local-aws/{port}"));
        if folder.exists() {
            fs::remove_dir_all(&folder).map_err(at(&folder))?;
        }
        fs::create_dir_all(&folder).map_err(at(&folder))?;
        let log_path = folder.join("ministack.log");
        let log = File::create(&log_path).map_err(at(&log_path))?;
        let errors = log.try_clone().map_err(at(&log_path))?;

        let process = Command::new(python.program("python"))
            .args(["-c", LAUNCH])
            // The functions inherit this environment: nothing of the caller's own AWS may be in it.
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", &folder)
            .env("TMPDIR", &folder)
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
            .env("IOT_MTLS_ENABLED", "false")
            .stdin(Stdio::piped())
            .stdout(log)
            .stderr(errors)
            // A group of its own, so that the functions' processes end with it.
            .process_group(0)
            .spawn()
            .map_err(|source| Error::Start {
                program: "ministack".to_owned(),
                source,
            })?;
        let mut this = Self {
            process,
            port,
            folder,
            python,
        };
        this.wait_until_ready()?;
        Ok(this)
    }

    fn wait_until_ready(&mut self) -> Result<()> {
        let started = Instant::now();
        loop {
            if self
                .get("/_ministack/health")
                .is_ok_and(|answer| answer.starts_with("HTTP/1.1 200"))
            {
                return Ok(());
            }
            let ended = self.process.try_wait().ok().flatten();
            if ended.is_some() || started.elapsed() > START_LIMIT {
                let what = ended.map_or_else(
                    || "no answer".to_owned(),
                    |status| format!("ended ({status})"),
                );
                return Err(Error::LocalAws(format!("{what}\n{}", self.log_tail())));
            }
            thread::sleep(POLL);
        }
    }

    /// One request of HTTP/1.1 on loopback, which needs no client library.
    fn get(&self, path: &str) -> std::io::Result<String> {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port))?;
        stream.set_read_timeout(Some(START_LIMIT))?;
        write!(
            stream,
            "GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
        )?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer)?;
        Ok(String::from_utf8_lossy(&answer).into_owned())
    }

    /// Where all its services listen.
    #[must_use]
    pub fn endpoint(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Its folder, with its log and the template as deployed.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
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
        const LINES: usize = 60;
        let log = fs::read(self.folder.join("ministack.log")).unwrap_or_default();
        let log = String::from_utf8_lossy(&log);
        let lines: Vec<&str> = log.lines().collect();
        lines[lines.len().saturating_sub(LINES)..].join("\n")
    }

    fn signal_group(&self, signal: Signal) {
        if let Some(group) = i32::try_from(self.process.id())
            .ok()
            .and_then(Pid::from_raw)
        {
            // It may have ended by itself.
            let _ = kill_process_group(group, signal);
        }
    }
}

impl Drop for LocalAws {
    fn drop(&mut self) {
        self.signal_group(Signal::TERM);
        let started = Instant::now();
        while started.elapsed() < STOP_LIMIT
            && self.process.try_wait().is_ok_and(|ended| ended.is_none())
        {
            thread::sleep(POLL);
        }
        // Also what of its functions outlived it.
        self.signal_group(Signal::KILL);
        let _ = self.process.wait();
        // A failed test leaves its log to be read.
        if !thread::panicking() {
            let _ = fs::remove_dir_all(&self.folder);
        }
    }
}

fn free_port() -> std::io::Result<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?
        .local_addr()?
        .port())
}
