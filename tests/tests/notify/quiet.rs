//! Quiet hours: nothing comes in them but what cannot wait.

use crate::given::*;
use chrono::{DateTime, TimeDelta, Utc};
use domain::notification::{Phase, State};
use handlers::composition::Composition;
use handlers::error::Error;
use handlers::notify::HeartbeatReport;
use handlers::ports::{Notifications, Saved};
use serde_json::{Value, json};
use std::time::Duration;
use tests::world::{Answer, Fault, LEASE, World, account, deposited, event, withdrawn};

const NIGHT: &str = "2026-11-22T22:30:00Z";
const MORNING: &str = "2026-11-23T06:00:00Z";

fn time(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

/// From ten to seven in Paris, which is an hour ahead.
fn quiet() -> Value {
    json!({ "quiet_hours": { "from": "22:00", "to": "07:00" } })
}

async fn beat(world: &World) -> HeartbeatReport {
    let beat = world.notifier().run_due(Duration::from_secs(60)).await;
    beat.unwrap()
}

/// A deposit that came in the night and waits for the morning.
async fn waiting() -> World {
    let world = deposit_for(quiet()).await;
    world.clock.set(time(NIGHT));
    world.settle().await;
    world
}

#[tokio::test]
async fn a_mail_of_the_night_comes_when_the_quiet_hours_are_over_and_once() {
    let world = waiting().await;
    let planned = only(&world);
    assert_eq!(
        (planned.phase(), planned.reason(), planned.due_at()),
        (Phase::Planned, Some("quiet-hours"), Some(time(MORNING)))
    );
    assert_eq!(beat(&world).await, HeartbeatReport::default());
    world.project(world.stream()).await;
    world.settle().await;
    assert_eq!(world.mailer.accepted(), [], "the event once more");

    world.clock.set(time(MORNING));
    assert_eq!(beat(&world).await.done, 1);
    let sent = only(&world);
    assert_eq!((sent.phase(), sent.due_at()), (Phase::Sent, None));
    assert_eq!(states(&sent), [Phase::Planned, Phase::Sending, Phase::Sent]);
    assert_eq!(beat(&world).await, HeartbeatReport::default());
    assert_eq!(world.mailer.accepted().len(), 1);
}

/// As a later version had stored it before the installation went back to this one.
async fn make_wait_for(world: &World, reason: &str) {
    let stored = world.notifications.get(only(world).id()).await.unwrap();
    let waits = stored.unwrap().map(|stored| {
        let mut stored = serde_json::to_value(stored).unwrap();
        stored["reason"] = json!(reason);
        serde_json::from_value(stored).unwrap()
    });
    let saved = world.notifications.save(&waits).await;
    assert_eq!(saved, Ok(Saved::Written));
}

#[tokio::test]
async fn what_waits_for_a_reason_of_a_later_version_is_not_sent_and_keeps_it_until_that_is_back() {
    let world = waiting().await;
    make_wait_for(&world, "approval").await;
    for hour in 0..3 {
        // A beat takes a moment, and so is due again a moment later than an hour after it began.
        let began = time(MORNING) + TimeDelta::hours(hour) + TimeDelta::seconds(hour);
        world.clock.set(began);
        let beat = beat(&world).await;
        assert_eq!((beat.done, beat.failed), (0, 1), "hour {hour}");
        let held = only(&world);
        assert_eq!(
            (held.phase(), held.reason()),
            (Phase::Planned, Some("approval"))
        );
        let pause = held.due_at().unwrap() - began;
        assert_eq!(pause.num_minutes(), 60, "hour {hour}");
    }
    world.project(world.stream()).await;
    world.settle().await;
    assert_eq!(world.mailer.accepted(), [], "the event once more");

    // Here, the later version is one that knows of quiet hours.
    make_wait_for(&world, "quiet-hours").await;
    world.clock.advance(Duration::from_secs(60 * 60 + 1));
    assert_eq!(beat(&world).await.done, 1);
    assert_eq!(only(&world).phase(), Phase::Sent);
}

#[tokio::test]
async fn what_comes_outside_of_them_is_told_at_once() {
    let world = deposit_for(quiet()).await;
    world.settle().await;
    assert_eq!(states(&only(&world))[0], Phase::Sending);
}

#[tokio::test]
async fn a_closed_account_is_told_in_the_night_too() {
    let world = World::default();
    world.customer_with("ana@example.com", quiet()).await;
    move_money(&world, "close", event("AccountClosed", json!({}))).await;
    world.clock.set(time(NIGHT));
    world.settle().await;
    assert_eq!(only(&world).phase(), Phase::Sent);
}

#[tokio::test]
async fn who_has_switched_it_off_or_was_erased_in_the_night_is_not_told_in_the_morning() {
    for (change, reason) in [
        (
            Some(json!({ "kinds": { "deposit": { "enabled": false } } })),
            "preference-off",
        ),
        (None, "erased"),
    ] {
        let world = waiting().await;
        match change {
            Some(wishes) => world.customer_with("ana@example.com", wishes).await,
            None => world
                .customer_service()
                .erase(&tests::world::customer())
                .await
                .unwrap(),
        }
        world.clock.set(time(MORNING));
        beat(&world).await;
        assert_skipped(&world, reason);
    }
}

#[tokio::test]
async fn quiet_hours_of_today_count_in_the_morning() {
    let world = waiting().await;
    let longer = json!({ "quiet_hours": { "from": "22:00", "to": "09:00" } });
    world.customer_with("new@example.com", longer).await;
    world.clock.set(time(MORNING));
    beat(&world).await;
    assert_eq!(only(&world).due_at(), Some(time("2026-11-23T08:00:00Z")));
    world.clock.set(time("2026-11-23T08:00:00Z"));
    beat(&world).await;
    assert_eq!(world.mailer.accepted()[0].to.as_str(), "new@example.com");
}

#[tokio::test]
async fn a_worker_that_dies_in_the_morning_leaves_it_to_the_next_beat() {
    for nth in 0..12 {
        for fault in [Fault::StopBefore, Fault::StopAfter] {
            let world = waiting().await;
            world.mailer.tell_outcomes();
            world.clock.set(time(MORNING));
            world.faults.at_call(nth, fault.clone());
            let notifier = world.notifier();
            let run = notifier.run_due(Duration::from_secs(60));
            let _ = world.faults.until_crash(run).await;
            world.faults.clear();
            for _ in 0..3 {
                world.clock.advance(LEASE);
                beat(&world).await;
            }
            assert_eq!(only(&world).phase(), Phase::Sent, "{nth} {fault:?}");
            assert_at_most_once(&world, &format!("{nth} {fault:?}"));
        }
    }
}

#[tokio::test]
async fn a_mailer_that_wants_hours_is_left_to_the_heartbeat_and_no_letter_comes_of_it() {
    let world = deposit().await;
    let hours = Duration::from_secs(6 * 3600);
    world.mailer.answer([Answer::Later(hours)]);
    world.settle().await;
    let waiting = only(&world);
    assert_eq!(waiting.phase(), Phase::RetryAt);
    let State::Deferred { until, .. } = *waiting.state() else {
        panic!("{waiting:?}")
    };
    assert_eq!(waiting.due_at(), Some(until));
    assert_eq!(beat(&world).await, HeartbeatReport::default());
    world.clock.advance(hours);
    beat(&world).await;
    assert_eq!(only(&world).phase(), Phase::Sent);
    assert!(world.dead_letters.bodies().is_empty());
}

#[tokio::test]
async fn one_that_fails_stays_due_and_does_not_hold_up_the_others() {
    let world = waiting().await;
    let appender = world.appender();
    let more = [deposited("1.00"), withdrawn("2.00")];
    world
        .append(&appender, &account(1), "more", more)
        .await
        .unwrap();
    world.project(world.stream()).await;
    world.settle().await;
    world.clock.set(time(MORNING));
    world.faults.at(
        "customers.latest",
        0,
        Fault::FailBefore(Error::Retryable("not now".into())),
    );
    let first = beat(&world).await;
    assert_eq!((first.done, first.failed), (2, 1));
    world.faults.clear();
    assert_eq!(beat(&world).await.done, 1);
    assert_eq!(world.mailer.accepted().len(), 3);
}
