//! Balance, history, verify, replay and dead letters, as a person sees them.

use std::process::{Command, Stdio};

use crate::running::{Server, run};
use serde_json::json;

/// An account with three events.
fn with_account() -> Server {
    let server = Server::start();
    server.append(
        "ACC-1",
        "open",
        &json!([
            {"type": "AccountOpened", "occurred_at": "2026-01-01T00:00:00Z",
             "data": {"customer_id": "ana", "currency": "EUR", "opening_balance": "1000.00"}},
        ]),
    );
    server.append(
        "ACC-1",
        "two",
        &json!([
            {"type": "MoneyDeposited", "occurred_at": "2026-01-02T00:00:00Z",
             "data": {"amount": "125.50", "currency": "EUR", "reference": "salary"}},
            {"type": "MoneyWithdrawn", "occurred_at": "2026-01-03T00:00:00Z",
             "data": {"amount": "1500.00", "currency": "EUR", "counterparty": "Landlord", "reference": "rent"}},
        ]),
    );
    server.projected("ACC-1", 3);
    server
}

#[test]
fn a_balance_is_shown_now_and_at_earlier_points() {
    let server = with_account();
    let shown = server.run(&["balance", "ACC-1"]).done();
    let lines: Vec<&str> = shown.lines().take(5).collect();
    assert_eq!(
        lines,
        [
            "account   ACC-1",
            "customer  ana",
            "balance   -374.50 EUR",
            "version   3",
            "status    open"
        ]
    );
    let balance = |arguments: &[&str]| {
        let all = [&["balance", "ACC-1", "--json"], arguments].concat();
        server.run(&all).json()["balance"].clone()
    };
    assert_eq!(balance(&["--as-of-version", "2"]), "1125.50");
    assert_eq!(
        balance(&[
            "--as-of",
            "2026-01-02T01:00:00+01:00",
            "--basis",
            "occurred"
        ]),
        "1125.50"
    );
    let before = server.run(&["balance", "ACC-1", "--as-of", "2026-01-02T00:00:00Z"]);
    assert_eq!(before.code, Some(1));
    assert_eq!(
        before.complaint(),
        "ledgerbell: There is no such resource: account ACC-1 was not open then (404)"
    );
    // The newest balance must not pass for that of a version that is yet to come.
    let beyond = server.run(&["balance", "ACC-1", "--as-of-version", "4"]);
    assert_eq!((beyond.code, beyond.out.as_str()), (Some(2), ""));
    assert_eq!(
        beyond.complaint(),
        "ledgerbell: ACC-1 has no version 4 yet: its newest is 3"
    );
}

#[test]
fn a_type_of_event_that_does_not_exist_is_refused_with_the_one_that_was_meant() {
    let refused = run(["events", "--type", "Deposit"]);
    assert_eq!(refused.code, Some(2));
    let said = &refused.err;
    assert!(
        said.contains("a similar value exists: 'MoneyDeposited'"),
        "{said}"
    );
}

#[test]
fn the_history_is_aligned_and_continues_where_it_stopped() {
    let server = with_account();
    let shown = server.run(&["history", "ACC-1"]).done();
    let lines: Vec<&str> = shown.lines().collect();
    assert_eq!(
        lines,
        [
            "VERSION  OCCURRED              TYPE              AMOUNT       ABOUT",
            "      1  2026-01-01T00:00:00Z  AccountOpened    1000.00  EUR  ana",
            "      2  2026-01-02T00:00:00Z  MoneyDeposited   +125.50  EUR  salary",
            "      3  2026-01-03T00:00:00Z  MoneyWithdrawn  -1500.00  EUR  Landlord · rent",
        ]
    );
    let first = server.run(&["history", "ACC-1", "--limit", "2", "--json"]);
    let document = first.json();
    assert_eq!(document["events"].as_array().unwrap().len(), 2);
    assert_eq!(document["next"], 2);
    let rest = server
        .run(&["history", "ACC-1", "--after", "2", "--json"])
        .json();
    assert_eq!(rest["events"][0]["version"], 3);
    assert_eq!(rest["next"], serde_json::Value::Null);
}

