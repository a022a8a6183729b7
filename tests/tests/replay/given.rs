//! What the tests of this folder start from and hold at the end.

use handlers::composition::Composition;
use handlers::ports::BusEntry;
use handlers::replay::{REQUESTED, ReplayRequest};
use serde_json::{Value, json};
use std::time::Duration;
use tests::world::{World, account};

pub const LONG: Duration = Duration::from_secs(600);

/// Four accounts of three commits each, projected and told.
pub async fn told() -> World {
    let world = World::default();
    world.customer_with("ana@example.com", json!({})).await;
    for number in 1..=4 {
        world
            .account_with(&account(number), &["10.00", "0.50"])
            .await;
    }
    world.project(world.stream()).await;
    world.settle().await;
    // Out of the window in which the time index may lag.
    world.clock.advance(Duration::from_secs(60));
    world
}

pub async fn request(world: &World, body: Value) -> String {
    world
        .replayer()
        .request(ReplayRequest::read(body).unwrap())
        .await
        .unwrap()
}

/// What calls the replay's worker, taken off the bus.
pub fn calls(world: &World) -> Vec<BusEntry> {
    world
        .bus
        .take_waiting()
        .into_iter()
        .filter(|entry| entry.event_type == REQUESTED)
        .collect()
}

/// Runs the worker as often as it is called; answers with how often that was.
pub async fn work(world: &World, budget: Duration) -> usize {
    let mut worked = 0;
    loop {
        let waiting = calls(world);
        if waiting.is_empty() {
            return worked;
        }
        for call in waiting {
            world
                .replayer()
                .deliver(&call.detail, budget)
                .await
                .unwrap();
            worked += 1;
            assert!(worked < 100, "it never ends");
        }
    }
}

pub async fn replay(world: &World, body: Value) -> Value {
    let id = request(world, body).await;
    work(world, LONG).await;
    let document = world.replayer().get(&id).await.unwrap();
    assert_eq!(document["state"], "done", "{document:#}");
    document
}
