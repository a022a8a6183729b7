//! A world with an account and its schedules.

use std::time::Duration;

use chrono::{DateTime, Utc};
use domain::{Event, Schedule, ScheduleId, Version};
use handlers::composition::Composition;
use handlers::error::Result;
use handlers::ports::{BusEntry, ScheduleRow, Schedules};
use handlers::schedule::{Change, Changed, HeartbeatReport, Scheduler};
use serde_json::{Value, json};
use tests::world::{World, account, customer, event};

/// Longer than any beat of a test takes.
pub const LONG: Duration = Duration::from_secs(100_000);

pub fn time(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

pub fn id(text: &str) -> ScheduleId {
    text.parse().unwrap()
}

/// Account 1 is open with this balance and an overdraft limit of 100.00 EUR,
/// at noon of 22 November 2026.
pub async fn world_with(balance: &str) -> World {
    let world = World::default();
    let opened = event(
        "AccountOpened",
        json!({ "customer_id": customer(), "currency": "EUR", "overdraft_limit": "100.00",
            "opening_balance": balance }),
    );
    world
        .append(&world.appender(), &account(1), "open", [opened])
        .await
        .unwrap();
    world
}

pub fn body(event_type: &str, amount: &str, when: Value) -> Value {
    json!({ "operation": { "type": event_type, "data": { "amount": amount, "currency": "EUR" } },
        "when": when, "time_zone": "UTC" })
}

pub fn withdrawal(amount: &str, when: Value) -> Schedule {
    Schedule::read(body("MoneyWithdrawn", amount, when)).unwrap()
}

pub fn hourly(amount: &str) -> Schedule {
    withdrawal(amount, json!({ "cron": "cron(0 * * * ? *)" }))
}

pub fn change(schedule: Option<Schedule>, if_match: Option<Version>) -> Change {
    Change {
        account_id: account(1),
        schedule_id: id("rent"),
        schedule,
        if_match,
        source: "teller".to_owned(),
        correlation_id: "corr".parse().unwrap(),
    }
}

pub async fn put(world: &World, schedule: Schedule) -> Result<Changed> {
    world
        .scheduler()
        .change(&change(Some(schedule), None))
        .await
}

pub async fn beat(world: &World) -> HeartbeatReport {
    run(&world.scheduler()).await
}

pub async fn run(scheduler: &Scheduler) -> HeartbeatReport {
    scheduler.run_due(LONG).await.unwrap()
}

/// What schedules have left in the account: the type, for when, and why not.
pub fn left(world: &World) -> Vec<(String, String)> {
    let mut left = Vec::new();
    for commit in world.store.of(&account(1)) {
        for recorded in &commit.events {
            let (occurrence, what) = match recorded.decode().unwrap() {
                Event::MoneyDeposited(movement) | Event::MoneyWithdrawn(movement) => {
                    match movement.scheduled {
                        Some(occurrence) => (occurrence, movement.amount.to_decimal()),
                        None => continue,
                    }
                }
                Event::OperationSkipped(skipped) => {
                    (skipped.occurrence, skipped.reason.to_string())
                }
                _ => continue,
            };
            left.push((domain::time::format_time(occurrence.at), what));
        }
    }
    left
}

#[track_caller]
pub fn assert_left(world: &World, expected: &[(&str, &str)]) {
    let found = left(world);
    let found: Vec<(&str, &str)> = found
        .iter()
        .map(|(at, what)| (at.as_str(), what.as_str()))
        .collect();
    assert_eq!(found, expected);
}

/// The types of the account's events.
pub fn types(world: &World) -> Vec<String> {
    let commits = world.store.of(&account(1));
    let events = commits.iter().flat_map(|commit| &commit.events);
    events.map(|event| event.event_type.clone()).collect()
}

/// The row of `rent`.
pub async fn row(world: &World) -> ScheduleRow {
    let stored = world.schedules.get(&account(1), &id("rent")).await;
    stored.unwrap().unwrap().value
}

pub async fn next_at(world: &World) -> Option<DateTime<Utc>> {
    row(world).await.next_at
}

/// Hands the events of all commits to the function, as the bus would.
pub async fn deliver_all(world: &World) {
    for commit in world.store.of(&account(1)) {
        for event in domain::IntegrationEvent::of_commit(&commit).unwrap() {
            if ["OperationScheduled", "OperationCancelled"].contains(&event.type_name()) {
                let entry = BusEntry::of(&event).unwrap();
                world
                    .scheduler()
                    .call(&entry.event_type, &entry.detail, LONG)
                    .await
                    .unwrap();
            }
        }
    }
}