#[test]
fn a_long_history_is_read_to_its_end_in_pages() {
    let server = Server::start();
    let load = ["load", "--writers", "4", "--events", "150", "--prefix", "L"];
    server.run(&load).done();
    let document = server.run(&["history", "L-1", "--json"]).json();
    let versions: Vec<u64> = document["events"]
        .as_array()
        .unwrap()
        .iter()
        .map(|event| event["version"].as_u64().unwrap())
        .collect();
    assert_eq!(versions, (1..=601).collect::<Vec<u64>>());
}

#[test]
fn verify_checks_all_accounts_and_fails_on_a_missing_one() {
    let server = with_account();
    assert_eq!(
        server.run(&["verify"]).done(),
        "ACCOUNT  EVENTS  COMMITS  BALANCE  RESULT\n\
         ACC-1         3        2  -374.50  valid\n\
         \n\
         The account is valid.\n"
    );
    let ran = server.run(&["verify", "ACC-1", "ACC-2"]);
    assert_eq!(ran.code, Some(1));
    assert!(ran.complaint().contains("account ACC-2 was never opened"));
    assert!(ran.out.contains("1 of 2 not valid."));
    let document = server.run(&["verify", "ACC-1", "ACC-2", "--json"]).json();
    assert_eq!(document["checked"], 2);
    assert_eq!(document["invalid"], 1);
}

#[test]
fn a_replay_estimates_first_and_a_dry_run_starts_nothing() {
    let server = with_account();
    let estimate = "estimate: 1 account, about 3 events, about 3 read units and 9 write units; on AWS about 0.01 USD \
                    (an event is taken as 1 KB)";
    let dry = server.run(&["replay", "projections", "--dry-run"]).done();
    assert_eq!(
        dry,
        format!("{estimate}\nNothing was started: this was a dry run.\n")
    );
    let real = server
        .run(&["replay", "projections", "--account", "ACC-1"])
        .done();
    assert!(real.starts_with(estimate), "{real}");
    assert!(
        real.contains("done: 1 account, 2 commits, 3 events\nequal: 1, differing: 0, missing: 0\n")
    );
    assert!(real.contains("CURRENCY  ACCOUNTS  BALANCE\nEUR              1  -374.50\n"));
    let json = server
        .run(&["replay", "projections", "--switch", "--json"])
        .json();
    assert_eq!(json["state"], "done");
    assert_eq!(json["result"]["switched"], true);
    let switched = json["replay_id"].as_str().unwrap();
    let back = server.run(&["replay", "switch-back", switched]).done();
    assert!(
        back.contains("\nput back: 0, left because they moved on since: 0\n"),
        "{back}"
    );
    let events = [
        "replay",
        "events",
        "--from",
        "2026-01-01T00:00:00Z",
        "--to",
        "2100-01-01T00:00:00Z",
        "--target",
        "audit",
        "--json",
    ];
    let json = server.run(&events).json();
    assert_eq!(json["state"], "done");
    assert!(json["result"]["published"].as_u64().is_some());
    // What is over is not stopped, and says how it ended.
    let over = json["replay_id"].as_str().unwrap();
    let stopped = server.run(&["replay", "stop", over]).done();
    assert!(stopped.starts_with("done: "), "{stopped}");
    let listed = server.run(&["replay", "list", "--state", "done"]).done();
    let rows: Vec<Vec<&str>> = (listed.lines())
        .map(|line| line.split_whitespace().collect())
        .collect();
    assert_eq!(rows.len(), 5, "{listed}");
    assert_eq!((rows[1][1], rows[1][5]), ("events", over));
    assert_eq!((rows[2][1], rows[3][5]), ("switch-back", switched));
    assert!(listed.contains("  0 differing, 0 missing\n"), "{listed}");
    let newest = server.run(&["replay", "list", "--limit", "1", "--json"]);
    assert_eq!(newest.json()["replays"][0]["replay_id"], over);
    let failed = server.run(&["replay", "list", "--state", "failed"]).done();
    assert_eq!(failed, "There are no such replays.\n");
    let none = server.run(&["replay", "stop", "none"]);
    assert_eq!(none.code, Some(1));
    assert!(none.complaint().contains("is not known"), "{none:?}");
    let refused = server.run(&[
        "replay",
        "events",
        "--from",
        "2026-01-01T00:00:00Z",
        "--to",
        "2026-02-01T00:00:00Z",
        "--target",
        "Not A Name",
    ]);
    assert_eq!(refused.code, Some(1));
    assert!(
        refused
            .complaint()
            .contains("/target must be the name of a consumer")
    );
}

