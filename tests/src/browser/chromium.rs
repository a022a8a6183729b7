//! One Chromium on a profile of its own.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use super::page::Page;

/// How long a start may take on a loaded machine.
const START_WITHIN: Duration = Duration::from_secs(60);
/// What an orderly end may take before it is forced.
const STOP_WITHIN: Duration = Duration::from_secs(10);

/// A running browser. It ends when this is dropped.
#[derive(Debug)]
pub struct Chromium {
    child: Child,
    /// `127.0.0.1:PORT`, where it takes commands.
    address: String,
    // Removed after the browser has ended.
    _profile: TempDir,
}

impl Chromium {
    /// Starts one that can reach nothing but loopback.
    ///
    /// # Panics
    /// Where there is none and none can be installed, or it does not start.
    #[must_use]
    pub fn start() -> Self {
        let program = xtask::chromium().unwrap_or_else(|error| panic!("{error}"));
        let profile = tempfile::tempdir().expect("there is room for a profile");
        let mut command = Command::new(&program);
        command
            .args([
                "--headless",
                "--disable-gpu",
                "--hide-scrollbars",
                "--no-first-run",
            ])
            .args([
                "--disable-extensions",
                "--disable-background-networking",
                "--disable-sync",
            ])
            .args(["--disable-component-update", "--no-default-browser-check"])
            // A small /dev/shm, as containers have, ends a page that paints much.
            .arg("--disable-dev-shm-usage")
            .args(["--lang=en-GB", "--force-color-profile=srgb"])
            .arg("--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1")
            .arg("--remote-debugging-port=0")
            .arg(format!("--user-data-dir={}", profile.path().display()))
            .arg("about:blank")
            .env("TZ", "Europe/Paris")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped());
        if rustix::process::geteuid().is_root() {
            // Chromium's sandbox refuses root. The pages are ours.
            command.arg("--no-sandbox");
        }
        let mut child = command
            .spawn()
            .unwrap_or_else(|error| panic!("{}: {error}", program.display()));
        let stderr = child.stderr.take().expect("its output was asked for");
        let address = address(stderr);
        let mut this = Chromium {
            child,
            address: String::new(),
            _profile: profile,
        };
        this.address = address.expect("Chromium says where it takes commands");
        this
    }

    /// Its one page, blank.
    ///
    /// # Panics
    /// Where it cannot be spoken to.
    #[must_use]
    pub fn page(&self) -> Page {
        self.page_at("")
    }

    /// The page that has this in its address, once there is one: a tab that a click has opened.
    ///
    /// # Panics
    /// Where there never is one.
    #[must_use]
    pub fn page_at(&self, part: &str) -> Page {
        Page::open(&self.address, part)
    }
}

/// "DevTools listening on ws://127.0.0.1:PORT/devtools/browser/ID"
fn address(stderr: impl std::io::Read + Send + 'static) -> Option<String> {
    let (told, lines) = mpsc::channel();
    // Reads to the end: a full pipe would hold the browser.
    std::thread::spawn(move || {
        for line in BufReader::new(stderr).lines().map_while(Result::ok) {
            let _ = told.send(line);
        }
    });
    while let Ok(line) = lines.recv_timeout(START_WITHIN) {
        if let Some((_, rest)) = line.split_once("DevTools listening on ws://") {
            return rest.split('/').next().map(str::to_owned);
        }
    }
    None
}

impl Drop for Chromium {
    fn drop(&mut self) {
        // Asked first: its own processes end with it then.
        let _ = kill_process(Pid::from_child(&self.child), Signal::TERM);
        let started = std::time::Instant::now();
        while started.elapsed() < STOP_WITHIN {
            if !matches!(self.child.try_wait(), Ok(None)) {
                return;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
