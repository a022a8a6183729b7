//! Events again, marked and addressed.

use crate::given::*;
use domain::IntegrationEvent;
use handlers::composition::Composition;
use handlers::ports::BusEntry;
use handlers::replay::REQUESTED;
use serde_json::{Value, json};
use std::time::Duration;
use tests::world::{World, account, reaches_notify};

#[tokio::test]
async fn events_are_published_again_marked_and_addressed_and_exactly_those_of_the_range() {
    let world = told().await;
    let log = world.store.log();
    let (from, to) = (log[3].recorded_at, log[8].recorded_at);
    let before = world.bus.published().len();
    let mails = world.mailer.accepted();
    let body = json!({ "kind": "events", "from": from, "to": to, "target": "analytics" });
    let document = replay(&world, body).await;

    let published = world.bus.published().split_off(before);
    let (control, events): (Vec<BusEntry>, Vec<BusEntry>) = published
        .into_iter()
        .partition(|entry| entry.event_type == REQUESTED);
    assert_eq!(control.len(), 1);
    let expected: Vec<Value> = log[3..8]
        .iter()
        .flat_map(|commit| IntegrationEvent::of_commit(commit).unwrap())
        .map(|mut event| {
            event.metadata.replay = document["replay_id"].as_str().map(str::to_owned);
            event.metadata.target = Some("analytics".to_owned());
            BusEntry::of(&event).unwrap().detail
        })
        .collect();
    let found: Vec<Value> = events.iter().map(|entry| entry.detail.clone()).collect();
    assert_eq!(found, expected);
    assert_eq!(document["result"], json!({ "published": 5 }));
    assert_eq!(
        document["progress"],
        json!({ "accounts": 0, "commits": 5, "events": 5 })
    );
    let time = |name: &str| document["pace"][name].as_str().unwrap().to_owned();
    assert!(time("noted_at") > time("started_at"), "{document:#}");

    assert!(!events.iter().any(reaches_notify));
    for entry in &events {
        world
            .notifier()
            .deliver(&entry.event_type, &entry.detail)
            .await
            .unwrap();
    }
    assert_eq!(world.mailer.accepted(), mails);
}

#[tokio::test]
async fn events_of_some_accounts_in_pages_without_time_are_each_published_once() {
    let world = World::default();
    let many: Vec<&str> = vec!["1.00"; 150];
    world.account_with(&account(1), &many).await;
    world.account_with(&account(2), &many).await;
    world.clock.advance(Duration::from_secs(60));
    let body = json!({
        "kind": "events", "from": "2026-11-22T00:00:00Z", "to": "2026-11-23T00:00:00Z",
        "accounts": ["ACC-2"], "target": "analytics",
    });
    let id = request(&world, body).await;
    let worked = work(&world, Duration::ZERO).await;
    assert!(worked > 2, "{worked}");
    let document = world.replayer().get(&id).await.unwrap();
    assert_eq!(document["result"], json!({ "published": 151 }));
    let events: Vec<BusEntry> = world
        .bus
        .published()
        .into_iter()
        .filter(|entry| entry.event_type != REQUESTED)
        .collect();
    let versions: Vec<u64> = events
        .iter()
        .map(|entry| entry.detail["metadata"]["version"].as_u64().unwrap())
        .collect();
    assert_eq!(versions, (1..=151).collect::<Vec<_>>());
    assert!(
        events
            .iter()
            .all(|entry| entry.detail["metadata"]["account_id"] == "ACC-2")
    );
}
