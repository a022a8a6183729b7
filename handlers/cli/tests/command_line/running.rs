//! The real binary: a server of its own on a free port, and commands to it.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

pub const BINARY: &str = env!("CARGO_BIN_EXE_ledgerbell");
/// The projection follows by a moment; on a busy machine by a longer one.
const PATIENCE: Duration = Duration::from_secs(30);

/// What a command did.
#[derive(Debug)]
pub struct Ran {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

impl Ran {
    /// The output of a command that must have done it.
    #[track_caller]
    pub fn done(self) -> String {
        assert_eq!(self.code, Some(0), "{self:?}");
        self.out
    }

    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// The one line on stderr.
    #[track_caller]
    pub fn complaint(&self) -> &str {
        assert_eq!(self.err.lines().count(), 1, "{self:?}");
        self.err.trim_end()
    }
}

/// Runs the binary to its end.
pub fn run<'a>(arguments: impl IntoIterator<Item = &'a str>) -> Ran {
    run_into(Stdio::piped(), arguments)
}

/// The same, with another stdout.
pub fn run_into<'a>(stdout: Stdio, arguments: impl IntoIterator<Item = &'a str>) -> Ran {
    let output = Command::new(BINARY)
        .args(arguments)
        .env_remove("AWS_REGION")
        .env_remove("AWS_DEFAULT_REGION")
        .stdout(stdout)
        .stderr(Stdio::piped())
        .stdin(Stdio::null())
        .spawn()
        .and_then(Child::wait_with_output)
        .unwrap();
    Ran {
        code: output.status.code(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

/// `ledgerbell serve` on a temporary folder, ended on drop.
pub struct Server {
    child: Child,
    pub endpoint: String,
    // Removed after the server has ended.
    folder: TempDir,
}

impl Server {
    pub fn start() -> Self {
        Server::start_on(tempfile::tempdir().unwrap())
    }

    pub fn start_on(folder: TempDir) -> Self {
        Server::start_at("127.0.0.1:0", folder)
    }

    /// One that listens there.
    pub fn listening(listen: &str) -> Self {
        Server::start_at(listen, tempfile::tempdir().unwrap())
    }

    /// How a server ends that is asked to (SIGTERM) as soon as its folder is
    /// there, before it is ready.
    #[cfg(unix)]
    pub fn stopped_while_starting() -> ExitStatus {
        let folder = tempfile::tempdir().unwrap();
        let mut child = Server::spawn("127.0.0.1:0", &folder);
        let started = Instant::now();
        while !folder.path().join("data").exists() {
            assert!(started.elapsed() < PATIENCE, "it never made its folder");
            std::thread::sleep(Duration::from_millis(1));
        }
        terminate(&child);
        child.wait().unwrap()
    }

    fn spawn(listen: &str, folder: &TempDir) -> Child {
        // Under the umask that most machines have.
        Command::new("sh")
            .args(["-c", "umask 022; exec \"$0\" \"$@\"", BINARY])
            .args(["serve", "--listen", listen, "--data-dir"])
            .arg(folder.path().join("data"))
            .stdout(Stdio::piped())
            .spawn()
            .unwrap()
    }

    /// One on a folder of its own, and the commands that it prints for a first try.
    pub fn with_commands_to_try() -> (Self, Vec<String>) {
        let folder = tempfile::tempdir().unwrap();
        let mut child = Server::spawn("127.0.0.1:0", &folder);
        let out = BufReader::new(child.stdout.take().unwrap());
        let lines: Vec<String> = (out.lines().map_while(Result::ok))
            .take_while(|line| !line.starts_with("Ctrl-C"))
            .collect();
        let endpoint = Server::endpoint_in(lines.clone());
        let tries = lines.iter().map(|line| line.trim());
        let tries = tries.filter(|line| line.starts_with("curl "));
        let tries = tries.map(str::to_owned).collect();
        let server = Server {
            child,
            endpoint,
            folder,
        };
        (server, tries)
    }

    fn start_at(listen: &str, folder: TempDir) -> Self {
        let mut child = Server::spawn(listen, &folder);
        let out = BufReader::new(child.stdout.take().unwrap());
        let endpoint = Server::endpoint_in(out.lines().map_while(Result::ok));
        // Its stdout is closed from here on, which must not matter to it.
        Server {
            child,
            endpoint,
            folder,
        }
    }

    fn endpoint_in(lines: impl IntoIterator<Item = String>) -> String {
        lines
            .into_iter()
            .find_map(|line| {
                let url = line.trim().strip_prefix("console")?.trim();
                Some(url.trim_end_matches('/').to_owned())
            })
            .expect("serve says where its console is")
    }

    pub fn data_dir(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// Ends it without warning, and starts another on the same folder.
    pub fn restart(mut self) -> Self {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        let folder = std::mem::replace(&mut self.folder, tempfile::tempdir().unwrap());
        Server::start_on(folder)
    }

    /// A command to this server.
    pub fn run(&self, arguments: &[&str]) -> Ran {
        let endpoint = ["--endpoint", &self.endpoint];
        run(arguments.iter().copied().chain(endpoint))
    }

    /// A customer with these preferences.
    #[track_caller]
    pub fn customer(&self, customer: &str, preferences: &Value) {
        let status = ureq::put(format!("{}/v1/customers/{customer}", self.endpoint))
            .send_json(serde_json::json!({
                "email": format!("{customer}@example.com"), "name": "Ana Lind",
                "preferences": preferences,
            }))
            .unwrap()
            .status();
        assert!(status.is_success());
    }

    /// Appends events with the API's own words.
    #[track_caller]
    pub fn append(&self, account: &str, key: &str, events: &Value) {
        let status = ureq::post(format!("{}/v1/accounts/{account}/events", self.endpoint))
            .header("Idempotency-Key", key)
            .send_json(serde_json::json!({ "events": events }))
            .unwrap()
            .status();
        assert!(status.is_success());
    }

    /// Waits until the read model has an account at this version. Its list
    /// tells, for an account alone is also answered from its history.
    #[track_caller]
    pub fn projected(&self, account: &str, version: u64) {
        let started = Instant::now();
        let there = |accounts: &Value| {
            accounts["accounts"]
                .as_array()
                .unwrap()
                .iter()
                .any(|row| row["account_id"] == account && row["version"] == version)
        };
        while !there(&self.get("accounts")) {
            assert!(started.elapsed() < PATIENCE, "{account} never got there");
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// The mails that were sent.
    pub fn inbox(&self) -> Vec<Value> {
        let inbox = self.get_local("local/inbox");
        inbox.as_array().unwrap().clone()
    }

    fn get(&self, path: &str) -> Value {
        self.get_local(&format!("v1/{path}"))
    }

    fn get_local(&self, path: &str) -> Value {
        ureq::get(format!("{}/{path}", self.endpoint))
            .call()
            .unwrap()
            .body_mut()
            .read_json()
            .unwrap()
    }

    /// Every account and its version, as its history has it.
    pub fn versions(&self) -> Vec<(String, u64)> {
        let document = self.run(&["verify", "--json"]).json();
        let accounts = document["accounts"].as_array().unwrap();
        accounts
            .iter()
            .map(|account| {
                assert_eq!(account["valid"], true, "{account}");
                let id = account["account_id"].as_str().unwrap().to_owned();
                (id, account["version"].as_u64().unwrap())
            })
            .collect()
    }

    /// How the server ends when it is asked to (SIGTERM).
    #[cfg(unix)]
    pub fn stop(&mut self) -> ExitStatus {
        terminate(&self.child);
        self.child.wait().unwrap()
    }
}

#[cfg(unix)]
fn terminate(child: &Child) {
    let id = child.id().to_string();
    assert!(Command::new("kill").arg(id).status().unwrap().success());
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A bank's file of the test data.
pub fn statement(name: &str) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/data/statements");
    let path = root.join(name);
    assert!(path.is_file(), "{name} is not among the test data");
    path.to_str().unwrap().to_owned()
}
