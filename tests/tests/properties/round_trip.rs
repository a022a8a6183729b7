//! What the API accepts is what is stored, answered, exported, verified and
//! read again; what it refuses, it refuses by the field at fault. Times and
//! dates to the ends of their range, amounts to the ends of 64 bits, texts of
//! any letters.

mod given;

use std::collections::BTreeMap;
use std::path::Path;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Method, Request, StatusCode};
use domain::{Commit, Occurred, chain};
use export::{Exporter, Format, Table, Taken};
use handlers::composition::Composition;
use handlers::http::router;
use proptest::prelude::*;
use serde_json::{Value, json};
use tests::world::World;
use tower::ServiceExt;

use crate::run;
use given::{Case, case, decimal};

async fn ask(
    api: &Router,
    method: Method,
    path: &str,
    key: &str,
    body: Value,
) -> (StatusCode, Value) {
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header("content-type", "application/json")
        .header("idempotency-key", key)
        .body(Body::from(body.to_string()))
        .unwrap();
    let answer = api.clone().oneshot(request).await.unwrap();
    let status = answer.status();
    let bytes = to_bytes(answer.into_body(), 1 << 24).await.unwrap();
    (status, serde_json::from_slice(&bytes).unwrap())
}

async fn report(api: &Router, account: &str, key: &str, event: &Value) -> (StatusCode, Value) {
    let path = format!("/v1/accounts/{account}/events");
    ask(api, Method::POST, &path, key, json!({ "events": [event] })).await
}

async fn get(api: &Router, path: &str) -> Value {
    let (status, body) = ask(api, Method::GET, path, "none", Value::Null).await;
    assert_eq!(status, StatusCode::OK, "{path}: {body}");
    body
}

/// The pointers of a refusal, sorted.
fn places(problem: &Value) -> Vec<String> {
    let errors = problem["errors"].as_array().into_iter().flatten();
    let mut places: Vec<String> = errors
        .map(|error| error["pointer"].as_str().unwrap_or("no pointer").to_owned())
        .collect();
    places.sort();
    places
}

/// Reports a case for an account; answers what must have been recorded.
async fn record(api: &Router, account: &str, case: &Case) -> Vec<Value> {
    let (status, answer) = report(api, account, "open", &case.opening()).await;
    assert_eq!(status, StatusCode::CREATED, "{answer}");
    let mut expected = vec![case.opening()];
    let mut balance = i128::from(case.opening);
    for (number, movement) in case.movements.iter().enumerate() {
        let mut event = movement.event(case);
        let (status, answer) = report(api, account, &number.to_string(), &event).await;
        let mut faults = movement.faults(case);
        let after = balance + movement.delta();
        if faults.is_empty() && i64::try_from(after).is_err() {
            faults.push("/events/0/data".to_owned());
        }
        if !faults.is_empty() {
            assert_eq!(status, StatusCode::BAD_REQUEST, "{event}: {answer}");
            assert_eq!(places(&answer), faults, "{event}");
            continue;
        }
        assert_eq!(status, StatusCode::CREATED, "{event}: {answer}");
        balance = after;
        event["occurred_at"] = json!(movement.occurred.kept().unwrap());
        expected.push(event);
    }
    let shown = get(api, &format!("/v1/accounts/{account}/events?limit=100")).await;
    let shown: Vec<Value> = shown["events"]
        .as_array()
        .unwrap()
        .iter()
        .map(|event| {
            let members = ["type", "occurred_at", "occurred_on", "data"];
            let members = members.map(|name| Some((name.to_owned(), event.get(name)?.clone())));
            Value::Object(members.into_iter().flatten().collect())
        })
        .collect();
    assert_eq!(shown, expected);
    let path = format!("/v1/accounts/{account}?as_of_version={}", expected.len());
    let standing = get(api, &path).await;
    assert_eq!(standing["balance"], decimal(balance, case.digits));
    expected
}

/// The commits, as an export reads them over HTTP.
async fn commits(api: &Router, account: &str) -> Vec<Commit> {
    let page = get(api, &format!("/v1/accounts/{account}/commits?limit=100")).await;
    assert_eq!(page["next"], Value::Null);
    let text = |commit: &Value, name: &str| commit[name].as_str().unwrap().to_owned();
    let mut head = None;
    let commits = page["commits"].as_array().unwrap().iter().map(|commit| {
        let (before, hash) = (text(commit, "prev_hash"), text(commit, "hash"));
        let content = text(commit, "content");
        let read = Commit::read(
            content.as_bytes(),
            before.parse().unwrap(),
            hash.parse().unwrap(),
        )
        .unwrap();
        head = Some(chain::follow(head.as_ref(), &read).unwrap());
        read
    });
    commits.collect()
}