#[test]
fn without_failures_there_are_no_dead_letters() {
    let server = Server::start();
    assert_eq!(
        server.run(&["dead-letters", "list"]).done(),
        "There are no dead letters.\n"
    );
    assert_eq!(
        server
            .run(&["dead-letters", "redrive", "--max", "3"])
            .done(),
        "There are no dead letters.\n"
    );
    let named = ["dead-letters", "redrive", "--id", "none", "--dry-run"];
    let ran = server.run(&named);
    assert_eq!(ran.code, Some(1));
    assert!(ran.out.contains("none  not-found"), "{ran:?}");
}

#[test]
fn a_server_that_is_not_running_is_one_clear_line() {
    for arguments in [
        &["balance", "a"][..],
        &["history", "a"],
        &["verify"],
        &["replay", "projections"],
        &["dead-letters", "list"],
        &["load"],
    ] {
        // Nothing listens on the port of "discard" here.
        let ran = run(arguments
            .iter()
            .copied()
            .chain(["--endpoint", "http://127.0.0.1:9"]));
        assert_eq!(ran.code, Some(1), "{arguments:?}");
        assert_eq!(
            ran.complaint(),
            "ledgerbell: no ledgerbell answers at http://127.0.0.1:9: connection refused; start one with \
             `ledgerbell serve`, or name it with --endpoint",
        );
        assert_eq!(ran.out, "");
    }
}

#[test]
fn a_reader_that_stops_causes_no_panic() {
    let server = with_account();
    let mut child = Command::new(env!("CARGO_BIN_EXE_ledgerbell"))
        .args(["history", "ACC-1", "--endpoint", &server.endpoint])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "");
    assert!(output.status.success());
}

#[test]
fn schedules_are_created_shown_listed_run_and_cancelled() {
    let server = with_account();
    let create = |more: &[&str]| {
        let rent = [
            "schedules",
            "create",
            "ACC-1",
            "rent",
            "--withdraw",
            "850.00",
            "--currency",
        ];
        server.run(&[&rent, more].concat())
    };
    let monthly = [
        "EUR",
        "--cron",
        "0 9 1 * ? *",
        "--time-zone",
        "Europe/Paris",
    ];
    let planned = create(&[&monthly[..], &["--dry-run"]].concat()).done();
    assert!(planned.starts_with("Would run at 20"), "{planned}");
    let nothing = server.run(&["schedules", "list", "ACC-1"]).done();
    assert_eq!(nothing, "There are no schedules.\n");
    let wrong = create(&["USD", "--rate", "1 day", "--dry-run"]);
    assert_eq!(wrong.code, Some(2));
    assert!(wrong.complaint().contains("must be EUR"), "{wrong:?}");

    let made = create(&[&monthly[..], &["--json"]].concat()).json();
    assert_eq!(made["state"], "active");
    let shown = server.run(&["schedules", "show", "ACC-1", "rent"]).done();
    let lines: Vec<&str> = shown.lines().collect();
    assert!(
        lines[1].starts_with("rent      withdrawal  850.00  EUR  cron 0 9 1 * ? * Europe/Paris"),
        "{shown}"
    );
    let listed = server.run(&["schedules", "list", "ACC-1", "--json"]).json();
    assert_eq!(listed["schedules"][0], made);

    let kept = server
        .run(&["schedules", "cancel", "ACC-1", "rent", "--dry-run"])
        .done();
    assert!(kept.starts_with("Would be cancelled:"), "{kept}");
    assert_eq!(
        server
            .run(&["schedules", "show", "ACC-1", "rent", "--json"])
            .json(),
        made
    );
    let cancelled = server.run(&["schedules", "cancel", "ACC-1", "rent"]).done();
    assert_eq!(cancelled, "Schedule rent of account ACC-1 is cancelled.\n");
    let gone = server.run(&["schedules", "show", "ACC-1", "rent"]);
    assert_eq!(gone.code, Some(1));
    assert!(
        gone.complaint().contains("has no schedule rent"),
        "{gone:?}"
    );
}

