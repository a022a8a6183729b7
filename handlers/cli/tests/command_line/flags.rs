//! The flags that mean the same in every command: dates, formats, limits, accounts.

use serde_json::{Value, json};

use crate::running::{Server, run};

/// Two accounts whose events alternate, one with a text that looks like a formula.
fn bank() -> Server {
    let server = Server::start();
    let opened = |customer: &str| {
        json!([{"type": "AccountOpened", "occurred_at": "2026-01-01T00:00:00Z",
                "data": {"customer_id": customer, "currency": "EUR"}}])
    };
    let deposit = |reference: &str| {
        json!([{"type": "MoneyDeposited", "occurred_at": "2026-01-02T00:00:00Z",
                "data": {"amount": "5.00", "currency": "EUR", "reference": reference}}])
    };
    server.append("ACC-1", "open", &opened("ana"));
    server.append("ACC-2", "open", &opened("ben"));
    server.append("ACC-3", "open", &opened("ben"));
    server.append("ACC-1", "one", &deposit("=HYPERLINK(\"x\"), paid"));
    server.append("ACC-2", "one", &deposit("two"));
    server.append("ACC-1", "two", &deposit("three"));
    server.projected("ACC-1", 3);
    server.projected("ACC-2", 2);
    server.projected("ACC-3", 1);
    server
}

#[test]
fn a_date_is_the_start_of_that_day_in_the_named_zone_and_json_has_the_instants() {
    let server = bank();
    let range = |more: &[&str]| {
        let days = ["events", "--from", "2026-01-01", "--to", "2027-07-01"];
        server.run(&[&days[..], more, &["--json"]].concat()).json()
    };
    let utc = range(&[]);
    assert_eq!(utc["from"], "2026-01-01T00:00:00Z");
    assert_eq!(utc["to"], "2027-07-01T00:00:00Z");
    assert_eq!(utc["time_zone"], "UTC");
    let paris = range(&["--time-zone", "Europe/Paris"]);
    assert_eq!(paris["from"], "2025-12-31T23:00:00Z");
    assert_eq!(paris["to"], "2027-06-30T22:00:00Z");
    assert_eq!(paris["time_zone"], "Europe/Paris");
    let balance = [
        "balance",
        "ACC-1",
        "--as-of",
        "2026-01-02",
        "--basis",
        "occurred",
        "--json",
    ];
    let at_midnight = server.run(&balance).json();
    assert_eq!(at_midnight["balance"], "10.00", "that instant is included");
    assert_eq!(at_midnight["as_of"], "2026-01-02T00:00:00Z");
    let earlier = server
        .run(&[&balance[..], &["--time-zone", "Asia/Tokyo"]].concat())
        .json();
    assert_eq!(earlier["balance"], "0.00");
    assert_eq!(earlier["as_of"], "2026-01-01T15:00:00Z");
    assert_eq!(earlier["time_zone"], "Asia/Tokyo");
}

#[test]
fn what_depends_on_a_zone_is_not_echoed_where_nobody_looks() {
    let server = bank();
    let ran = server.run(&["balance", "ACC-1", "--as-of", "2100-01-01"]);
    assert_eq!(ran.err, "");
    assert!(ran.done().contains("balance   10.00 EUR"));
}

#[test]
fn an_impossible_date_zone_or_format_is_wrong_use() {
    for (arguments, reason) in [
        (
            &["balance", "a", "--as-of", "2026-11-2"][..],
            "a date like 2026-11-22",
        ),
        (
            &["events", "--from", "2026-11-01T10:00:00"],
            "RFC 3339 with a zone",
        ),
        (&["events", "--time-zone", "Paris"], "IANA time zone"),
        (
            &["events", "--from", "2026-11-02", "--to", "2026-11-02"],
            "--to must be later",
        ),
        (
            &["events", "--json", "--output", "csv"],
            "cannot be used with",
        ),
        (
            &["events", "--output", "xml"],
            "[possible values: table, json, csv]",
        ),
        (
            &["export", "--out", "x", "--output", "csv"],
            "[possible values: table, json]",
        ),
        (
            &[
                "replay",
                "events",
                "--target",
                "audit",
                "--to",
                "2026-11-02",
            ],
            "--from <TIME>",
        ),
        (&["history", "a", "--limit", "0"], "'0'"),
        (&["dead-letters", "list", "--limit", "101"], "'101'"),
    ] {
        let ran = run(arguments.iter().copied());
        assert_eq!(ran.code, Some(2), "{arguments:?}: {ran:?}");
        assert!(ran.err.contains(reason), "{arguments:?}: {ran:?}");
    }
}

