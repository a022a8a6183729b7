//! `ledgerbell load`.

use crate::running::Server;

#[test]
fn many_writers_to_one_account_are_all_acknowledged_once() {
    let server = Server::start();
    let load = ["load", "--writers", "8", "--events", "5", "--run", "one"];
    let twice = [&load[..], &["--duplicates", "--json"]].concat();
    let report = server.run(&twice).json();
    assert_eq!(report["deposits"], 40);
    assert_eq!(report["recorded"], 40);
    assert_eq!(report["replayed"], 40);
    server.projected("load-1", 41);
    assert_eq!(
        server.run(&["balance", "load-1", "--json"]).json()["balance"],
        "40.00"
    );
    let again = [&load[..], &["--json"]].concat();
    let again = server.run(&again).json();
    assert_eq!(
        (&again["recorded"], &again["replayed"]),
        (&0.into(), &40.into())
    );
    assert_eq!(server.versions(), [("load-1".to_owned(), 41)]);
}

#[test]
fn the_writers_are_spread_over_the_accounts_and_a_dry_run_opens_none() {
    let server = Server::start();
    let load = ["load", "--accounts", "3", "--writers", "4", "--events", "2"];
    let dry = [&load[..], &["--dry-run"]].concat();
    assert!(server.run(&dry).done().contains("would post 8 deposits"));
    assert_eq!(server.run(&["balance", "load-1"]).code, Some(1));
    server.run(&load).done();
    for (account, version) in [("load-1", 5), ("load-2", 3), ("load-3", 3)] {
        server.projected(account, version);
    }
}

#[test]
fn what_was_acknowledged_before_a_kill_is_there_after_it_and_not_twice() {
    let server = Server::start();
    let load = ["load", "--writers", "2", "--events", "1", "--run", "before"];
    server.run(&load).done();
    let server = server.restart();
    let again = [&load[..], &["--json"]].concat();
    assert_eq!(server.run(&again).json()["replayed"], 2);
    server.projected("load-1", 3);
}

#[test]
fn every_scenario_is_acknowledged_in_full_and_notifies_every_customer() {
    let server = Server::start();
    let folder = tempfile::tempdir().unwrap();
    for scenario in [
        "steady",
        "payday-burst",
        "hot-account",
        "many-accounts",
        "replay-under-load",
        "ses-slow",
        "ses-down",
    ] {
        let report = folder.path().join(scenario);
        let report = report.to_str().unwrap();
        let size = ["--rate", "3", "--seconds", "5", "--retry-for", "300"];
        let load = [
            "load", scenario, "--prefix", scenario, "--report", report, "--json",
        ];
        let told = server.run(&[&load[..], &size].concat()).json();
        assert_eq!(told["scenario"], scenario);
        let requests = if scenario == "payday-burst" { 27 } else { 15 };
        assert_eq!(told["acknowledged"], requests, "{told:#}");
        if scenario != "many-accounts" {
            assert_eq!(told["mails"]["states"]["SENT"], requests, "{told:#}");
        }
        assert_eq!(
            told["replay"]["state"] == "done",
            scenario == "replay-under-load"
        );
        for latency in told["latencies"].as_array().unwrap() {
            assert!(
                latency["corrected_us"].as_u64() >= latency["service_us"].as_u64(),
                "{latency}"
            );
        }
        let text = std::fs::read_to_string(format!("{report}/report.md")).unwrap();
        for chart in ["latency.svg", "rate.svg"] {
            assert!(text.contains(&format!("]({chart})")), "{text}");
            let chart = std::fs::read_to_string(format!("{report}/{chart}")).unwrap();
            assert_eq!(chart.matches("<polyline").count(), 2);
        }
    }
}

#[test]
fn a_scenario_needs_no_writers_and_its_dry_run_sends_nothing() {
    let server = Server::start();
    let dry = server.run(&[
        "load",
        "hot-account",
        "--rate",
        "2",
        "--seconds",
        "3",
        "--dry-run",
    ]);
    assert!(dry.done().contains("6 deposits in 3 s to 1 accounts"));
    assert!(server.versions().is_empty());
    assert_eq!(
        server.run(&["load", "steady", "--writers", "2"]).code,
        Some(2)
    );
    assert_eq!(server.run(&["load", "--rate", "2"]).code, Some(2));
}
