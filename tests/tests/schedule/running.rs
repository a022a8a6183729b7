//! What is due runs once.

use std::sync::Arc;
use std::time::Duration;

use handlers::composition::Composition;
use handlers::error::{Error, Refusal};
use handlers::schedule::HeartbeatReport;
use serde_json::json;
use tests::world::{Fault, account, event, withdrawn};

use crate::given::*;

#[tokio::test]
async fn an_occurrence_runs_when_it_is_due_and_not_before_and_once_however_often_it_is_tried() {
    let world = world_with("500.00").await;
    put(
        &world,
        withdrawal("20.00", json!({ "at": "2026-11-22T13:00" })),
    )
    .await
    .unwrap();
    assert_eq!(beat(&world).await, HeartbeatReport::default());
    world.clock.set(time("2026-11-22T12:59:59Z"));
    assert_eq!(beat(&world).await, HeartbeatReport::default());
    world.clock.set(time("2026-11-22T13:00:00Z"));
    assert_eq!(
        beat(&world).await,
        HeartbeatReport {
            done: 1,
            ..HeartbeatReport::default()
        }
    );
    for _ in 0..3 {
        assert_eq!(beat(&world).await, HeartbeatReport::default());
    }
    assert_left(&world, &[("2026-11-22T13:00:00Z", "20.00")]);
    assert_eq!(next_at(&world).await, None);
    let view = world
        .scheduler()
        .get(&account(1), &id("rent"))
        .await
        .unwrap();
    assert_eq!(view.state, "finished");
    let last = view.last.unwrap();
    assert_eq!(
        (&last["outcome"], &last["version"]),
        (&json!("done"), &json!(3))
    );
    assert_eq!(last["occurrence"], "2026-11-22T13:00:00Z");
}

#[tokio::test]
async fn missed_occurrences_all_run_at_the_late_beat_the_oldest_first() {
    let world = world_with("500.00").await;
    put(&world, hourly("1.00")).await.unwrap();
    world.clock.set(time("2026-11-22T16:30:00Z"));
    assert_eq!(
        beat(&world).await,
        HeartbeatReport {
            done: 4,
            ..HeartbeatReport::default()
        }
    );
    assert_left(
        &world,
        &[
            ("2026-11-22T13:00:00Z", "1.00"),
            ("2026-11-22T14:00:00Z", "1.00"),
            ("2026-11-22T15:00:00Z", "1.00"),
            ("2026-11-22T16:00:00Z", "1.00"),
        ],
    );
    assert_eq!(next_at(&world).await, Some(time("2026-11-22T17:00:00Z")));
}

#[tokio::test]
async fn a_beat_ends_with_its_budget_and_the_next_one_goes_on() {
    let world = world_with("500.00").await;
    put(&world, hourly("1.00")).await.unwrap();
    world.clock.set(time("2026-11-22T16:30:00Z"));
    // Every look at the test's clock takes a microsecond.
    let short = world
        .scheduler()
        .run_due(Duration::from_micros(3))
        .await
        .unwrap();
    assert!(short.unfinished && short.done < 4, "{short:?}");
    assert_eq!(beat(&world).await.done + short.done, 4);
    assert_eq!(left(&world).len(), 4);
}

#[tokio::test]
async fn a_withdrawal_needs_funds_up_to_the_overdraft_limit_and_a_deposit_needs_none() {
    let world = world_with("50.00").await;
    let scheduler = world.scheduler();
    for (name, event_type, amount) in [
        ("all", "MoneyWithdrawn", "150.00"),
        ("a-cent", "MoneyWithdrawn", "0.01"),
        ("pay", "MoneyDeposited", "0.01"),
        ("the-cent", "MoneyWithdrawn", "0.01"),
    ] {
        let minute = match name {
            "all" => 1,
            "a-cent" => 2,
            "pay" => 3,
            _ => 4,
        };
        let when = json!({ "at": format!("2026-11-22T13:0{minute}") });
        let mut change = change(None, None);
        change.schedule_id = id(name);
        change.schedule = Some(domain::Schedule::read(body(event_type, amount, when)).unwrap());
        scheduler.change(&change).await.unwrap();
    }
    world.clock.set(time("2026-11-22T14:00:00Z"));
    assert_eq!(
        beat(&world).await,
        HeartbeatReport {
            done: 3,
            skipped: 1,
            ..HeartbeatReport::default()
        }
    );
    assert_left(
        &world,
        &[
            ("2026-11-22T13:01:00Z", "150.00"),
            ("2026-11-22T13:02:00Z", "insufficient-funds"),
            ("2026-11-22T13:03:00Z", "0.01"),
            ("2026-11-22T13:04:00Z", "0.01"),
        ],
    );
    // A skip is final: money that comes later does not bring the occurrence back.
    let rich = event(
        "MoneyDeposited",
        json!({ "amount": "900.00", "currency": "EUR" }),
    );
    world
        .append(&world.appender(), &account(1), "rich", [rich])
        .await
        .unwrap();
    assert_eq!(beat(&world).await, HeartbeatReport::default());
}

