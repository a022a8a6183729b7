//! What one event asks of each service, counted: docs/explanation/capacity.md is made of these numbers.

#![allow(
    clippy::unwrap_used,
    reason = "a test ends where something is not as expected"
)]

use std::collections::BTreeMap;

use handlers::append::Appender;
use handlers::composition::Composition;
use serde_json::json;
use tests::world::{World, account, deposited};

/// The calls since the last time, by name.
fn counted(world: &World) -> String {
    let mut counts: BTreeMap<&str, u32> = BTreeMap::new();
    for call in world.faults.trace() {
        *counts.entry(call).or_default() += 1;
    }
    world.faults.forget_trace();
    let lines: Vec<String> = counts
        .into_iter()
        .map(|(call, count)| format!("{count} {call}"))
        .collect();
    lines.join("\n")
}

async fn append(world: &World, appender: &Appender, key: &str) {
    let one = [deposited("2.00")];
    world.append(appender, &account(1), key, one).await.unwrap();
}

#[tokio::test]
async fn a_deposit_that_is_told_makes_these_calls() {
    let world = World::default();
    world.customer_with("ana@example.com", json!({})).await;
    let appender = world.appender();
    world.account_with(&account(1), &["1.00"]).await;
    world.project(world.stream()).await;
    world.settle().await;

    world.faults.forget_trace();
    append(&world, &appender, "cold").await;
    insta::assert_snapshot!(
        "append_by_a_process_that_does_not_know_the_account",
        counted(&world)
    );
    append(&world, &appender, "warm").await;
    insta::assert_snapshot!("append_by_a_process_that_does", counted(&world));

    let newest = world.stream().split_off(2);
    world.project(newest).await;
    insta::assert_snapshot!("project_two_commits_of_an_account", counted(&world));
    assert_eq!(world.deliver_bus().await, 0);
    insta::assert_snapshot!("notify_two_deposits", counted(&world));
}
