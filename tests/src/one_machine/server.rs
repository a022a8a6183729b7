//! One `ledgerbell serve`.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Resource, Rlimit, Signal, kill_process, prlimit};
use tempfile::TempDir;

use super::api::Api;
use super::binary::ledgerbell;
use super::disk::Disk;
use super::ports::listening;

/// How long a start may take on a loaded machine.
const START_WITHIN: Duration = Duration::from_secs(60);
/// Lines of the log that a failing test shows.
const LOG_LINES: usize = 40;
/// Below Linux's range for outgoing connections: while a server is down, a
/// client that tries its port cannot be given that port itself.
const FIRST_PORT: u16 = 20_000;
const PORTS: u16 = 12_000;

/// A data folder, and the log of the servers that ran on it. Both go with it.
#[derive(Debug)]
pub struct Folder(TempDir);

impl Folder {
    /// # Panics
    /// Where no temporary folder can be made.
    #[must_use]
    pub fn new() -> Self {
        Folder(tempfile::tempdir().expect("there is room for a temporary folder"))
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.0.path().join("data")
    }

    fn log(&self) -> PathBuf {
        self.0.path().join("log")
    }

    /// All that the servers on it have logged.
    ///
    /// # Panics
    /// Where none has.
    #[must_use]
    pub fn logged(&self) -> String {
        fs::read_to_string(self.log()).expect("a server has run on it")
    }

    /// In a folder of this filesystem.
    ///
    /// # Panics
    /// Where no folder can be made there.
    #[must_use]
    pub fn on(filesystem: &Path) -> Self {
        Folder(tempfile::tempdir_in(filesystem).expect("there is room for a folder"))
    }

    /// The files, to look into and to damage.
    #[must_use]
    pub fn disk(&self) -> Disk {
        Disk::new(self.data())
    }
}

impl Default for Folder {
    fn default() -> Self {
        Folder::new()
    }
}

/// A server that is not ready yet.
#[derive(Debug)]
pub struct Starting {
    server: Server,
    lines: mpsc::Receiver<String>,
}

impl Starting {
    /// Waits until it is.
    ///
    /// # Panics
    /// Where that takes too long.
    #[must_use]
    pub fn ready(mut self) -> Server {
        self.server.base = self.server.wait_for_address(&self.lines);
        self.server.wait_for_health();
        self.server
    }

    /// Ends it before it is: SIGKILL.
    ///
    /// # Panics
    /// Where it had ended by itself.
    pub fn kill(self) {
        self.server.kill();
    }
}

/// How a start was refused.
#[derive(Debug)]
pub struct Refusal {
    pub code: Option<i32>,
    /// All that it said on stderr.
    pub complaint: String,
}

impl Refusal {
    /// The one line that says why.
    ///
    /// # Panics
    /// When it is not one line, or the start has not failed.
    #[track_caller]
    #[must_use]
    pub fn line(&self) -> &str {
        assert_eq!(self.code, Some(1), "{self:?}");
        assert_eq!(self.complaint.lines().count(), 1, "{self:?}");
        self.complaint.trim_end()
    }
}

/// `ledgerbell serve` on the folder, its log beside the data. A file that may
/// not grow is an error to it and not its death, as on a disk that is full.
fn serve(folder: &Folder, port: u16) -> Command {
    let log = File::options()
        .create(true)
        .append(true)
        .open(folder.log())
        .expect("a log can be written beside the data");
    let mut command = Command::new("sh");
    command
        .args(["-c", "trap '' XFSZ; exec \"$0\" \"$@\""])
        .arg(ledgerbell())
        .args(["serve", "--listen", &format!("127.0.0.1:{port}")])
        .arg("--data-dir")
        .arg(folder.data())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(log);
    command
}

/// A running server. It is killed when it is dropped.
#[derive(Debug)]
pub struct Server {
    child: Child,
    base: String,
    log: PathBuf,
}

impl Server {
    /// Starts on a port of the system's choice.
    ///
    /// # Panics
    /// Where it is not ready in time.
    #[must_use]
    pub fn start(folder: &Folder) -> Self {
        Server::start_on(folder, 0)
    }

    /// Starts on this port, and answers when it is ready.
    ///
    /// # Panics
    /// Where it is not ready in time.
    #[must_use]
    pub fn start_on(folder: &Folder, port: u16) -> Self {
        Server::launch_on(folder, port).ready()
    }

    /// Starts on this port, and does not wait.
    ///
    /// # Panics
    /// Where the binary cannot be run.
    #[must_use]
    pub fn launch_on(folder: &Folder, port: u16) -> Starting {
        Server::launch(folder, serve(folder, port))
    }

    /// Starts one that logs what this filter lets through.
    ///
    /// # Panics
    /// Where it is not ready in time.
    #[must_use]
    pub fn start_logging(folder: &Folder, filter: &str) -> Self {
        let mut command = serve(folder, 0);
        command.env("RUST_LOG", filter);
        Server::launch(folder, command).ready()
    }

