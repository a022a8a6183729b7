//! Who is erased is gone: from the answers, and from every file of the folder,
//! byte for byte.
#![cfg(unix)]

use std::fs;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use crate::running::Server;
use serde_json::{Value, json};

const PATIENCE: Duration = Duration::from_secs(60);

/// Of her and of nobody else; the last three as the index of the search has the names.
const TRACES: [&str; 9] = [
    "quirinia.first@example.com",
    "quirinia.second@example.com",
    "quirinia.third@example.com",
    "quirinia.further@example.com",
    "Quirinia Zephyrhills",
    "Quirinia Ødegård-Zephyrhills",
    "zephyrhills quirinia",
    "quirinia odegard zephyrhills",
    "odegard zephyrhills quirinia",
];

fn holds(bytes: &[u8], text: &str) -> bool {
    let text = text.as_bytes();
    let mut from = 0;
    while let Some(at) = bytes[from..].iter().position(|byte| *byte == text[0]) {
        from += at;
        if bytes[from..].starts_with(text) {
            return true;
        }
        from += 1;
    }
    false
}

/// Which of them is in which file.
fn found(folder: &Path, traces: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        // A journal may go away meanwhile.
        let bytes = fs::read(&path).unwrap_or_default();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let of_file = traces.iter().filter(|trace| holds(&bytes, trace));
        found.extend(of_file.map(|trace| format!("{name}: {trace}")));
    }
    found
}

fn put(server: &Server, customer: &str, email: &str, name: &str, further: &[&str]) {
    let further: Vec<Value> = further
        .iter()
        .map(|email| json!({"email": email, "kinds": ["deposit"]}))
        .collect();
    let status = ureq::put(format!("{}/v1/customers/{customer}", server.endpoint))
        .send_json(json!({"email": email, "name": name, "preferences": {"addresses": further}}))
        .unwrap()
        .status();
    assert!(status.is_success());
}

fn erase(server: &Server, customer: &str) {
    let status = ureq::delete(format!("{}/v1/customers/{customer}", server.endpoint))
        .call()
        .unwrap()
        .status();
    assert_eq!(status, 204);
}

fn deposit(server: &Server, account: &str, customer: &str, key: &str) {
    let deposit = json!({"type": "MoneyDeposited", "occurred_at": "2026-01-02T00:00:00Z",
        "data": {"amount": "125.50", "currency": "EUR"}});
    let opened = json!({"type": "AccountOpened", "occurred_at": "2026-01-01T00:00:00Z",
        "data": {"customer_id": customer, "currency": "EUR"}});
    let events = match key {
        "open" => json!([opened, deposit]),
        _ => json!([deposit]),
    };
    server.append(account, &format!("{account}-{key}"), &events);
}

fn mails(server: &Server, count: usize) -> Vec<Value> {
    let started = Instant::now();
    loop {
        let mails = server.inbox();
        if mails.len() >= count {
            return mails;
        }
        assert!(started.elapsed() < PATIENCE, "{} mails", mails.len());
        thread::sleep(Duration::from_millis(50));
    }
}

/// Others come and go around her, so that what SQLite moves is moved.
fn others(server: &Server, round: u32) {
    for number in 0..60 {
        let customer = format!("c{}", (number * 37 + round * 11) % 101);
        let email = format!("{customer}.{round}@example.org");
        put(server, &customer, &email, &"Somebody Else ".repeat(9), &[]);
    }
}

#[test]
fn no_file_contains_the_address_or_name_of_an_erased_customer_at_once_or_after_a_restart() {
    let server = Server::start();
    let data = server.data_dir();
    others(&server, 0);
    let shared = "both@example.com";
    put(&server, "bo", "bo@example.com", "Bo Lind", &[shared]);
    put(&server, "q", TRACES[0], TRACES[4], &[]);
    deposit(&server, "Q-1", "q", "open");
    mails(&server, 1);
    others(&server, 1);
    put(&server, "q", TRACES[1], TRACES[5], &[]);
    put(&server, "q", TRACES[2], TRACES[5], &[TRACES[3], shared]);
    deposit(&server, "Q-1", "q", "more");
    deposit(&server, "B-1", "bo", "open");
    let before = mails(&server, 6);
    others(&server, 2);
    let search = |text: &str| {
        let found = ureq::get(format!("{}/v1/search?q={text}", server.endpoint)).call();
        let found: Value = found.unwrap().body_mut().read_json().unwrap();
        found["hits"].as_array().unwrap().len()
    };
    assert_eq!(search("odegard"), 1);
    // There to be found: the one address without a mail, and all the others.
    for trace in TRACES {
        let holders = found(&data, &[trace]);
        assert!(!holders.is_empty(), "{trace} was never in a file");
    }

    // What the provider tells of the last mails is still on its way.
    erase(&server, "q");
    assert_eq!(found(&data, &TRACES), [""; 0], "at once");
    assert_eq!(search("odegard"), 0);

    let after = server.inbox();
    let ids = |mails: &[Value]| -> Vec<Value> {
        let of_each = mails.iter().map(|mail| mail["notification_id"].clone());
        of_each.collect()
    };
    assert_eq!(ids(&after), ids(&before), "a mail that was sent was sent");
    let mut left: Vec<&str> = after
        .iter()
        .map(|mail| mail["to"].as_str().unwrap())
        .collect();
    left.sort_unstable();
    assert_eq!(
        left,
        [
            "bo@example.com",
            shared,
            "erased",
            "erased",
            "erased",
            "erased"
        ]
    );
    let of_bo = after.iter().filter(|mail| mail["to"] != "erased");
    assert!(
        of_bo
            .clone()
            .all(|mail| mail["text"].as_str().unwrap().contains("Bo Lind"))
    );
    assert_eq!(of_bo.count(), 2);

    // Life goes on, also for an account of hers.
    deposit(&server, "Q-1", "q", "later");
    others(&server, 3);
    let mut server = server.restart();
    assert_eq!(found(&data, &TRACES), [""; 0], "after a kill");
    erase(&server, "q");
    assert!(server.stop().success());
    assert_eq!(found(&data, &TRACES), [""; 0], "after a stop");
    let server = server.restart();
    assert_eq!(server.inbox().len(), 6, "nothing is sent to who was erased");
    assert_eq!(found(&data, &TRACES), [""; 0], "after a start");
}

#[test]
fn each_of_many_erased_customers_is_gone_wherever_sqlite_had_moved_them() {
    let server = Server::start();
    let data = server.data_dir();
    let email = |number: u32| format!("person{number:03}.zephyr@example.com");
    for number in (0..150).map(|number| number * 67 % 150) {
        let name = "N".repeat(1 + (number as usize * 29) % 130);
        put(
            &server,
            &format!("p{number:03}"),
            &email(number),
            &name,
            &[],
        );
    }
    for number in (0..50).map(|number| number * 41 % 150) {
        erase(&server, &format!("p{number:03}"));
        assert_eq!(found(&data, &[&email(number)]), [""; 0], "{number}");
    }
}
