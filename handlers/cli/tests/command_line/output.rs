//! An answer that cannot be written, for every command that
//! the program says it has.
#![cfg(target_os = "linux")]

use std::fs::{self, File};
use std::io::pipe;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::running::{BINARY, Ran, Server, run, run_into};
use serde_json::json;

/// For a process to do what it does at once.
const PATIENCE: Duration = Duration::from_secs(30);
const COMPLAINT: &str = "ledgerbell: the answer cannot be written: No space left on device";

/// A disk without room.
fn full() -> Stdio {
    File::options()
        .write(true)
        .open("/dev/full")
        .unwrap()
        .into()
}

/// A pipe that nobody reads any more, as behind `| head`.
fn closed() -> Stdio {
    pipe().unwrap().1.into()
}

/// The commands as the help lists them, with those below them.
fn commands() -> Vec<Vec<String>> {
    let mut found = vec![Vec::new()];
    let mut looked_at = 0;
    while let Some(command) = found.get(looked_at).cloned() {
        let help = run(command.iter().map(String::as_str).chain(["--help"])).done();
        let listed = help
            .lines()
            .skip_while(|line| *line != "Commands:")
            .skip(1)
            .take_while(|line| !line.is_empty())
            .filter_map(|line| line.strip_prefix("  ")?.split(' ').next())
            .filter(|name| !name.is_empty() && *name != "help");
        found.extend(listed.map(|name| [&command[..], &[name.to_owned()]].concat()));
        looked_at += 1;
    }
    found
}

/// A server with all that the commands can be asked about, and a folder of files.
struct Given {
    server: Server,
    folder: tempfile::TempDir,
    replay: String,
    notification: String,
}

impl Given {
    fn new() -> Self {
        let server = Server::start();
        server.customer("ana", &json!({}));
        server.append(
            "ACC-1",
            "open",
            &json!([
                {"type": "AccountOpened", "occurred_at": "2026-01-01T00:00:00Z",
                 "data": {"customer_id": "ana", "currency": "EUR", "opening_balance": "1000.00"}},
                {"type": "MoneyDeposited", "occurred_at": "2026-01-02T00:00:00Z",
                 "data": {"amount": "125.50", "currency": "EUR"}},
            ]),
        );
        server.projected("ACC-1", 2);
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("wishes.json"), "{}").unwrap();
        let replayed = server.run(&["replay", "projections", "--switch", "--json"]);
        let replay = replayed.json()["replay_id"].as_str().unwrap().to_owned();
        let notification = notified(&server);
        Given {
            server,
            folder,
            replay,
            notification,
        }
    }

    /// Words with which a command has something to answer, however often it is
    /// run. A command that is new here needs some too.
    fn example(&self, command: &[String]) -> Vec<String> {
        let file = |name: &str| self.folder.path().join(name).to_str().unwrap().to_owned();
        let range = "--from 2026-01-01T00:00:00Z --to 2100-01-01T00:00:00Z";
        let words = match command.join(" ").as_str() {
            "import" => format!(
                "{} --dry-run",
                crate::running::statement("dresdner-bank/sepa.sta")
            ),
            "status" | "accounts list" | "notifications list" | "customers list" => String::new(),
            "post" => "ACC-1 --deposit 1.00 --currency EUR --dry-run".to_owned(),
            "customers show" | "customers blocked list" | "customers blocked allow" => {
                "ana".to_owned()
            }
            "customers put" => "ana --locale fr --dry-run".to_owned(),
            "customers erase" => "ana --dry-run".to_owned(),
            "notifications show" => self.notification.clone(),
            "balance" => "ACC-1".to_owned(),
            "find" => "acc 1".to_owned(),
            "history" => "ACC-1".to_owned(),
            "events" => String::new(),
            "export" => format!("--out {}", file("export")),
            "verify" => String::new(),
            "replay projections" | "replay list" => String::new(),
            "replay events" => format!("--target audit {range}"),
            "replay show" => self.replay.clone(),
            "replay stop" | "replay switch-back" => format!("{} --dry-run", self.replay),
            "what-if" => format!("--preferences {} {range}", file("wishes.json")),
            "dead-letters list" => String::new(),
            "dead-letters redrive" => "--max 1".to_owned(),
            "schedules list" => "ACC-1".to_owned(),
            "schedules show" => "ACC-1 rent".to_owned(),
            "schedules create" => {
                "ACC-1 rent --withdraw 1.00 --currency EUR --rate 1~day".to_owned()
            }
            "schedules cancel" => "ACC-1 rent --dry-run".to_owned(),
            "load" => "--events 1".to_owned(),
            "preview" => format!("deposit --out {}", file("preview")),
            "cost" => String::new(),
            "completions" => "bash".to_owned(),
            "man" => String::new(),
            new => panic!("give an example of `ledgerbell {new}` here"),
        };
        let spaced = |word: &str| word.replace('~', " ");
        words.split_whitespace().map(spaced).collect()
    }
}

