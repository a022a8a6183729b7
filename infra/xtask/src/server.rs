//! Python servers on ports of loopback.

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

use crate::error::{Error, Result, at};

/// The beginning of every such program.
const END_WITH_PARENT: &str = include_str!("end_with_parent.py");

/// Longest start, in seconds: usually it takes 2, and longer on a loaded machine. A slower one is an error.
const START_LIMIT: Duration = Duration::from_secs(60);
/// Longest orderly end, in seconds. A slower server is killed.
const STOP_LIMIT: Duration = Duration::from_secs(5);
const POLL: Duration = Duration::from_millis(100);

/// A running server. It ends when this is dropped or the process ends.
#[derive(Debug)]
pub(crate) struct Server {
    process: Child,
    port: u16,
    log: PathBuf,
}

impl Server {
    /// Starts a program and waits until it answers 200 under `health`. `python` has the environment and all arguments
    /// except the program itself.
    ///
    /// # Errors
    /// - `LocalAws`: it does not answer; the message shows the end of its log.
    pub(crate) fn start(
        name: &str,
        mut python: Command,
        port: u16,
        health: &str,
        log: &Path,
    ) -> Result<Self> {
        let file = File::create(log).map_err(at(log))?;
        let errors = file.try_clone().map_err(at(log))?;
        let process = python
            .stdin(Stdio::piped())
            .stdout(file)
            .stderr(errors)
            // In a process group of its own, so that its child processes end with it.
            .process_group(0)
            .spawn()
            .map_err(|source| Error::Start {
                program: name.to_owned(),
                source,
            })?;
        let mut this = Self {
            process,
            port,
            log: log.to_owned(),
        };
        this.wait_until_ready(name, health)?;
        Ok(this)
    }

    fn wait_until_ready(&mut self, name: &str, health: &str) -> Result<()> {
        let started = Instant::now();
        loop {
            if self
                .get(health)
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
                let log = self.log_tail();
                return Err(Error::LocalAws(format!("{name}: {what}\n{log}")));
            }
            thread::sleep(POLL);
        }
    }

    /// Sends a request in HTTP/1.1, for which loopback needs no client library.
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

    /// Returns its URL.
    pub(crate) fn endpoint(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Returns the end of its log, for the message of a failure.
    pub(crate) fn log_tail(&self) -> String {
        const LINES: usize = 60;
        let log = fs::read(&self.log).unwrap_or_default();
        let log = String::from_utf8_lossy(&log);
        let lines: Vec<&str> = log.lines().collect();
        lines[lines.len().saturating_sub(LINES)..].join("\n")
    }

    fn signal_group(&self, signal: Signal) {
        if let Some(group) = i32::try_from(self.process.id())
            .ok()
            .and_then(Pid::from_raw)
        {
            // It may have ended already.
            let _ = kill_process_group(group, signal);
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.signal_group(Signal::TERM);
        let started = Instant::now();
        while started.elapsed() < STOP_LIMIT
            && self.process.try_wait().is_ok_and(|ended| ended.is_none())
        {
            thread::sleep(POLL);
        }
        // Also for child processes that outlived it.
        self.signal_group(Signal::KILL);
        let _ = self.process.wait();
    }
}

/// Returns the argument of `python -c` for a program that ends with its parent.
pub(crate) fn program(text: &str) -> String {
    format!("{END_WITH_PARENT}\n{text}")
}

/// Returns a free port of loopback.
pub(crate) fn free_port() -> Result<u16> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
        .and_then(|listener| listener.local_addr())
        .map(|address| address.port())
        .map_err(|error| Error::LocalAws(format!("there is no free port: {error}")))
}
