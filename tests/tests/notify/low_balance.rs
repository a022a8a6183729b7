//! A low balance is told once, until it has recovered, and once a day.

use std::time::Duration;

use domain::notification::Kind;
use serde_json::{Value, json};
use tests::world::{World, account, deposited, event, opened, withdrawn};

fn wish(enabled: bool) -> Value {
    json!({ "kinds": {
        "deposit": { "enabled": false },
        "withdrawal": { "enabled": false },
        "low-balance": { "enabled": enabled, "threshold": { "EUR": "100.00" } },
    }})
}

/// A customer with an account of 500.00.
async fn rich(enabled: bool) -> World {
    let world = World::default();
    world.customer_with("ana@example.com", wish(enabled)).await;
    let mut opening = opened();
    opening["data"]["opening_balance"] = json!("500.00");
    append(&world, "open", [opening]).await;
    world
}

async fn append<const N: usize>(world: &World, key: &str, events: [Value; N]) {
    let appender = world.appender();
    world
        .append(&appender, &account(1), key, events)
        .await
        .unwrap();
}

/// Takes the balance down to 90.00 from wherever it was.
async fn fall(world: &World, key: &str, from: u32) {
    let amount = format!("{}.00", from - 90);
    append(world, key, [withdrawn(&amount)]).await;
}

/// What became of each alert that was thought of, by the order of their events.
async fn alerts(world: &World) -> Vec<String> {
    world.project(world.stream()).await;
    world.settle().await;
    let mut all = world.notifications.all();
    all.retain(|notification| notification.kind == Kind::LowBalance);
    all.sort_by_key(|notification| notification.event_version);
    all.into_iter()
        .map(|notification| {
            let state = notification.state.as_str().to_owned();
            notification.reason.unwrap_or(state)
        })
        .collect()
}

#[tokio::test]
async fn a_balance_that_hovers_around_the_threshold_is_told_once() {
    let world = rich(true).await;
    fall(&world, "1", 500).await;
    append(&world, "2", [deposited("15.00")]).await;
    world.clock.advance(Duration::from_secs(86_400));
    fall(&world, "3", 105).await;
    assert_eq!(alerts(&world).await, ["SENT", "not-crossed"]);
    assert_eq!(world.mailer.accepted().len(), 1);
}

#[tokio::test]
async fn a_balance_that_had_recovered_is_told_again_on_another_day_and_not_on_the_same() {
    let world = rich(true).await;
    fall(&world, "1", 500).await;
    append(&world, "2", [deposited("20.00")]).await;
    fall(&world, "3", 110).await;
    append(&world, "4", [deposited("20.00")]).await;
    world.clock.advance(Duration::from_secs(86_400));
    fall(&world, "5", 110).await;
    assert_eq!(alerts(&world).await, ["SENT", "already-told-today", "SENT"]);
}

#[tokio::test]
async fn the_order_in_which_the_bus_delivers_does_not_decide_which_fall_is_told() {
    let world = rich(true).await;
    fall(&world, "1", 500).await;
    append(&world, "2", [deposited("20.00")]).await;
    fall(&world, "3", 110).await;
    let mut stream = world.stream();
    stream.reverse();
    world.project(stream).await;
    assert_eq!(alerts(&world).await, ["SENT", "already-told-today"]);
}

#[tokio::test]
async fn within_one_commit_the_first_fall_is_told() {
    let world = rich(true).await;
    append(
        &world,
        "all",
        [
            withdrawn("410.00"),
            deposited("20.00"),
            withdrawn("20.00"),
            event(
                "MoneyDeposited",
                json!({ "amount": "5.00", "currency": "EUR" }),
            ),
        ],
    )
    .await;
    assert_eq!(alerts(&world).await, ["SENT", "already-told-today"]);
}

#[tokio::test]
async fn who_asks_for_alerts_at_noon_was_told_of_none_in_the_morning() {
    let world = rich(false).await;
    fall(&world, "1", 500).await;
    append(&world, "2", [deposited("20.00")]).await;
    world.clock.advance(Duration::from_secs(60));
    world.customer_with("ana@example.com", wish(true)).await;
    world.clock.advance(Duration::from_secs(60));
    fall(&world, "3", 110).await;
    assert_eq!(alerts(&world).await, ["preference-off", "SENT"]);
}
