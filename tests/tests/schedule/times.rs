//! Days on which clocks are put forward or back, through the whole use case.

use domain::Schedule;
use serde_json::json;

use crate::given::*;

/// Every beat is a minute after the one before, as in the cloud.
async fn over_a_day(zone: &str, cron: &str, from: &str, minutes: i64) -> Vec<String> {
    let world = world_with("500.00").await;
    world.clock.set(time(from));
    let mut body = body("MoneyWithdrawn", "1.00", json!({ "cron": cron }));
    body["time_zone"] = json!(zone);
    put(&world, Schedule::read(body).unwrap()).await.unwrap();
    for minute in 0..minutes {
        world
            .clock
            .set(time(from) + chrono::TimeDelta::minutes(minute));
        beat(&world).await;
    }
    left(&world).into_iter().map(|(at, _)| at).collect()
}

#[tokio::test]
async fn a_time_that_the_clock_skips_runs_once_at_the_end_of_the_gap() {
    let ran = over_a_day(
        "Europe/Paris",
        "cron(30 2 * * ? *)",
        "2027-03-27T12:00:00Z",
        40 * 60,
    )
    .await;
    assert_eq!(ran, ["2027-03-28T01:00:00Z", "2027-03-29T00:30:00Z"]);
    let ran = over_a_day(
        "Australia/Lord_Howe",
        "cron(15 2 * * ? *)",
        "2027-10-02T12:00:00Z",
        30 * 60,
    )
    .await;
    assert_eq!(ran, ["2027-10-02T15:30:00Z", "2027-10-03T15:15:00Z"]);
}

#[tokio::test]
async fn a_time_that_comes_twice_runs_once_at_the_first() {
    let ran = over_a_day(
        "Europe/Paris",
        "cron(30 2 * * ? *)",
        "2027-10-30T12:00:00Z",
        40 * 60,
    )
    .await;
    assert_eq!(ran, ["2027-10-31T00:30:00Z", "2027-11-01T01:30:00Z"]);
    let ran = over_a_day(
        "America/New_York",
        "cron(30 1 * * ? *)",
        "2027-11-06T20:00:00Z",
        40 * 60,
    )
    .await;
    assert_eq!(ran, ["2027-11-07T05:30:00Z", "2027-11-08T06:30:00Z"]);
}
