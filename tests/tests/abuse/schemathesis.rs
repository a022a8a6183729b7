//! Requests that schemathesis makes of docs/openapi.json, right and wrong ones, against the running server: nothing
//! answers 5xx, every answer is as the document says, and nothing is accepted that the document refuses.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};
use tests::one_machine::{Api, Append, Folder, Server, eventually, settled};

/// The same requests each time.
const SEED: &str = "6";
/// Requests that are made up for each operation, beside those that cover its schema's every bound.
const EXAMPLES: &str = "20";
/// The check that is left out: what the document calls right is not always accepted. A schema cannot say that an
/// amount has its currency's digits, that a cursor was given out here, or that `If-Match` names the version there is.
const LEFT_OUT: &str = "positive_data_acceptance";

/// Makes something of each kind that a request can name; their ids by parameter, the first of each to be ended.
fn known(api: &Api, folder: &Folder) -> Value {
    for customer in ["gone", "ana", "bo"] {
        api.put_customer(customer, "en");
    }
    api.open("ACC-1", "ana", "EUR");
    api.open("ACC-GONE", "bo", "EUR");
    api.append(&Append::deposit("ACC-1", "in", "125.50", "EUR", "salary"));
    let mail = settled(api, &folder.disk(), "ACC-1", 2, 1).mails.remove(0);
    for schedule in ["gone", "rent"] {
        let path = format!("/v1/accounts/ACC-1/schedules/{schedule}");
        let yearly = json!({
            "operation": { "type": "MoneyWithdrawn", "data": { "amount": "12.00", "currency": "EUR" } },
            "when": { "cron": "cron(0 9 1 1 ? *)" },
            "time_zone": "Europe/Paris",
        });
        assert_eq!(api.send("PUT", &path, &yearly).status, 201, "{path}");
    }
    let replay = api.send("POST", "/v1/replays", &json!({ "kind": "projections" }));
    let replay = replay.json["replay_id"].as_str().unwrap().to_owned();
    eventually("the replay is done", || {
        let shown = api.get(&format!("/v1/replays/{replay}"));
        match shown["state"] == "done" {
            true => Ok(()),
            false => Err(shown.to_string()),
        }
    });
    let text = |value: &Value| {
        value
            .as_str()
            .unwrap_or_else(|| panic!("{mail:#}"))
            .to_owned()
    };
    let link = text(&mail["headers"]["List-Unsubscribe"]);
    let token = link.trim_end_matches('>').rsplit('=').next().unwrap();
    let body = text(&mail["text"]);
    let code = body.split_whitespace().find(|word| is_code(word));
    json!({
        "account_id": ["ACC-GONE", "ACC-1"],
        "customer_id": ["gone", "ana", "bo"],
        "schedule_id": ["gone", "rent"],
        "replay_id": [replay],
        "notification_id": [mail["notification_id"]],
        "token": [token],
        "code": [code.unwrap_or_else(|| panic!("no code: {body}"))],
    })
}

/// "7K2M-00ZQ-9XWD"
fn is_code(word: &str) -> bool {
    let parts: Vec<&str> = word.split('-').collect();
    let plain = |part: &&str| {
        part.len() == 4
            && part
                .bytes()
                .all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
    };
    parts.len() == 3 && parts.iter().all(plain)
}

#[test]
fn no_request_gets_a_5xx_or_an_answer_that_is_not_in_the_document_or_is_accepted_against_it() {
    let folder = Folder::new();
    let server = Server::start(&folder);
    let known = known(&server.api(), &folder);
    let document = xtask::root().join("docs/openapi.json");
    let work = tempfile::tempdir().unwrap();
    let answers = work.path().join("answers.json");
    let run = Command::new(xtask::python_interpreter().unwrap())
        .args(["-m", "schemathesis.cli", "run"])
        .arg(&document)
        .args([
            "--url",
            server.base(),
            "--seed",
            SEED,
            "--max-examples",
            EXAMPLES,
        ])
        .args([
            "--phases",
            "examples,coverage,fuzzing",
            "--exclude-checks",
            LEFT_OUT,
        ])
        .args([
            "--continue-on-failure",
            "--request-timeout",
            "30",
            "--no-color",
        ])
        .env("SCHEMATHESIS_HOOKS", "known")
        .env(
            "PYTHONPATH",
            Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/abuse"),
        )
        // What Python compiles and what schemathesis remembers of earlier runs stay away from the project.
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .current_dir(work.path())
        .env("LEDGERBELL_KNOWN", known.to_string())
        .env("LEDGERBELL_DOCUMENT", &document)
        .env("LEDGERBELL_ANSWERS", &answers)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&run.stdout);
    let complained = String::from_utf8_lossy(&run.stderr);
    assert!(run.status.success(), "{said}\n{complained}");
    let summary: Vec<&str> = said
        .lines()
        .filter(|line| line.contains("generated"))
        .collect();
    assert!(!summary.is_empty(), "nothing was asked:\n{said}");
    eprintln!("schemathesis: {}", summary.join(" ").trim());
    each_operation_was_done(&document, &answers);
}

/// That each operation was done at least once: what is only ever refused shows nothing.
fn each_operation_was_done(document: &Path, answers: &Path) {
    let read = |path: &Path| std::fs::read(path).unwrap();
    let document: Value = serde_json::from_slice(&read(document)).unwrap();
    let answers: BTreeMap<String, BTreeMap<String, u64>> =
        serde_json::from_slice(&read(answers)).unwrap();
    let mut operations = BTreeSet::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        let methods = methods.as_object().unwrap().keys();
        let methods = methods.filter(|method| *method != "parameters");
        operations.extend(methods.map(|method| format!("{} {path}", method.to_uppercase())));
    }
    assert!(operations.len() >= 30, "{operations:#?}");
    let done = |operation: &String| {
        let counts = answers.get(operation);
        counts.is_some_and(|counts| counts.keys().any(|status| status.starts_with('2')))
    };
    let refused: Vec<&String> = operations
        .iter()
        .filter(|&operation| !done(operation))
        .collect();
    assert!(
        refused.is_empty(),
        "only refused: {refused:#?}\n{answers:#?}"
    );
}