/// The id of the first notification of the deposit.
fn notified(server: &Server) -> String {
    let started = Instant::now();
    loop {
        let listed = server.run(&["notifications", "list", "--json"]).json();
        if let Some(id) = listed["notifications"][0]["notification_id"].as_str() {
            return id.to_owned();
        }
        assert!(started.elapsed() < PATIENCE, "nobody was notified");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// Runs it three times; what it did when it could say so.
#[track_caller]
fn says_that_it_cannot_be_written(arguments: &[&str]) -> Ran {
    let told = run(arguments.iter().copied());
    assert!(
        !told.out.is_empty(),
        "{arguments:?} has no answer: {told:?}"
    );
    let ran = run_into(full(), arguments.iter().copied());
    assert_eq!(ran.code, Some(1), "{arguments:?} > /dev/full: {ran:?}");
    let complaints = ran.err.lines().filter(|line| line.starts_with(COMPLAINT));
    assert_eq!(complaints.count(), 1, "{arguments:?} > /dev/full: {ran:?}");
    let ran = run_into(closed(), arguments.iter().copied());
    assert_eq!(ran.code, told.code, "{arguments:?} | head: {ran:?}");
    assert!(
        !ran.err.contains("panicked"),
        "{arguments:?} | head: {ran:?}"
    );
    assert!(
        !ran.err.contains("written"),
        "{arguments:?} | head: {ran:?}"
    );
    told
}

#[test]
fn every_command_whose_answer_cannot_be_written_says_so_and_exits_1() {
    let given = Given::new();
    let endpoint = ["--endpoint".to_owned(), given.server.endpoint.clone()];
    let commands = commands();
    assert!(commands.len() > 20, "{commands:?}");
    let mut with_an_answer = 0;
    // `create` first: the others of its kind show what it has made.
    let made = ["schedules", "create"].map(str::to_owned);
    for command in std::iter::once(&made[..]).chain(commands.iter().map(Vec::as_slice)) {
        let name: Vec<&str> = command.iter().map(String::as_str).collect();
        let help = says_that_it_cannot_be_written(&[&name[..], &["--help"]].concat()).done();
        let has_commands_below = help.contains("\nCommands:");
        // These two go on until they are stopped; see below.
        if has_commands_below || matches!(name[..], ["serve" | "console"]) {
            continue;
        }
        let mut arguments = command.to_vec();
        arguments.extend(given.example(command));
        if help.contains("--endpoint") {
            arguments.extend(endpoint.clone());
        }
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let told = says_that_it_cannot_be_written(&arguments);
        assert_eq!(told.code, Some(0), "{arguments:?}: {told:?}");
        if help.contains("--json") {
            let for_machines = [&arguments[..], &["--json"]].concat();
            says_that_it_cannot_be_written(&for_machines).json();
        }
        with_an_answer += 1;
    }
    assert!(with_an_answer > 15, "{with_an_answer}");
    says_that_it_cannot_be_written(&["--version"]).done();
    says_that_it_cannot_be_written(&["help", "serve"]).done();
}

/// Ends a process that does not end by itself, so that its test can fail.
fn within_patience(child: &mut Child, done: impl Fn(&mut Child) -> bool) {
    let started = Instant::now();
    while !done(child) {
        if started.elapsed() > PATIENCE {
            child.kill().unwrap();
            return;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn a_server_that_cannot_print_its_address_serves_and_exits_1_when_it_is_stopped() {
    let folder = tempfile::tempdir().unwrap();
    let errors = folder.path().join("errors");
    let mut server = Command::new(BINARY)
        .args(["serve", "--listen", "127.0.0.1:0", "--data-dir"])
        .arg(folder.path().join("data"))
        .stdout(full())
        .stderr(File::create(&errors).unwrap())
        .spawn()
        .unwrap();
    let complains = || fs::read_to_string(&errors).unwrap().contains(COMPLAINT);
    within_patience(&mut server, |_| complains());
    assert!(complains());
    assert_eq!(server.try_wait().unwrap(), None);
    let id = server.id().to_string();
    assert!(Command::new("kill").arg(id).status().unwrap().success());
    assert_eq!(server.wait().unwrap().code(), Some(1));
}

#[test]
fn a_console_that_cannot_print_its_address_ends() {
    for (stdout, what) in [(full(), "/dev/full"), (closed(), "| head")] {
        let mut console = Command::new(BINARY)
            .args(["console", "--endpoint", "http://127.0.0.1:9"])
            .args(["--region", "eu-west-1"])
            .env("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE")
            .env("AWS_SECRET_ACCESS_KEY", "example")
            .stdout(stdout)
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        within_patience(&mut console, |console| {
            console.try_wait().unwrap().is_some()
        });
        let output = console.wait_with_output().unwrap();
        let complaint = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{what}: {complaint}");
        assert!(
            complaint.contains("cannot be printed"),
            "{what}: {complaint}"
        );
    }
}
