//! The deployed function exports the history into the bucket, and what is downloaded from there is whole.

use std::process::Command;

use chrono::{TimeDelta, Utc};
use domain::time::format_time;
use serde_json::{Value, json};
use tests::deployed::{Caller, Stack};

use crate::Test;

pub const TESTS: &[Test] = &[(
    "what_the_export_function_wrote_is_downloaded_and_verified_and_grows_with_the_history",
    the_history_is_exported,
)];

const ACCOUNT: &str = "ACC-EXPORTED";

fn append(stack: &Stack, caller: &Caller, key: &str, events: &Value) {
    let path = format!("/accounts/{ACCOUNT}/events");
    let body = json!({ "events": events });
    let appended = stack
        .api("POST", &path, &[("idempotency-key", key)], Some(&body))
        .send(Some(caller));
    assert_eq!(appended.status, 201, "{appended:?}");
}

fn deposit(amount: &str) -> Value {
    json!({ "type": "MoneyDeposited", "occurred_at": "2026-11-22T10:00:00Z",
        "data": { "amount": amount, "currency": "EUR" } })
}

/// Asks for an export up to now until all of the account is in it: what is younger than the safety window is left out.
fn export_all(stack: &Stack, version: u64) -> (tempfile::TempDir, Value) {
    stack.eventually("the export", || {
        // An hour ahead: the function ends it at its own time.
        let until = format_time(Utc::now() + TimeDelta::hours(1));
        let call = json!({ "detail-type": "ExportDue", "detail": { "until": until } });
        let done = stack.invoke(&stack.root(), "export", "RequestResponse", &call);
        assert_eq!(done.status, 200, "{done:?}");
        assert_eq!(done.body, "null", "{}", stack.evidence());
        let folder = tempfile::tempdir().unwrap();
        stack.download_export(folder.path());
        let manifest = std::fs::read_to_string(folder.path().join("manifest.json")).unwrap();
        let manifest: Value = serde_json::from_str(&manifest).unwrap();
        let accounts = manifest["accounts"].as_array().unwrap();
        let account = accounts.iter().find(|one| one["account_id"] == ACCOUNT);
        let head = account.map(|account| account["head"]["account"]["version"].clone());
        match head == Some(json!(version)) {
            true => Ok((folder, manifest)),
            false => Err(head),
        }
    })
}

/// As an auditor does, with the program that was built beside the functions.
fn verify(folder: &std::path::Path) {
    let test = std::env::current_exe().unwrap();
    let program = test.parent().unwrap().parent().unwrap().join("ledgerbell");
    let verified = Command::new(program)
        .args(["verify", "--json", "--export"])
        .arg(folder)
        .output()
        .unwrap();
    let (said, errors) = (
        String::from_utf8_lossy(&verified.stdout),
        String::from_utf8_lossy(&verified.stderr),
    );
    assert!(verified.status.success(), "{said}\n{errors}");
}

fn the_history_is_exported(stack: &Stack) {
    let caller = stack.user_of_the_api("bank-of-exports");
    let opened = json!({ "type": "AccountOpened", "occurred_at": "2026-11-22T10:00:00Z",
        "data": { "customer_id": "CUST-EXPORTED", "currency": "EUR" } });
    append(stack, &caller, "open", &json!([opened, deposit("12.50")]));
    let (first, before) = export_all(stack, 2);
    verify(first.path());

    append(stack, &caller, "more", &json!([deposit("0.50")]));
    let (second, after) = export_all(stack, 3);
    verify(second.path());
    // What the first run wrote is there still, byte for byte.
    for file in before["files"].as_array().unwrap() {
        if file["day"].is_string() {
            assert!(after["files"].as_array().unwrap().contains(file), "{file}");
        }
    }
    assert!(after["events"].as_u64() > before["events"].as_u64());
}
