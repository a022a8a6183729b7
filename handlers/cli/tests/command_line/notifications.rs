//! What customers were notified of, and one event posted by hand.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::running::Server;

/// A customer with one account, and one whose customer is unknown; a deposit of each is notified or not.
fn bank() -> Server {
    let server = Server::start();
    server.customer("ana", &json!({"kinds": {"withdrawal": {"enabled": false}}}));
    for (account, customer) in [("ACC-1", "ana"), ("ACC-2", "nobody")] {
        let open = ["post", account, "--open", customer, "--currency", "EUR"];
        server.run(&open).done();
        for movement in ["--deposit", "--withdraw"] {
            let post = ["post", account, movement, "5.00", "--currency", "EUR"];
            server.run(&post).done();
        }
    }
    settled(&server, 4);
    server
}

/// Waits until as many notifications are decided and sent.
fn settled(server: &Server, count: usize) {
    let started = Instant::now();
    loop {
        let listed = server.run(&["notifications", "list", "--json"]);
        let document = listed.json();
        let found = document["notifications"].as_array().unwrap();
        let is_settled = |found: &Value| found["state"] == "SENT" || found["state"] == "SKIPPED";
        if found.len() == count && found.iter().all(is_settled) {
            return;
        }
        assert!(started.elapsed() < Duration::from_secs(60), "{document:#}");
        std::thread::sleep(Duration::from_millis(100));
    }
}

/// The rows as `account kind state reason`.
fn rows(server: &Server, arguments: &[&str]) -> Vec<String> {
    let list = [&["notifications", "list", "--json"], arguments].concat();
    let document = server.run(&list).json();
    let text = |row: &Value| {
        ["account_id", "kind", "state", "reason"]
            .map(|name| row[name].as_str().unwrap_or("-").to_owned())
            .join(" ")
    };
    document["notifications"]
        .as_array()
        .unwrap()
        .iter()
        .map(text)
        .collect()
}

/// The rows in the order of their text, as several workers decide at the same time.
fn sorted(mut rows: Vec<String>) -> Vec<String> {
    rows.sort();
    rows
}

#[test]
fn notifications_are_listed_filtered_and_counted() {
    let server = bank();
    assert_eq!(
        sorted(rows(&server, &[])),
        [
            "ACC-1 deposit SENT -",
            "ACC-1 withdrawal SKIPPED preference-off",
            "ACC-2 deposit SKIPPED no-contact",
            "ACC-2 withdrawal SKIPPED no-contact",
        ]
    );
    let decided = server.run(&["notifications", "list", "--json"]).json();
    let decided = decided["notifications"].as_array().unwrap();
    let times: Vec<&str> = (decided.iter())
        .map(|row| row["decided_at"].as_str().unwrap())
        .collect();
    assert!(times.iter().rev().is_sorted(), "{times:?}");
    let newest = rows(&server, &["--limit", "1"]);
    assert_eq!(newest, rows(&server, &[])[..1]);
    for account in [&[][..], &["--account", "ACC-1", "--account", "ACC-2"]] {
        let of = |period: &[&str]| rows(&server, &[account, period].concat()).len();
        assert_eq!(of(&["--to", times[2]]), 1, "{account:?}");
        assert_eq!(of(&["--from", times[2]]), 3, "{account:?}");
        assert_eq!(of(&["--from", times[3], "--to", times[1]]), 2);
    }
    for (filter, found) in [
        (
            &["--account", "ACC-1", "--limit", "1"][..],
            vec!["ACC-1 withdrawal SKIPPED preference-off"],
        ),
        (&["--state", "sent"], vec!["ACC-1 deposit SENT -"]),
        (
            &["--kind", "withdrawal", "--reason", "no-contact"],
            vec!["ACC-2 withdrawal SKIPPED no-contact"],
        ),
        (
            &[
                "--reason",
                "preference-off",
                "--reason",
                "no-contact",
                "--account",
                "ACC-1",
            ],
            vec!["ACC-1 withdrawal SKIPPED preference-off"],
        ),
        (
            &["--reason", "preference-off", "--reason", "no-contact"],
            vec![
                "ACC-1 withdrawal SKIPPED preference-off",
                "ACC-2 deposit SKIPPED no-contact",
                "ACC-2 withdrawal SKIPPED no-contact",
            ],
        ),
    ] {
        assert_eq!(sorted(rows(&server, filter)), found, "{filter:?}");
    }
    let count = |by: &str| {
        server
            .run(&["notifications", "list", "--count-by", by])
            .done()
    };
    assert_eq!(
        count("kind"),
        "KIND        COUNT\ndeposit         2\nwithdrawal      2\n"
    );
    assert_eq!(
        count("state"),
        "STATE     COUNT\nsent          1\nnot sent      3\n"
    );
    assert_eq!(
        count("reason"),
        "REASON          COUNT\n-                   1\nno-contact          2\npreference-off      1\n"
    );
    let counted = [
        "notifications",
        "list",
        "--count-by",
        "reason",
        "--output",
        "csv",
    ];
    assert_eq!(
        server.run(&counted).done(),
        "reason,count\r\n,1\r\nno-contact,2\r\npreference-off,1\r\n"
    );
    let none = ["notifications", "list", "--kind", "security"];
    assert_eq!(
        server.run(&none).done(),
        "There are no such notifications.\n"
    );
    let unknown = server.run(&["notifications", "list", "--account", "ACC-9"]);
    assert_eq!(unknown.code, Some(1));
}

