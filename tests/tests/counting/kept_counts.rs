//! `ledgerbell cost` computes with counts that are kept in a file: they are what is counted here.

use std::path::PathBuf;

use rusqlite::Connection;
use serde_json::{Value, json};

use crate::bank::{Bank, request, salaries};
use crate::log::Log;
use crate::{append, notify, project, stream};

/// As many events in a commit as the cost is told for.
const EVENTS_A_COMMIT: [usize; 3] = [1, 10, 25];

fn file() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../handlers/cli/data/counts.json")
}

/// The size of the largest item, as DynamoDB counts it.
fn largest(bank: &Bank, table: &str) -> u64 {
    let file = Connection::open(bank.folder.path().join("dynamodb.sqlite")).unwrap();
    let asked = format!("SELECT MAX(item_size) FROM {table}");
    file.query_row(&asked, [], |row| row.get(0)).unwrap()
}

/// The lines of the hops, each with its line end. What a library tells below `info` is not in a function's log.
fn bytes_of(log: &Log, messages: &[&str]) -> usize {
    log.lines()
        .iter()
        .filter(|line| messages.iter().any(|message| line["message"] == *message))
        .map(|line| line.to_string().len() + 1)
        .sum()
}

async fn commit(events: usize) -> Value {
    let bank = Bank::open().await;
    let appends = append::of(&bank, events).await;
    let sizes = [largest(&bank, "events"), largest(&bank, "requests")];

    let bank = Bank::open().await;
    let projector = bank.projector();
    assert_eq!(projector.project(bank.stream(0).await).await, [""; 0]);
    bank.world.bus.take_waiting();
    let log = Log::start();
    let wanted = request(1, salaries(events));
    bank.appender().append(&wanted).await.unwrap();
    let batch = bank.stream(1).await;
    let mut reading = bank.reading();
    assert_eq!(projector.project(batch).await, [""; 0]);
    let projected = reading.spent();
    let told = bank.world.bus.take_waiting();
    let bus: usize = told
        .iter()
        .map(|entry| entry.detail.to_string().len())
        .sum();
    json!({
        "events": events,
        "append_cold": appends.cold.to_json(),
        "append_warm": appends.warm.to_json(),
        "project": projected.to_json(),
        "bus_entries": told.len(),
        "bus_bytes": bus,
        "log_bytes_append": bytes_of(&log, &["appended"]),
        "log_bytes_project": bytes_of(&log, &["projected", "published"]),
        "bytes_commit": sizes[0],
        "bytes_key": sizes[1],
    })
}

async fn mail() -> Value {
    let bank = Bank::open().await;
    let log = Log::start();
    let mail = notify::of_a_mail(&bank).await;
    json!({
        "notify": mail.notify.to_json(),
        "feedback": mail.feedback.to_json(),
        "log_bytes_notify": bytes_of(&log, &["mail sent"]),
        "log_bytes_feedback": bytes_of(&log, &["what became of a mail"]),
        "bytes_notification": largest(&bank, "notifications"),
    })
}

async fn skipped() -> Value {
    let off = json!({ "kinds": { "deposit": { "enabled": false } } });
    let bank = Bank::open_with(off).await;
    let notify = notify::of_an_event(&bank).await;
    assert!(bank.world.mailer.accepted().is_empty());
    json!({
        "notify": notify.to_json(),
        "bytes_notification": largest(&bank, "notifications"),
    })
}

/// What the template makes that costs by being there.
fn standing() -> Value {
    let template =
        PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../infra/cloudformation/template.yaml");
    let template = std::fs::read_to_string(template).unwrap();
    let count = |of: &str| {
        let line = format!("    Type: {of}");
        template.lines().filter(|told| *told == line).count()
    };
    json!({
        "alarms": count("AWS::CloudWatch::Alarm"),
        "dashboards": count("AWS::CloudWatch::Dashboard"),
        "encryption_keys": count("AWS::KMS::Key"),
        "secrets": count("AWS::SecretsManager::Secret"),
        "tables": count("AWS::DynamoDB::Table"),
        "own_metrics": handlers::telemetry::METRICS.len(),
    })
}

#[tokio::test]
async fn the_counts_that_the_cost_is_computed_with_are_those_that_are_measured() {
    // With one subscriber alone, tracing asks the thread that comes to a line first, which may be another test's without any.
    let _second = tracing::Dispatch::new(tracing::subscriber::NoSubscriber::default());
    let mut commits = Vec::new();
    for events in EVENTS_A_COMMIT {
        commits.push(commit(events).await);
    }
    let bank = Bank::open().await;
    let hot = project::of_a_batch(&bank, 100).await;
    let counted = json!({
        "commits": commits,
        "commit_of_10_without_texts": append::of_bare(&Bank::open().await).await.to_json(),
        "stream": stream::of_a_stream(50, None).await.to_json(),
        "project_100_commits_of_one_account": hot.to_json(),
        "mail": mail().await,
        "skipped": skipped().await,
        "standing": standing(),
    });
    if std::env::var("INSTA_UPDATE").is_ok_and(|update| update == "always") {
        let pretty = serde_json::to_string_pretty(&counted).unwrap() + "\n";
        std::fs::write(file(), pretty).unwrap();
    }
    let kept = std::fs::read_to_string(file()).unwrap();
    let kept: Value = serde_json::from_str(&kept).unwrap();
    assert_eq!(kept, counted, "write them anew with INSTA_UPDATE=always");
}