    fn launch(folder: &Folder, mut command: Command) -> Starting {
        let mut child = command
            .stdout(Stdio::piped())
            .spawn()
            .expect("the binary can be run");
        let stdout = child.stdout.take().expect("its output was asked for");
        let (told, lines) = mpsc::channel();
        // Reads to the end: a full pipe would hold the server.
        std::thread::spawn(move || {
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                let _ = told.send(line);
            }
        });
        let server = Server {
            child,
            base: String::new(),
            log: folder.log(),
        };
        Starting { server, lines }
    }

    /// Starts a server that has to end by itself.
    ///
    /// # Panics
    /// Where it does not end.
    #[must_use]
    pub fn refused(folder: &Folder) -> Refusal {
        let mut child = serve(folder, 0)
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary can be run");
        let started = Instant::now();
        let status = loop {
            if let Some(status) = child.try_wait().expect("it is our child") {
                break status;
            }
            if started.elapsed() > START_WITHIN {
                let _ = child.kill();
                panic!("it was not refused");
            }
            std::thread::sleep(Duration::from_millis(10));
        };
        let mut complaint = String::new();
        let mut stderr = child.stderr.take().expect("its output was asked for");
        stderr
            .read_to_string(&mut complaint)
            .expect("it says why, in UTF-8");
        Refusal {
            code: status.code(),
            complaint,
        }
    }

    /// Lets no file be written behind its first `bytes`, as a quota does;
    /// `None` takes the limit away.
    ///
    /// # Panics
    /// Where it runs no more.
    #[cfg(target_os = "linux")]
    pub fn limit_files(&self, bytes: Option<u64>) {
        let pid = Some(Pid::from_child(&self.child));
        let limit = Rlimit {
            current: bytes,
            maximum: None,
        };
        prlimit(pid, Resource::Fsize, limit).expect("a limit can be set");
    }

    fn wait_for_address(&mut self, lines: &mpsc::Receiver<String>) -> String {
        let started = Instant::now();
        while started.elapsed() < START_WITHIN {
            match lines.recv_timeout(START_WITHIN) {
                // "  API       http://127.0.0.1:8080/v1   (described at ...)"
                Ok(line) => {
                    if let Some(found) = line.trim().strip_prefix("API")
                        && let Some((base, _)) = found.trim().split_once("/v1")
                    {
                        return base.to_owned();
                    }
                }
                Err(_) => break,
            }
        }
        let state = self.child.try_wait();
        panic!(
            "the server did not say where it is; its state: {state:?}\n{}",
            self.end_of_log()
        );
    }

    fn wait_for_health(&self) {
        let started = Instant::now();
        loop {
            match self.api().try_get("/health") {
                Ok(answer) if answer.status == 200 => return,
                last if started.elapsed() > START_WITHIN => {
                    panic!("not healthy: {last:?}\n{}", self.end_of_log())
                }
                _ => std::thread::sleep(Duration::from_millis(20)),
            }
        }
    }

    /// Where it is, like `http://127.0.0.1:8080`.
    #[must_use]
    pub fn base(&self) -> &str {
        &self.base
    }

    /// A client of this server, and of the next one on the same port.
    #[must_use]
    pub fn api(&self) -> Api {
        Api::new(&self.base)
    }

    /// The most memory that it has had at once, in bytes.
    ///
    /// # Panics
    /// Where it runs no more.
    #[must_use]
    pub fn peak_memory(&self) -> u64 {
        peak_memory(self.child.id()).expect("it runs")
    }

    /// The TCP ports that it listens on.
    #[must_use]
    pub fn ports(&self) -> BTreeSet<u16> {
        listening(self.child.id())
    }

    /// Ends it as a power cut would: SIGKILL.
    ///
    /// # Panics
    /// Where it had ended by itself.
    pub fn kill(mut self) {
        let ended = self.child.try_wait();
        assert!(
            matches!(ended, Ok(None)),
            "it ended by itself: {ended:?}\n{}",
            self.end_of_log()
        );
        self.end();
    }

    /// Asks it to stop, with SIGTERM; answers with how it ended and when.
    ///
    /// # Panics
    /// Where it does not end within a minute.
    #[must_use]
    pub fn terminate(mut self) -> (ExitStatus, Duration) {
        let started = Instant::now();
        kill_process(Pid::from_child(&self.child), Signal::TERM).expect("it runs");
        loop {
            if let Some(status) = self.child.try_wait().expect("it is our child") {
                return (status, started.elapsed());
            }
            assert!(
                started.elapsed() < Duration::from_secs(60),
                "it does not stop\n{}",
                self.end_of_log()
            );
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Stops it in order.
    ///
    /// # Panics
    /// Where it does not stop well.
    pub fn stop(self) {
        let (status, _) = self.terminate();
        assert!(status.success(), "{status}");
    }

    fn end(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    fn end_of_log(&self) -> String {
        end_of(&self.log)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.end();
        if std::thread::panicking() {
            eprintln!("{}", self.end_of_log());
        }
    }
}

/// The most memory that a running process has had at once, in bytes, as Linux
/// counts it (`VmHWM`).
#[must_use]
pub fn peak_memory(process: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kibibytes: u64 = line.trim().strip_suffix(" kB")?.trim().parse().ok()?;
    Some(kibibytes * 1024)
}

fn end_of(log: &Path) -> String {
    let text = fs::read_to_string(log).unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    let from = lines.len().saturating_sub(LOG_LINES);
    format!("the end of its log:\n{}", lines[from..].join("\n"))
}

/// A port that is free now and that no outgoing connection is given.
///
/// # Panics
/// Where all of them are taken.
#[must_use]
pub fn fixed_port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    // Two runs at once start at different places.
    let process = (std::process::id() % u32::from(PORTS)) as u16;
    for _ in 0..PORTS {
        let step = NEXT.fetch_add(1, Ordering::Relaxed);
        let port = FIRST_PORT + process.wrapping_mul(7).wrapping_add(step) % PORTS;
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
    panic!("no port from {FIRST_PORT} on is free");
}
