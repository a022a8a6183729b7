//! DuckDB, Polars and pandas reproduce every balance from the files.

use std::collections::BTreeMap;

use export::Format;
use serde_json::Value;
use tests::exports::{export, history};
use tests::one_machine::{Api, Append, Folder, Server, eventually, ledgerbell_command, opening};

use crate::python;

/// Balances by account, versions, counts and spot checks, as one JSON document
/// for each library.
const READERS: &str = include_str!("readers.py");

fn read_by_libraries(folder: &std::path::Path) -> BTreeMap<String, Value> {
    let script = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(script.path(), READERS).unwrap();
    let ran = python(&[script.path(), folder]);
    assert!(
        ran.status.success(),
        "{}",
        String::from_utf8_lossy(&ran.stderr)
    );
    serde_json::from_slice(&ran.stdout).unwrap()
}

#[test]
fn every_library_reads_the_amounts_of_every_currency_to_the_last_digit() {
    let history = history();
    let folder = tempfile::tempdir().unwrap();
    export(
        folder.path(),
        Format::Parquet,
        &history.commits,
        history.until,
    );
    let mut expected: BTreeMap<String, String> = BTreeMap::new();
    for commit in &history.commits {
        let balance = export::value::Decimal::of(commit.after.balance).to_string();
        expected.insert(commit.account_id.to_string(), balance);
    }
    assert_eq!(expected["ACC-BHD"], "92233720368548.993");
    let read = read_by_libraries(folder.path());
    assert_eq!(
        read.keys().collect::<Vec<_>>(),
        ["duckdb", "pandas", "polars"]
    );
    for (library, read) in read {
        assert_eq!(balances(&read), expected, "{library}");
        assert_eq!(read["latest"], read["balances"], "{library}");
        assert_eq!(
            read["days"],
            serde_json::json!(["2026-11-20", "2026-11-21", "2026-11-22"]),
            "{library}"
        );
        assert_eq!(read["times"], "UTC microseconds", "{library}");
        assert_eq!(
            read["texts"],
            serde_json::json!(["Zürich, 東京 🏦"]),
            "{library}"
        );
    }
}

#[test]
fn the_libraries_reproduce_the_balances_that_the_api_answers() {
    let folder = Folder::new();
    let server = Server::start(&folder);
    let api = server.api();
    fill(&api);
    let out = tempfile::tempdir().unwrap();
    let events = eventually("all events are past the safety window", || {
        let endpoint = api.endpoint();
        let ran = ledgerbell_command()
            .args(["export", "--json", "--endpoint", endpoint, "--out"])
            .arg(out.path())
            .output()
            .unwrap();
        assert!(ran.status.success(), "{ran:?}");
        let told: Value = serde_json::from_slice(&ran.stdout).unwrap();
        match told["events"].as_u64().unwrap() {
            76 => Ok(told),
            other => Err(format!("{other} events")),
        }
    });
    let accounts = api.pages("/v1/accounts?limit=3", "accounts", "cursor");
    let expected: BTreeMap<String, String> = accounts
        .iter()
        .map(|account| {
            let text = |name: &str| account[name].as_str().unwrap().to_owned();
            (text("account_id"), text("balance"))
        })
        .collect();
    assert_eq!(expected.len(), 4);
    for (library, read) in read_by_libraries(out.path()) {
        assert_eq!(balances(&read), expected, "{library}");
        assert_eq!(read["decisions"], events["decisions"], "{library}");
        assert_eq!(read["notifications"], events["notifications"], "{library}");
    }
    let verified = ledgerbell_command()
        .args(["verify", "--json", "--export"])
        .arg(out.path())
        .output()
        .unwrap();
    assert!(verified.status.success(), "{verified:?}");
}

/// Four accounts, three of them in other currencies, with some withdrawals.
fn fill(api: &Api) {
    for (account, currency, amount) in [
        ("ACC-1", "EUR", "10.01"),
        ("ACC-2", "JPY", "1250"),
        ("ACC-3", "BHD", "1.234"),
        ("ACC-4", "EUR", "0.07"),
    ] {
        let mut append = Append {
            account: account.to_owned(),
            key: "open".to_owned(),
            events: vec![opening("ana", currency)],
        };
        for number in 0..18 {
            let mut event = Append::deposit(account, "", amount, currency, "x")
                .events
                .remove(0);
            if number % 3 == 2 {
                event["type"] = "MoneyWithdrawn".into();
            }
            append.events.push(event);
        }
        api.append(&append);
    }
}

/// With the digits of the currency, as the API has them: the libraries answer
/// with four.
fn balances(read: &Value) -> BTreeMap<String, String> {
    let digits = |currency: &str| match currency {
        "JPY" => 0,
        "EUR" => 2,
        _ => 3,
    };
    let balances = read["balances"].as_object().unwrap().iter();
    balances
        .map(|(account, balance)| {
            let balance = balance.as_str().unwrap();
            let currency = read["currencies"][account].as_str().unwrap();
            let (whole, fraction) = balance.split_once('.').unwrap();
            let (kept, rest) = fraction.split_at(digits(currency));
            assert!(
                rest.bytes().all(|digit| digit == b'0'),
                "{account} {balance}"
            );
            let point = if kept.is_empty() { "" } else { "." };
            (account.clone(), format!("{whole}{point}{kept}"))
        })
        .collect()
}