#[test]
fn csv_is_rfc_4180_with_numbers_as_numbers_and_formulas_as_text() {
    let server = bank();
    assert_eq!(
        server.run(&["history", "ACC-1", "--output", "csv"]).done(),
        "version,occurred_at,type,amount,currency,about\r\n\
         1,2026-01-01T00:00:00Z,AccountOpened,0.00,EUR,ana\r\n\
         2,2026-01-02T00:00:00Z,MoneyDeposited,+5.00,EUR,\"'=HYPERLINK(\"\"x\"\"), paid\"\r\n\
         3,2026-01-02T00:00:00Z,MoneyDeposited,+5.00,EUR,three\r\n"
    );
    let balance = server.run(&["balance", "ACC-1", "--output", "csv"]).done();
    let start = "account_id,customer_id,balance,currency,version,status,updated_at\r\nACC-1,ana,10.00,EUR,3,open,";
    assert!(balance.starts_with(start), "{balance}");
    assert_eq!(
        server
            .run(&["dead-letters", "list", "--output", "csv"])
            .done(),
        "id,kind,failed_at,attempts,what,reason\r\n",
        "an empty list has its heading"
    );
    let verified = server.run(&["verify", "ACC-2", "--output", "csv"]).done();
    assert_eq!(
        verified,
        "account_id,events,commits,balance,result\r\nACC-2,2,2,5.00,valid\r\n"
    );
    assert_eq!(
        server.run(&["history", "ACC-1", "--output", "json"]).out,
        server.run(&["history", "ACC-1", "--json"]).out
    );
}

/// The events as `account version`, once the newest are in the list.
fn events(server: &Server, arguments: &[&str], expected: &[&str]) {
    let started = std::time::Instant::now();
    loop {
        let document = server
            .run(&[&["events", "--json"], arguments].concat())
            .json();
        let text = |event: &Value| {
            let account = event["account_id"].as_str().unwrap();
            format!("{account} {}", event["version"])
        };
        let found: Vec<String> = document["events"]
            .as_array()
            .unwrap()
            .iter()
            .map(text)
            .collect();
        // The list leaves out the most recent seconds.
        if found == expected {
            return;
        }
        assert!(started.elapsed().as_secs() < 60, "{arguments:?}: {found:?}");
        std::thread::sleep(std::time::Duration::from_millis(200));
    }
}

#[test]
fn several_accounts_are_one_list_in_recorded_order() {
    let server = bank();
    let both = ["--account", "ACC-2", "--account", "ACC-1"];
    events(
        &server,
        &both,
        &["ACC-1 1", "ACC-2 1", "ACC-1 2", "ACC-2 2", "ACC-1 3"],
    );
    events(
        &server,
        &[&both[..], &["--limit", "3"]].concat(),
        &["ACC-1 1", "ACC-2 1", "ACC-1 2"],
    );
    events(&server, &["--account", "ACC-3"], &["ACC-3 1"]);
    events(
        &server,
        &[&both[..], &["--type", "AccountClosed"]].concat(),
        &[],
    );
}

#[test]
fn a_history_goes_on_after_a_version_by_its_old_flag_too() {
    let server = bank();
    let first = server.run(&["history", "ACC-1", "--limit", "2"]).done();
    assert!(
        first.ends_with("There is more: go on with --after-version 2\n"),
        "{first}"
    );
    let rest = server.run(&["history", "ACC-1", "--after-version", "2", "--json"]);
    assert_eq!(rest.json()["events"][0]["version"], 3);
    let old = server.run(&["history", "ACC-1", "--after", "2", "--json"]);
    assert_eq!(old.out, rest.out);
    assert_eq!(
        server
            .run(&["history", "ACC-1", "--after-version", "3"])
            .done(),
        "There are no later events.\n"
    );
}
