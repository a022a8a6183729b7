//! Exports of a running server, and their verification without it.

use std::path::Path;
use std::time::{Duration, Instant};

use crate::running::{Server, run};
use serde_json::{Value, json};

/// Longer than the safety window on a busy machine.
const PATIENCE: Duration = Duration::from_secs(90);

fn deposit(amount: &str) -> Value {
    json!({ "type": "MoneyDeposited", "occurred_at": "2026-11-22T10:00:00Z",
        "data": { "amount": amount, "currency": "EUR" } })
}

fn opening() -> Value {
    json!({ "type": "AccountOpened", "occurred_at": "2026-11-22T09:00:00Z",
        "data": { "customer_id": "ana", "currency": "EUR" } })
}

/// Exports until so many events are in it; what the last run told.
fn export_until(server: &Server, out: &Path, more: &[&str], events: u64) -> Value {
    let started = Instant::now();
    loop {
        let out = out.to_str().unwrap();
        let told = server
            .run(&[&["export", "--json", "--out", out], more].concat())
            .json();
        if told["events"] == events {
            return told;
        }
        assert!(started.elapsed() < PATIENCE, "{told:#}");
        std::thread::sleep(Duration::from_millis(300));
    }
}

#[test]
fn an_export_grows_with_the_history_and_is_verified_without_the_server() {
    let mut server = Server::start();
    server.append("ACC-1", "open", &json!([opening(), deposit("1.25")]));
    server.append("ACC-2", "open", &json!([opening()]));
    let folder = tempfile::tempdir().unwrap();
    let whole = folder.path().join("whole");
    let out = whole.to_str().unwrap();

    let planned = server.run(&["export", "--out", out, "--dry-run"]).done();
    assert!(planned.contains("Nothing was written"), "{planned}");
    assert!(!whole.exists());

    let first = export_until(&server, &whole, &[], 3);
    assert_eq!(first["control_totals"]["EUR"]["balance"], "1.25");
    server.append("ACC-1", "more", &json!([deposit("2.00"), deposit("0.75")]));
    let second = export_until(&server, &whole, &[], 5);
    assert_eq!(second["written"], 2);
    assert_eq!(second["control_totals"]["EUR"]["balance"], "4.00");

    // From the second commit of ACC-1 on: its chain begins inside.
    let history = server.run(&["history", "ACC-1", "--json"]).json();
    let from = history["events"][2]["recorded_at"].as_str().unwrap();
    let part = folder.path().join("part");
    let told = export_until(&server, &part, &["--from", from, "--format", "csv"], 2);
    assert_eq!(told["control_totals"]["EUR"]["credits"], "2.75");
    assert_eq!(told["control_totals"]["EUR"]["balance"], "4.00");
    let again = server.run(&[
        "export",
        "--out",
        part.to_str().unwrap(),
        "--from",
        "2026-01-01T00:00:00Z",
    ]);
    assert_eq!(again.code, Some(2), "{again:?}");
    assert!(again.complaint().contains("begins at"), "{again:?}");

    server.stop();
    for (folder, told) in [(&whole, &second), (&part, &told)] {
        let kept = told["manifest_sha256"].as_str().unwrap();
        let folder = folder.to_str().unwrap();
        let verified = run(["verify", "--export", folder, "--manifest-sha256", kept]).done();
        assert!(verified.contains("The export is valid"), "{verified}");
    }
    let other = "0".repeat(64);
    let refused = run(["verify", "--export", out, "--manifest-sha256", &other]);
    assert_eq!(refused.code, Some(1), "{refused:?}");

    let day = &history["events"][0]["recorded_at"].as_str().unwrap()[..10];
    let events = std::fs::read_dir(whole.join(format!("events/day={day}"))).unwrap();
    let events = events.map(|entry| entry.unwrap().path()).min().unwrap();
    let name = events.file_name().unwrap().to_str().unwrap();
    std::fs::remove_file(&events).unwrap();
    let broken = run(["verify", "--export", out]);
    assert_eq!(broken.code, Some(1), "{broken:?}");
    assert!(
        broken.err.contains(&format!("{name}: is missing")),
        "{broken:?}"
    );
    assert!(broken.out.contains("NOT VALID"), "{broken:?}");
}

#[test]
fn a_range_with_nanoseconds_has_all_its_events() {
    let server = Server::start();
    server.append("ACC-1", "open", &json!([opening()]));
    for key in ["one", "two", "three"] {
        server.append("ACC-1", key, &json!([deposit("1.00")]));
    }
    let history = server.run(&["history", "ACC-1", "--json"]).json();
    // What was recorded at a microsecond is in the range up to a nanosecond behind it.
    let at = |index: usize, nanoseconds: &str| {
        let recorded = history["events"][index]["recorded_at"].as_str().unwrap();
        format!("{}{nanoseconds}Z", recorded.trim_end_matches('Z'))
    };
    let (from, to) = (at(0, "001"), at(2, "001"));
    let folder = tempfile::tempdir().unwrap();
    let told = export_until(&server, folder.path(), &["--from", &from, "--to", &to], 2);
    assert_eq!(told["control_totals"]["EUR"]["credits"], "2.00");
    // It is gone on with where it has ended.
    export_until(&server, folder.path(), &["--from", &to], 3);
    let verified = run(["verify", "--export", folder.path().to_str().unwrap()]).done();
    assert!(verified.contains("The export is valid"), "{verified}");
}

#[test]
fn an_export_is_not_continued_from_another_ledger() {
    let server = Server::start();
    server.append("ACC-1", "open", &json!([opening(), deposit("1.25")]));
    let folder = tempfile::tempdir().unwrap();
    export_until(&server, folder.path(), &[], 2);
    let manifest = || std::fs::read(folder.path().join("manifest.json")).unwrap();
    let exported = manifest();

    let (same_accounts, empty) = (Server::start(), Server::start());
    let events = json!([opening(), deposit("1.25"), deposit("2.00")]);
    same_accounts.append("ACC-1", "open", &events);
    for other in [&same_accounts, &empty] {
        let out = folder.path().to_str().unwrap();
        let refused = other.run(&["export", "--out", out]);
        assert_eq!(refused.code, Some(1), "{refused:?}");
        let told = refused.complaint();
        assert!(told.contains("another ledger"), "{refused:?}");
        assert!(told.contains("ACC-1"), "{refused:?}");
        assert_eq!(manifest(), exported);
    }
}

#[test]
fn events_of_all_accounts_are_filtered_by_the_options() {
    let server = Server::start();
    server.append(
        "ACC-1",
        "open",
        &json!([opening(), deposit("1.25"), deposit("7.00")]),
    );
    let started = Instant::now();
    let shown = loop {
        let shown = server
            .run(&["events", "--currency", "EUR", "--min-amount", "5.00"])
            .done();
        if shown.contains("+7.00") {
            break shown;
        }
        assert!(started.elapsed() < PATIENCE, "{shown}");
        std::thread::sleep(Duration::from_millis(300));
    };
    assert!(!shown.contains("+1.25"), "{shown}");
    let document = server
        .run(&["events", "--type", "AccountOpened", "--json"])
        .json();
    assert_eq!(document["events"].as_array().unwrap().len(), 1);
    let limited = server.run(&["events", "--limit", "2", "--json"]).json();
    assert_eq!(limited["events"].as_array().unwrap().len(), 2);
    let refused = server.run(&["events", "--type", "Nothing"]);
    assert_eq!(refused.code, Some(2), "{refused:?}");
}
