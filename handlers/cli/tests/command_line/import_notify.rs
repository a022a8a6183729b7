//! Whom `ledgerbell import` tells: nobody, unless it is asked to.

use std::fs;
use std::time::{Duration, Instant};

use crate::running::Server;
use serde_json::{Value, json};

const ACCOUNT: &str = "NL71";

/// Two deposits on the first day, one on each of the next two.
const FILE: &str = ":20:A\n:25:NL71\n:28C:1/1\n:60F:C230101EUR100,00\n:61:2301010101C10,00NTRFA\n\
                    :61:2301010101C20,00NTRFB\n:61:2301020102C30,00NTRFC\n:61:2301030103D40,00NTRFD\n\
                    :62F:C230103EUR120,00\n-\n";

fn import(server: &Server, more: &[&str]) -> Value {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("statement.sta");
    fs::write(&file, FILE).unwrap();
    let mut arguments = vec![
        "import",
        file.to_str().unwrap(),
        "--customer",
        "ana",
        "--json",
    ];
    arguments.extend(more);
    let ran = server.run(&arguments);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    ran.json()["totals"].clone()
}

fn get(server: &Server, path: &str) -> Value {
    let url = format!("{}/{path}", server.endpoint);
    let mut answer = ureq::get(url).call().unwrap();
    answer.body_mut().read_json().unwrap()
}

