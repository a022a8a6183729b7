//! `ledgerbell console`: the same page before a stack that wants signed requests.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use tests::browser::Chromium;
use tests::one_machine::{Append, Folder, Server, ledgerbell};

use crate::given::yearly;
use crate::signing_stub::{self, SigningStub};

/// A console, killed when it is dropped.
struct Console {
    child: Child,
    /// What it has printed to open: address and key.
    url: String,
}

impl Console {
    fn start(stub: &SigningStub, secret: &str) -> Self {
        let mut child = Command::new(ledgerbell())
            .args(["console", "--endpoint", &format!("http://{}", stub.address)])
            .args(["--region", signing_stub::REGION])
            .env("AWS_ACCESS_KEY_ID", signing_stub::KEY)
            .env("AWS_SECRET_ACCESS_KEY", secret)
            .env("AWS_SESSION_TOKEN", signing_stub::TOKEN)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let url = lines
            .map_while(Result::ok)
            .find_map(|line| {
                let line = line.trim();
                line.starts_with("http://127.0.0.1:")
                    .then(|| line.to_owned())
            })
            .expect("it says where it is");
        Console { child, url }
    }

    fn base(&self) -> &str {
        self.url.split_once("/enter/").unwrap().0
    }
}

impl Drop for Console {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn the_console_signs_what_the_page_asks_with_the_operators_credentials() {
    let folder = Folder::new();
    let server = Server::start(&folder);
    let api = server.api();
    api.put_customer("ana", "en");
    api.open("ACC:1", "ana", "EUR");
    let stub = SigningStub::before(server.base());
    let console = Console::start(&stub, signing_stub::SECRET);
    let chromium = Chromium::start();
    let page = chromium.page();

    page.go(&console.url);
    page.wait_for("footer", &format!("Connected to http://{}", stub.address));
    page.wait_for("#events", "Account opened ACC:1");
    assert_eq!(
        page.evaluate("document.querySelector('#mailbox-link').hidden"),
        true
    );
    // A query and a path that have to be encoded to be signed.
    page.go(&format!(
        "{}/#/events?q=Great%20Salary%20%2B%20more",
        console.base()
    ));
    page.wait_for("#events", "None of the 1 events matches.");
    api.append(&Append::deposit(
        "ACC:1",
        "in",
        "30.00",
        "EUR",
        "great salary + more",
    ));
    page.wait_for("#events", "great salary + more");
    page.click("#events .name");
    page.wait_for(".timeline", "Deposit sent");
    page.wait_for("#mail", "Mails are not kept after sending");

    // Something changes, with a body that is signed too.
    let path = "/v1/accounts/ACC:1/schedules/rent";
    assert_eq!(api.send("PUT", path, &yearly("rent")).status, 201);
    page.go(&format!("{}/#/accounts/ACC%3A1", console.base()));
    page.click("#schedules .schedule .plain");
    page.click("#dialog-yes");
    page.wait_for("#schedules", "Nothing is scheduled.");
    page.go(&format!("{}/#/replays", console.base()));
    page.click("#replay-start");
    page.wait_for("#replays", "1 equal, 0 differing, 0 missing");

