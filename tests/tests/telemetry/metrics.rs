//! What is counted, and that CloudWatch can read it.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use handlers::ports::RandomIds;
use handlers::telemetry::{METRICS, NAMESPACE, heartbeat, mail_paused};
use nightly::Nightly;
use serde_json::{Value, json};
use tests::world::{MemoryObjects, World, account};

use crate::log::Log;
use crate::story::live_through_everything;

/// The metrics of a line, each with its value.
fn told(line: &Value) -> Vec<(String, f64)> {
    let directives = line["_aws"]["CloudWatchMetrics"]
        .as_array()
        .cloned()
        .unwrap_or_default();
    let metrics = directives
        .iter()
        .flat_map(|directive| directive["Metrics"].as_array().cloned().unwrap_or_default());
    metrics
        .map(|metric| {
            let name = metric["Name"].as_str().unwrap().to_owned();
            let value = line[&name].as_f64();
            (
                name,
                value.unwrap_or_else(|| panic!("no value in {line:#}")),
            )
        })
        .collect()
}

fn total(log: &Log, name: &str) -> f64 {
    let lines = log.lines();
    lines
        .iter()
        .flat_map(told)
        .filter(|(found, _)| found == name)
        .map(|(_, value)| value)
        .sum()
}

async fn export_everything(world: &World) {
    let folder = tempfile::tempdir().unwrap();
    let objects = MemoryObjects::new(world.faults.clone(), world.clock.clone());
    let nightly = Nightly {
        store: world.store.clone(),
        read_model: world.read_model.clone(),
        notifications: world.notifications.clone(),
        objects: Arc::new(objects),
        clock: world.clock.clone(),
        ids: Arc::new(RandomIds),
        folder: folder.path().join("export"),
        max_events: 1_000,
    };
    let as_long_as_a_function_runs = Duration::from_secs(900);
    let exported = nightly.deliver(&Value::Null, as_long_as_a_function_runs);
    exported.await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn every_metric_is_told_by_something_that_happens() {
    let log = Log::start();
    let world = World::default();
    live_through_everything(&world).await;
    mail_paused("AccountSuspendedException");
    heartbeat("schedule");
    export_everything(&world).await;
    let found: BTreeSet<String> = log
        .lines()
        .iter()
        .flat_map(told)
        .map(|(name, _)| name)
        .collect();
    let all: BTreeSet<String> = METRICS
        .iter()
        .map(|metric| metric.name.to_owned())
        .collect();
    assert_eq!(found, all);
}

#[tokio::test]
async fn a_line_with_metrics_has_the_form_that_cloudwatch_reads() {
    let log = Log::start();
    let world = World::default();
    live_through_everything(&world).await;
    let mut seen = 0;
    for line in log.lines().iter().filter(|line| !line["_aws"].is_null()) {
        assert!(
            line["_aws"]["Timestamp"].as_u64().unwrap() > 1_700_000_000_000,
            "{line:#}"
        );
        for directive in line["_aws"]["CloudWatchMetrics"].as_array().unwrap() {
            assert_eq!(directive["Namespace"], NAMESPACE);
            // A metric a value: only the stack, and what has a handful of values.
            for set in directive["Dimensions"].as_array().unwrap() {
                let names: Vec<&str> = set
                    .as_array()
                    .unwrap()
                    .iter()
                    .map(|name| name.as_str().unwrap())
                    .collect();
                assert!(
                    matches!(
                        names[..],
                        ["Stack"] | ["Stack", "reason" | "told" | "letter" | "due"]
                    ),
                    "{names:?}"
                );
                for name in names {
                    let value = line[name].as_str().unwrap();
                    assert!(!value.is_empty() && value.len() < 30, "{name}: {value}");
                }
            }
            for metric in directive["Metrics"].as_array().unwrap() {
                let known = METRICS
                    .iter()
                    .find(|known| metric["Name"] == known.name)
                    .unwrap();
                assert_eq!(metric["Unit"], known.unit.as_str());
            }
            seen += 1;
        }
    }
    assert!(seen > 30, "{seen}");
}

#[tokio::test]
async fn what_is_counted_is_what_has_happened() {
    let log = Log::start();
    let world = World::default();
    world
        .customer_with(
            "ana@example.com",
            json!({ "kinds": { "deposit": { "min_amount": { "EUR": "5.00" } } } }),
        )
        .await;
    world
        .account_with(&account(1), &["10.00", "1.00", "20.00"])
        .await;
    world.project(world.stream()).await;
    world.settle().await;
    // The stream once more: applied before, and so told again only.
    world.project(world.stream()).await;
    world.settle().await;
    let count = |name: &str| total(&log, name);
    assert_eq!(count("Appended"), 4.0);
    assert_eq!(count("Projected"), 4.0);
    assert_eq!(count("Published"), 8.0);
    assert_eq!((count("MailsSent"), count("MailsSkipped")), (2.0, 1.0));
    let lines = log.lines();
    let skipped = lines
        .iter()
        .find(|line| line["message"] == "mail skipped")
        .unwrap();
    assert_eq!(skipped["reason"], "below-minimum");
}

#[tokio::test]
async fn the_lag_is_the_time_from_recording_to_sending() {
    let log = Log::start();
    let world = World::default();
    world.customer_with("ana@example.com", json!({})).await;
    world.account_with(&account(1), &["10.00"]).await;
    world.clock.advance(Duration::from_millis(1500));
    world.project(world.stream()).await;
    world.settle().await;
    let lines = log.lines();
    let sent = lines
        .iter()
        .find(|line| line["message"] == "mail sent")
        .unwrap();
    let lag = sent["EndToEndLag"].as_u64().unwrap();
    assert!((1500..1600).contains(&lag), "{lag} ms");
}