#[test]
fn a_balance_and_a_history_are_drawn_in_the_terminal_and_as_svg() {
    let server = with_account();
    let drawn = server.run(&["balance", "ACC-1", "--plot"]).done();
    for label in ["┤ 1125.50 EUR", "┤ 0.00 EUR", "┤ -374.50 EUR"] {
        assert!(drawn.contains(label), "{drawn}");
    }
    assert!(
        drawn.ends_with("ACC-1: -374.50 EUR at version 3\n"),
        "{drawn}"
    );
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("balance.svg");
    let svg = ["--plot", "--svg", file.to_str().unwrap()];
    let told = server.run(&[&["balance", "ACC-1"], &svg[..]].concat());
    assert_eq!(told.done(), "");
    let svg = std::fs::read_to_string(&file).unwrap();
    assert!(
        svg.starts_with("<svg ") && svg.contains(">1125.50 EUR<"),
        "{svg}"
    );

    let drawn = server.run(&["history", "ACC-1", "--plot"]).done();
    let days: Vec<&str> = drawn.lines().skip(1).map(|line| &line[..10]).collect();
    assert_eq!(days, ["2026-01-01", "2026-01-02", "2026-01-03"]);
    assert!(
        drawn.contains("+125.50") && drawn.contains("-1500.00"),
        "{drawn}"
    );
    let missing = server.run(&["balance", "ACC-2", "--plot"]);
    assert_eq!(missing.code, Some(1));
    assert!(missing.complaint().contains("never opened"), "{missing:?}");
}

#[test]
fn an_account_and_a_customer_are_found_by_what_a_caller_has_on_the_phone() {
    let server = Server::start();
    server.customer("ana", &serde_json::json!({}));
    server.append(
        "DE89-3704-6828",
        "open",
        &serde_json::json!([
            {"type": "AccountOpened", "occurred_at": "2026-01-01T00:00:00Z",
             "data": {"customer_id": "ana", "currency": "EUR"}},
        ]),
    );
    server.projected("DE89-3704-6828", 1);
    for text in [&["de89", "3704", "6828"][..], &["••••6828"], &["6828"]] {
        let found = server.run(&[&["find"], text].concat()).done();
        let row = found.lines().nth(1).unwrap_or_default();
        assert!(
            row.starts_with("account  DE89-3704-6828  EUR, of ana"),
            "{found}"
        );
    }
    let found = server.run(&["find", "ana@example.com"]).done();
    assert!(found.contains("customer  ana"), "{found}");
    let none = server.run(&["find", "••••6829"]).done();
    assert_eq!(
        none,
        "Nothing has this as: last four characters of an account.\n"
    );
    let document = server.run(&["find", "nobody", "--json"]).json();
    assert_eq!(document["hits"], serde_json::json!([]));
    let refused = server.run(&["find", " "]);
    assert_eq!(refused.code, Some(1));
    assert!(
        refused.complaint().contains("must not be empty"),
        "{refused:?}"
    );
}