#[test]
fn a_notification_is_shown_by_its_id_and_by_the_code_of_its_mail() {
    let server = bank();
    let sent = server
        .run(&["notifications", "list", "--state", "SENT", "--json"])
        .json();
    let id = sent["notifications"][0]["notification_id"]
        .as_str()
        .unwrap()
        .to_owned();
    let shown = server.run(&["notifications", "show", &id]).done();
    let first = format!("notification  {id}\naccount       ACC-1\n");
    assert!(shown.starts_with(&first), "{shown}");
    assert!(
        shown.contains("\nkind          deposit\nstate         sent\n"),
        "{shown}"
    );
    assert!(shown.contains("\nhistory       20"), "{shown}");
    let mail = server.inbox()[0]["text"].as_str().unwrap().to_owned();
    let is_code = |word: &&str| word.len() == 14 && word.matches('-').count() == 2;
    let code = mail.split_whitespace().find(is_code).unwrap();
    assert_eq!(server.run(&["notifications", "show", code]).done(), shown);
    for unknown in [
        "ffffffff-ffff-ffff-ffff-ffffffffffff",
        "AAAA-AAAA-AAAA",
        "nonsense",
    ] {
        let ran = server.run(&["notifications", "show", unknown]);
        assert_eq!(ran.code, Some(1), "{ran:?}");
        assert_eq!(ran.out, "");
    }
}

#[test]
fn a_mistyped_state_kind_or_reason_names_the_one_that_was_meant() {
    for (flag, typed, meant) in [
        ("--state", "SKIPED", "SKIPPED"),
        ("--kind", "deposits", "deposit"),
        ("--reason", "preference", "preference-off"),
    ] {
        let refused = crate::running::run(["notifications", "list", flag, typed]);
        assert_eq!(refused.code, Some(2), "{refused:?}");
        let tip = format!("'{meant}'");
        assert!(
            refused.err.contains("similar value") && refused.err.contains(&tip),
            "{refused:?}"
        );
    }
}

#[test]
fn an_event_is_posted_once_under_its_key_and_a_dry_run_shows_whom_it_would_reach() {
    let server = bank();
    let deposit = [
        "post",
        "ACC-1",
        "--deposit",
        "7.00",
        "--currency",
        "EUR",
        "--key",
        "gift",
        "--occurred-at",
        "2026-11-01",
        "--time-zone",
        "Europe/Paris",
        "--reference",
        "gift",
    ];
    let planned = server.run(&[&deposit[..], &["--dry-run"]].concat()).done();
    assert_eq!(
        planned,
        "deposit: would be sent to a…@example.com\nNothing was recorded: this was a dry run.\n"
    );
    let posted = server.run(&deposit).done();
    assert!(
        posted.starts_with("MoneyDeposited is version 4 of ACC-1, event "),
        "{posted}"
    );
    let again = server.run(&deposit).done();
    assert!(again.ends_with(", as before.\n"), "{again}");
    let event = server
        .run(&["history", "ACC-1", "--after-version", "3", "--json"])
        .json();
    assert_eq!(event["events"][0]["occurred_at"], "2026-10-31T23:00:00Z");
    let withdraw = [
        "post",
        "ACC-1",
        "--withdraw",
        "1.00",
        "--currency",
        "EUR",
        "--dry-run",
    ];
    assert!(
        server
            .run(&withdraw)
            .done()
            .starts_with("withdrawal: would not be sent: preference-off\n")
    );
    let late = ["post", "ACC-1", "--close", "--if-match", "1"];
    assert_eq!(server.run(&late).code, Some(1));
    let two = [
        "post",
        "ACC-1",
        "--close",
        "--deposit",
        "1.00",
        "--currency",
        "EUR",
    ];
    assert_eq!(server.run(&two).code, Some(2));
    assert_eq!(
        server.run(&["post", "ACC-1", "--deposit", "1.00"]).code,
        Some(2)
    );
}