    let seen = stub.seen();
    for request in &seen {
        assert_eq!(request.refused, None, "{request:#?}");
        for name in ["cookie", "origin", "referer"] {
            assert!(!request.headers.contains_key(name), "{request:#?}");
        }
    }
    for method in ["GET", "POST", "DELETE"] {
        assert!(
            seen.iter().any(|request| request.method == method),
            "no {method}"
        );
    }
    assert!(
        seen.iter().any(|request| request.path.contains("%3A")),
        "nothing was encoded"
    );
    page.assert_clean(console.base());
}

#[test]
fn commands_sign_what_they_ask_a_stack_with_the_operators_credentials() {
    let folder = Folder::new();
    let server = Server::start(&folder);
    server.api().open("ACC:1", "ana", "EUR");
    let stub = SigningStub::before(server.base());
    let endpoint = format!("http://{}", stub.address);
    let run = |secret: &str, arguments: &[&str]| {
        Command::new(ledgerbell())
            .args(arguments)
            .args(["--endpoint", &endpoint, "--region", signing_stub::REGION])
            .env("AWS_ACCESS_KEY_ID", signing_stub::KEY)
            .env("AWS_SECRET_ACCESS_KEY", secret)
            .env("AWS_SESSION_TOKEN", signing_stub::TOKEN)
            .output()
            .unwrap()
    };
    for arguments in [
        &["balance", "ACC:1"][..],
        &["balance", "ACC:1", "--as-of", "2999-01-01T00:00:00+01:00"],
        &["dead-letters", "list"],
        &["replay", "projections"],
        &[
            "schedules",
            "create",
            "ACC:1",
            "rent",
            "--withdraw",
            "1.00",
            "--currency",
            "EUR",
            "--rate",
            "30 days",
        ],
        &["schedules", "cancel", "ACC:1", "rent"],
    ] {
        let ran = run(signing_stub::SECRET, arguments);
        assert!(ran.status.success(), "{arguments:?}: {ran:?}");
    }
    let seen = stub.seen();
    for method in ["GET", "POST", "PUT", "DELETE"] {
        let of = |request: &&signing_stub::Seen| request.method == method;
        assert!(seen.iter().any(|request| of(&request)), "no {method}");
    }
    for request in &seen {
        assert_eq!(request.refused, None, "{request:#?}");
    }
    let ran = run("not the secret", &["balance", "ACC:1"]);
    assert_eq!(ran.status.code(), Some(1), "{ran:?}");
}

#[test]
fn a_key_that_the_stack_does_not_know_is_told_on_the_page() {
    let folder = Folder::new();
    let server = Server::start(&folder);
    let stub = SigningStub::before(server.base());
    let console = Console::start(&stub, "not the secret");
    let chromium = Chromium::start();
    let page = chromium.page();
    page.go(&console.url);
    page.wait(
        "the refusal",
        "document.querySelector('#live').dataset.state === 'lost'",
    );
    page.wait_for("#live", "answered 403");
    assert!(stub.seen().iter().all(|request| request.refused.is_some()));
}

#[test]
fn without_the_key_in_its_address_the_console_answers_nobody() {
    let folder = Folder::new();
    let server = Server::start(&folder);
    let stub = SigningStub::before(server.base());
    let console = Console::start(&stub, signing_stub::SECRET);
    let get = |path: &str, headers: &[(&str, &str)]| {
        let agent: ureq::Agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .build()
            .into();
        let mut request = agent.get(format!("{}{path}", console.base()));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.call().unwrap()
    };
    for path in [
        "/",
        "/v1/accounts",
        "/local/about",
        "/assets/console.js",
        "/enter/0",
    ] {
        assert_eq!(get(path, &[]).status(), 403, "{path}");
    }
    let entrance = console.url.strip_prefix(console.base()).unwrap();
    let entered = get(entrance, &[]);
    assert_eq!(entered.status(), 303);
    let cookie = entered.headers()["set-cookie"].to_str().unwrap();
    assert!(
        cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict"),
        "{cookie}"
    );
    let cookie = cookie.split(';').next().unwrap();
    assert_eq!(get("/v1/accounts", &[("cookie", cookie)]).status(), 200);
    // Pages of others, even with the cookie, and names that resolve to loopback.
    let foreign = [("cookie", cookie), ("origin", "https://evil.example")];
    assert_eq!(get("/v1/accounts", &foreign).status(), 403);
    let rebound = [("cookie", cookie), ("host", "evil.example")];
    assert_eq!(get("/v1/accounts", &rebound).status(), 403);
}

#[test]
fn a_console_without_credentials_or_in_clear_does_not_start() {
    let run = |arguments: &[&str]| {
        let output = Command::new(ledgerbell())
            .arg("console")
            .args(arguments)
            .env_remove("AWS_ACCESS_KEY_ID")
            .env_remove("AWS_SECRET_ACCESS_KEY")
            // No AWS command line either.
            .env("PATH", "/nonexistent")
            .output()
            .unwrap();
        let complaint = String::from_utf8(output.stderr).unwrap();
        (output.status.code(), complaint)
    };
    let local = "http://127.0.0.1:9";
    let (code, complaint) = run(&["--endpoint", local, "--region", "eu-west-1"]);
    assert_eq!(code, Some(1), "{complaint}");
    assert!(complaint.contains("AWS_ACCESS_KEY_ID"), "{complaint}");
    let (code, complaint) = run(&[
        "--endpoint",
        "http://ledger.bank.example",
        "--region",
        "eu-west-1",
    ]);
    assert_eq!(code, Some(2), "{complaint}");
    assert!(complaint.contains("https://"), "{complaint}");
    let aws = "https://a1.execute-api.eu-west-1.amazonaws.com";
    let (code, complaint) = run(&["--endpoint", aws]);
    // Which of the two depends on how the binary under test was built.
    let told = complaint.contains("--features remote") || complaint.contains("AWS_ACCESS_KEY_ID");
    assert!(code != Some(0) && told, "{complaint}");
}