/// What became of each notification, by the version of its event, once there
/// are so many and none is on its way.
#[track_caller]
fn told(server: &Server, count: usize) -> Vec<String> {
    let started = Instant::now();
    loop {
        let path = format!("v1/accounts/{ACCOUNT}/notifications");
        let all = get(server, &path)["notifications"]
            .as_array()
            .unwrap()
            .clone();
        let mut ended: Vec<(u64, String)> = all
            .iter()
            .filter_map(|notification| {
                let outcome = match notification["state"].as_str().unwrap() {
                    "SENT" => "SENT",
                    "SKIPPED" => notification["reason"].as_str().unwrap(),
                    _ => return None,
                };
                Some((
                    notification["event_version"].as_u64().unwrap(),
                    outcome.to_owned(),
                ))
            })
            .collect();
        if ended.len() == count {
            ended.sort();
            return ended.into_iter().map(|(_, outcome)| outcome).collect();
        }
        assert!(started.elapsed() < Duration::from_secs(30), "{all:?}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

fn mails(server: &Server) -> usize {
    get(server, "local/inbox").as_array().unwrap().len()
}

#[test]
fn an_import_notifies_nobody_now_or_later() {
    let server = Server::start();
    server.customer("ana", &json!({}));
    assert_eq!(import(&server, &[])["recorded"], 4);
    assert_eq!(told(&server, 4), ["imported"; 4]);
    for flags in [&["--notify"][..], &["--notify-since", "2023-01-02"], &[]] {
        let totals = import(&server, flags);
        assert_eq!(
            (&totals["recorded"], &totals["replayed"]),
            (&json!(0), &json!(4))
        );
    }
    // What happens now is told.
    let deposit = json!([{"type": "MoneyDeposited", "occurred_at": "2023-01-04T00:00:00Z",
                          "data": {"amount": "1.00", "currency": "EUR"}}]);
    server.append(ACCOUNT, "live", &deposit);
    let outcomes = told(&server, 5);
    assert_eq!(outcomes[..4], ["imported"; 4]);
    assert_eq!((outcomes[4].as_str(), mails(&server)), ("SENT", 1));
}

#[test]
fn requested_notifications_are_sent_and_importing_again_changes_nothing() {
    let all = vec!["SENT"; 4];
    let since = vec!["imported", "imported", "SENT", "SENT"];
    for (flags, expected) in [
        (&["--notify"][..], all),
        (&["--notify-since", "2023-01-02"], since),
    ] {
        let server = Server::start();
        server.customer("ana", &json!({}));
        let sent = expected
            .iter()
            .filter(|outcome| **outcome == "SENT")
            .count();
        let mut dry = vec!["--dry-run"];
        dry.extend(flags);
        let would = import(&server, &dry);
        assert_eq!(
            (&would["mails"], &would["people"]),
            (&json!(sent), &json!(1))
        );
        assert_eq!(import(&server, flags)["recorded"], 4);
        assert_eq!(told(&server, 4), expected);
        for flags in [&[][..], &["--notify"], &["--notify-since", "2023-01-03"]] {
            assert_eq!(import(&server, flags)["recorded"], 0);
        }
        let would = import(&server, &dry);
        assert_eq!((&would["mails"], &would["people"]), (&json!(0), &json!(0)));
        assert_eq!(told(&server, 4), expected);
        assert_eq!(mails(&server), sent);
    }
}

#[test]
fn a_dry_run_counts_the_mails_and_their_recipients() {
    let server = Server::start();
    server.customer(
        "ana",
        &json!({ "addresses": [{ "email": "second@example.org", "kinds": ["withdrawal"] }] }),
    );
    for (flags, mails, people) in [
        (&["--dry-run"][..], 0, 0),
        (&["--dry-run", "--notify"], 5, 2),
        (&["--dry-run", "--notify-since", "2023-01-02"], 3, 2),
        (&["--dry-run", "--notify-since", "2023-01-04"], 0, 0),
    ] {
        let totals = import(&server, flags);
        assert_eq!(
            (&totals["mails"], &totals["people"]),
            (&json!(mails), &json!(people)),
            "{flags:?}"
        );
    }
    // Of an account that is there already, too; and in words.
    let opened = json!([{"type": "AccountOpened", "occurred_at": "2023-01-01T00:00:00Z",
                         "data": {"customer_id": "ana", "currency": "EUR", "opening_balance": "100.00"}}]);
    server.append(ACCOUNT, "open", &opened);
    assert_eq!(import(&server, &["--dry-run", "--notify"])["mails"], 5);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("statement.sta");
    fs::write(&file, FILE).unwrap();
    let file = file.to_str().unwrap();
    let said = server
        .run(&["import", file, "--dry-run", "--notify"])
        .done();
    assert!(
        said.ends_with("By today's preferences and balances, 5 mails would be sent to 2 people.\n"),
        "{said}"
    );
    let said = server.run(&["import", file, "--dry-run"]).done();
    assert!(said.ends_with("No mails would be sent.\n"), "{said}");
    assert_eq!(get(&server, "local/inbox"), json!([]));
}

/// A statement with so many deposits of 1.00.
fn deposits(count: usize) -> String {
    let mut file = ":20:A\n:25:NL71\n:28C:1/1\n:60F:C230101EUR0,00\n".to_owned();
    for number in 0..count {
        file += &format!(":61:2301010101C1,00NTRFE{number}\n");
    }
    file + &format!(":62F:C230101EUR{count},00\n-\n")
}

#[test]
fn more_than_fifty_mails_are_confirmed_or_nothing_is_imported() {
    let server = Server::start();
    server.customer("ana", &json!({}));
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("statement.sta");
    fs::write(&file, deposits(51)).unwrap();
    let import = [
        "import",
        file.to_str().unwrap(),
        "--customer",
        "ana",
        "--notify",
    ];
    let refused = server.run(&import);
    assert_eq!(refused.code, Some(2), "{refused:?}");
    assert_eq!(
        refused.complaint(),
        "ledgerbell: By today's preferences and balances, 51 mails would be sent to 1 person. There is no terminal to \
         confirm it: give --yes"
    );
    assert_eq!(get(&server, "v1/accounts")["accounts"], json!([]));
    server.run(&[&import[..], &["--yes"]].concat()).done();
    told(&server, 51);

    let server = Server::start();
    server.customer("ana", &json!({}));
    fs::write(&file, deposits(50)).unwrap();
    server.run(&import).done();
    told(&server, 50);
}

#[test]
fn the_two_options_to_notify_exclude_each_other_and_a_date_must_be_valid() {
    for flags in [
        &["--notify", "--notify-since", "2023-01-02"][..],
        &["--notify-since", "2023-02-30"],
    ] {
        let mut arguments = vec!["import", "statement.sta"];
        arguments.extend(flags);
        assert_eq!(crate::running::run(arguments).code, Some(2));
    }
}