fn export_all(root: &Path, format: Format, commits: &[Commit]) {
    let mut exporter = Exporter::open(root, Some(format), None).unwrap();
    for commit in commits {
        assert_eq!(exporter.take(commit).unwrap(), Taken::Written);
    }
    let until = commits.iter().map(|commit| commit.recorded_at).max();
    let until = until.unwrap() + chrono::TimeDelta::seconds(1);
    exporter.finish(until, None).unwrap();
}

/// The data of the events in the files, by account and version.
fn data(root: &Path) -> BTreeMap<(String, String), Value> {
    let manifest = export::Manifest::of_folder(root).unwrap().unwrap();
    let at = |name| Table::Events.position(name).unwrap();
    let (account, version, data) = (at("account_id"), at("version"), at("data"));
    let files = manifest
        .files
        .iter()
        .filter(|file| file.table == Table::Events);
    let rows = files.flat_map(|file| {
        export::file::Rows::open(manifest.format, file.table, &root.join(&file.path)).unwrap()
    });
    rows.map(|row| {
        let row = row.unwrap();
        let key = (row[account].to_string(), row[version].to_string());
        (key, serde_json::from_str(&row[data].to_string()).unwrap())
    })
    .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn what_is_accepted_is_stored_answered_exported_verified_and_recorded_again_as_the_same(case in case()) {
        run(async {
            let api = router(World::default().api());
            let expected = record(&api, "ACC-1", &case).await;
            let commits = commits(&api, "ACC-1").await;
            for format in Format::ALL {
                let folder = tempfile::tempdir().unwrap();
                export_all(folder.path(), format, &commits);
                let found = export::verify(folder.path(), &mut |_| {}).unwrap();
                assert_eq!(found.problems, [], "{format:?}");
                let data: Vec<Value> = data(folder.path()).into_values().collect();
                let reported: Vec<&Value> = expected.iter().map(|event| &event["data"]).collect();
                assert_eq!(data.iter().collect::<Vec<_>>(), reported, "{format:?}");
            }
            // Once more, from what the export has, into an empty store.
            let other = router(World::default().api());
            for (number, event) in commits.iter().flat_map(|commit| &commit.events).enumerate() {
                let mut again = json!({ "type": event.event_type, "data": event.data });
                match event.occurred {
                    Occurred::At(time) => again["occurred_at"] = json!(domain::time::format_time(time)),
                    Occurred::On(date) => again["occurred_on"] = json!(date),
                }
                let (status, answer) = report(&other, "ACC-1", &number.to_string(), &again).await;
                assert_eq!(status, StatusCode::CREATED, "{again}: {answer}");
            }
            let again = self::commits(&other, "ACC-1").await;
            for (first, second) in commits.iter().zip(&again) {
                assert_eq!(first.events, second.events);
                assert_eq!(first.after, second.after);
                assert_eq!(first.request_hash, second.request_hash);
            }
            assert_eq!(commits.len(), again.len());
        });
    }
}

/// The script of Python's is started once, over many accounts.
#[cfg(feature = "python")]
#[test]
fn the_independent_script_verifies_whatever_is_accepted() {
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;

    let commits = run(async {
        let world = World::default();
        let api = router(world.api());
        let mut runner = TestRunner::deterministic();
        let mut all = Vec::new();
        for number in 0..250 {
            let case = case().new_tree(&mut runner).unwrap().current();
            let account = format!("ACC-{number}");
            record(&api, &account, &case).await;
            all.extend(commits(&api, &account).await);
        }
        all
    });
    let script = xtask::root().join("docs/verify_export.py");
    for format in Format::ALL {
        let folder = tempfile::tempdir().unwrap();
        export_all(folder.path(), format, &commits);
        let found = export::verify(folder.path(), &mut |_| {}).unwrap();
        assert_eq!(found.problems, [], "{format:?}");
        let mut python = std::process::Command::new(xtask::python_interpreter().unwrap());
        let found = python.arg(&script).arg(folder.path()).output().unwrap();
        assert!(found.status.success(), "{format:?}: {found:?}");
    }
}