#[tokio::test]
async fn a_closed_account_is_told_once_and_the_schedule_is_over() {
    let world = world_with("500.00").await;
    put(&world, hourly("1.00")).await.unwrap();
    world
        .append(
            &world.appender(),
            &account(1),
            "close",
            [event("AccountClosed", json!({}))],
        )
        .await
        .unwrap();
    world.clock.set(time("2026-11-22T16:30:00Z"));
    assert_eq!(
        beat(&world).await,
        HeartbeatReport {
            skipped: 1,
            ..HeartbeatReport::default()
        }
    );
    assert_left(&world, &[("2026-11-22T13:00:00Z", "account-closed")]);
    assert_eq!(next_at(&world).await, None);
    let refused = put(&world, hourly("2.00")).await.unwrap_err();
    assert!(
        matches!(refused, Error::Refused(Refusal::AccountClosed(_))),
        "{refused:?}"
    );
}

#[tokio::test]
async fn two_workers_at_once_run_each_occurrence_once_whatever_their_steps() {
    // One stops at each of its calls, the other runs through, the first goes on.
    for call in 0..60 {
        for fault in [Fault::StopBefore, Fault::StopAfter] {
            let world = world_with("500.00").await;
            put(&world, hourly("1.00")).await.unwrap();
            world.clock.set(time("2026-11-22T15:30:00Z"));
            let slow = world.scheduler();
            world.faults.at_call(call, fault.clone());
            let mut first = Box::pin(slow.run_due(LONG));
            let ended = world.faults.until_stop(&mut first).await;
            world.faults.clear();
            beat(&world).await;
            if ended.is_none() {
                first.await.unwrap();
            }
            beat(&world).await;
            assert_left(
                &world,
                &[
                    ("2026-11-22T13:00:00Z", "1.00"),
                    ("2026-11-22T14:00:00Z", "1.00"),
                    ("2026-11-22T15:00:00Z", "1.00"),
                ],
            );
        }
    }
}

#[tokio::test]
async fn many_workers_that_really_race_run_each_occurrence_once() {
    let world = Arc::new(world_with("500.00").await);
    put(&world, hourly("1.00")).await.unwrap();
    world.clock.set(time("2026-11-22T22:30:00Z"));
    let workers: Vec<_> = (0..4)
        .map(|_| {
            let scheduler = world.scheduler();
            tokio::spawn(async move { run(&scheduler).await })
        })
        .collect();
    for worker in workers {
        worker.await.unwrap();
    }
    beat(&world).await;
    let mut times: Vec<String> = left(&world).into_iter().map(|(at, _)| at).collect();
    assert_eq!(times.len(), 10);
    times.dedup();
    assert_eq!(times.len(), 10);
}

#[tokio::test]
async fn funds_are_checked_against_the_account_as_it_is_when_the_money_moves() {
    let world = world_with("0.00").await;
    put(
        &world,
        withdrawal("100.00", json!({ "at": "2026-11-22T13:00" })),
    )
    .await
    .unwrap();
    world.clock.set(time("2026-11-22T13:00:30Z"));
    // Another withdrawal comes between the look at the account and the append.
    let scheduler = world.scheduler();
    world.faults.at("store.append", 0, Fault::StopBefore);
    let mut beat = Box::pin(scheduler.run_due(LONG));
    assert!(world.faults.until_stop(&mut beat).await.is_none());
    world.faults.clear();
    world
        .append(&world.appender(), &account(1), "other", [withdrawn("1.00")])
        .await
        .unwrap();
    assert_eq!(
        beat.await.unwrap(),
        HeartbeatReport {
            skipped: 1,
            ..HeartbeatReport::default()
        }
    );
    assert_left(&world, &[("2026-11-22T13:00:00Z", "insufficient-funds")]);
}

#[tokio::test]
async fn a_schedule_that_fails_for_now_stays_due_and_does_not_stop_the_others() {
    let world = world_with("500.00").await;
    let scheduler = world.scheduler();
    for name in ["one", "two", "three"] {
        let mut change = change(Some(hourly("1.00")), None);
        change.schedule_id = id(name);
        scheduler.change(&change).await.unwrap();
    }
    world.clock.set(time("2026-11-22T13:00:30Z"));
    let passing = Error::Retryable("throttled".into());
    world
        .faults
        .at("schedules.get", 0, Fault::FailBefore(passing));
    assert_eq!(
        beat(&world).await,
        HeartbeatReport {
            done: 2,
            failed: 1,
            ..HeartbeatReport::default()
        }
    );
    assert_eq!(
        beat(&world).await,
        HeartbeatReport {
            done: 1,
            ..HeartbeatReport::default()
        }
    );
    assert_eq!(left(&world).len(), 3);
}

#[tokio::test]
async fn a_request_of_somebody_else_under_the_key_of_an_occurrence_is_not_taken_for_it() {
    let world = world_with("500.00").await;
    put(
        &world,
        withdrawal("20.00", json!({ "at": "2026-11-22T13:00" })),
    )
    .await
    .unwrap();
    let key = "ledgerbell:schedule:rent:2026-11-22T13:00:00Z";
    world
        .append(&world.appender(), &account(1), key, [withdrawn("1.00")])
        .await
        .unwrap();
    world.clock.set(time("2026-11-22T13:00:30Z"));
    assert_eq!(
        beat(&world).await,
        HeartbeatReport {
            failed: 1,
            ..HeartbeatReport::default()
        }
    );
    let row = row(&world).await;
    assert_eq!(
        (row.last, row.next_at),
        (None, Some(time("2026-11-22T13:00:00Z")))
    );
}
