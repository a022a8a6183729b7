//! Replays of events at a limited rate, and replays that are stopped.

use crate::given::*;
use handlers::Error;
use handlers::composition::Composition;
use handlers::ports::{BusEntry, Clock};
use handlers::replay::REQUESTED;
use serde_json::{Value, json};
use std::time::Duration;
use tests::world::{Fault, World, account};

fn day(rate: Option<u32>) -> Value {
    let mut body = json!({
        "kind": "events", "from": "2026-11-22T00:00:00Z", "to": "2026-11-23T00:00:00Z", "target": "analytics",
    });
    if let Some(rate) = rate {
        body["events_per_second"] = json!(rate);
    }
    body
}

async fn long_account() -> World {
    let world = World::default();
    world.account_with(&account(1), &["1.00"; 299]).await;
    world.clock.advance(Duration::from_secs(60));
    world
}

fn replayed(world: &World) -> Vec<BusEntry> {
    let published = world.bus.published().into_iter();
    published
        .filter(|entry| entry.event_type != REQUESTED)
        .collect()
}

#[tokio::test]
async fn events_are_published_no_faster_than_was_asked_for() {
    let world = long_account().await;
    let slow = day(Some(10));
    let (began, document) = (world.clock.now(), replay(&world, slow).await);
    assert_eq!(document["result"], json!({ "published": 300 }));
    // 30 pages of ten; the last one is not waited for.
    let took = (world.clock.now() - began).num_seconds();
    assert_eq!(took, 29);
    assert_eq!(document["pace"]["events_per_second"], 10);
    // A worker's end does not make it faster.
    let (began, id) = (world.clock.now(), request(&world, day(Some(10))).await);
    let worked = work(&world, Duration::from_secs(10)).await;
    assert_eq!((worked, (world.clock.now() - began).num_seconds()), (3, 29));
    assert_eq!(world.replayer().get(&id).await.unwrap()["state"], "done");
    // Nor is there a wait where nobody asks for one.
    let began = world.clock.now();
    replay(&world, day(None)).await;
    assert_eq!((world.clock.now() - began).num_seconds(), 0);
}

#[tokio::test]
async fn a_replay_that_is_stopped_publishes_no_more_and_stays_stopped() {
    let world = long_account().await;
    let id = request(&world, day(Some(10))).await;
    let call = calls(&world).remove(0);
    world
        .replayer()
        .deliver(&call.detail, Duration::from_secs(5))
        .await
        .unwrap();
    let published = replayed(&world).len();
    assert!((40..=60).contains(&published), "{published}");
    let stopped = world.replayer().stop(&id).await.unwrap();
    assert_eq!(stopped["state"], "stopped");
    assert_eq!(stopped["progress"]["events"], json!(published));
    work(&world, LONG).await;
    assert_eq!(replayed(&world).len(), published);
    let again = world.replayer().stop(&id).await.unwrap();
    assert_eq!(again, stopped);
    assert_eq!(world.replayer().get(&id).await.unwrap(), stopped);
    let other = world.replayer().stop("none").await;
    assert!(matches!(other, Err(Error::NotFound(_))), "{other:?}");
}

#[tokio::test]
async fn a_stop_at_any_moment_of_the_work_ends_it_within_a_page() {
    for body in [day(Some(100)), json!({ "kind": "projections" })] {
        let mut step = 0;
        loop {
            let world = long_account().await;
            let id = request(&world, body.clone()).await;
            let call = calls(&world).remove(0);
            world.faults.at_call(step, Fault::StopBefore);
            let replayer = world.replayer();
            let mut worker = Box::pin(replayer.deliver(&call.detail, LONG));
            if world.faults.until_stop(&mut worker).await.is_some() {
                assert!(step > 5, "{step} calls");
                break;
            }
            let before = replayed(&world).len();
            world.faults.clear();
            let stopped = world.replayer().stop(&id).await.unwrap();
            world.faults.resume();
            worker.await.unwrap();
            work(&world, LONG).await;
            let what = format!("{body} at call {step}");
            let document = world.replayer().get(&id).await.unwrap();
            assert_eq!(document["state"], stopped["state"], "{what}");
            let after = replayed(&world).len();
            assert!(after - before <= 100, "{what}: {before}, then {after}");
            step += 1;
        }
    }
}

#[tokio::test]
async fn what_is_done_is_not_stopped() {
    let world = told().await;
    let document = replay(&world, day(None)).await;
    let id = document["replay_id"].as_str().unwrap();
    assert_eq!(world.replayer().stop(id).await.unwrap(), document);
}

#[tokio::test]
async fn a_worker_whose_replay_was_stopped_meanwhile_ends_well_and_no_other_failure_does() {
    let world = long_account().await;
    let replayer = world.replayer();
    for is_stopped in [true, false] {
        let id = request(&world, day(None)).await;
        let call = calls(&world).remove(0);
        // The first write of the progress begins the work; at the second, a page was published.
        let fault = match is_stopped {
            true => Fault::StopBefore,
            false => Fault::FailBefore(Error::Retryable("throttled".into())),
        };
        world.faults.at("replays.save", 1, fault);
        let mut working = Box::pin(replayer.deliver(&call.detail, LONG));
        let ended = world.faults.until_stop(&mut working).await;
        if is_stopped {
            assert_eq!(ended, None);
            world.faults.resume();
            replayer.stop(&id).await.unwrap();
            assert_eq!(working.await, Ok(()));
            assert_eq!(replayer.get(&id).await.unwrap()["state"], "stopped");
        } else {
            assert_eq!(ended, Some(Err(Error::Retryable("throttled".into()))));
        }
    }
}
