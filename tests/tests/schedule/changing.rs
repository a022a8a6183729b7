//! Making, changing and cancelling.

use domain::Location;
use handlers::Error;
use handlers::composition::Composition;
use handlers::ports::BusEntry;
use handlers::schedule::HeartbeatReport;
use serde_json::json;
use tests::world::{Fault, World, account};

use crate::given::*;

#[tokio::test]
async fn what_a_schedule_is_already_it_stays_and_nothing_is_recorded() {
    let world = world_with("0.00").await;
    let made = put(&world, hourly("1.00")).await.unwrap();
    assert!(made.created);
    assert_eq!(made.row.next_at, Some(time("2026-11-22T13:00:00Z")));
    let again = put(&world, hourly("1.00")).await.unwrap();
    assert!(!again.created);
    assert_eq!(again.row, made.row);
    let other = put(&world, hourly("2.00")).await.unwrap();
    assert_eq!((other.created, other.row.version), (false, 3));
    for _ in 0..2 {
        world.scheduler().change(&change(None, None)).await.unwrap();
    }
    assert_eq!(
        types(&world),
        [
            "AccountOpened",
            "OperationScheduled",
            "OperationScheduled",
            "OperationCancelled"
        ]
    );
    let gone = world
        .scheduler()
        .get(&account(1), &id("rent"))
        .await
        .unwrap_err();
    assert!(matches!(gone, Error::NotFound(_)), "{gone:?}");
    assert!(
        put(&world, hourly("1.00")).await.unwrap().created,
        "made anew"
    );
}

#[tokio::test]
async fn if_match_names_the_version_that_the_schedule_has() {
    let world = world_with("0.00").await;
    let scheduler = world.scheduler();
    let wish = |amount: &str, version| change(Some(hourly(amount)), Some(version));
    scheduler.change(&wish("1.00", 0)).await.unwrap();
    let mismatch = |error: Error| match error {
        Error::VersionConflict { expected, actual } => (expected, actual),
        other => panic!("{other:?}"),
    };
    assert_eq!(
        mismatch(scheduler.change(&wish("2.00", 0)).await.unwrap_err()),
        (0, 2)
    );
    scheduler.change(&wish("2.00", 2)).await.unwrap();
    assert_eq!(
        mismatch(scheduler.change(&wish("3.00", 2)).await.unwrap_err()),
        (2, 3)
    );
    scheduler.change(&change(None, Some(3))).await.unwrap();
    scheduler.change(&wish("3.00", 0)).await.unwrap();
}

#[tokio::test]
async fn of_two_changes_at_once_with_if_match_one_is_refused_whatever_their_steps() {
    for call in 0..20 {
        let world = world_with("0.00").await;
        put(&world, hourly("1.00")).await.unwrap();
        let slow = world.scheduler();
        let wish = change(Some(hourly("2.00")), Some(2));
        world.faults.at_call(call, Fault::StopBefore);
        let mut first = Box::pin(slow.change(&wish));
        let first_ended = world.faults.until_stop(&mut first).await;
        world.faults.clear();
        let second = world
            .scheduler()
            .change(&change(Some(hourly("3.00")), Some(2)))
            .await;
        let first = match first_ended {
            Some(ended) => ended,
            None => first.await,
        };
        let refused = [&first, &second]
            .into_iter()
            .filter(|result| matches!(result, Err(Error::VersionConflict { .. })))
            .count();
        assert_eq!(refused, 1, "call {call}: {first:?} {second:?}");
        assert_eq!(types(&world).len(), 3, "call {call}");
    }
}

#[tokio::test]
async fn what_was_due_and_has_not_run_does_not_run_after_a_change_or_the_end() {
    for wish in [Some(hourly("5.00")), None] {
        let world = world_with("500.00").await;
        put(&world, hourly("1.00")).await.unwrap();
        world.clock.set(time("2026-11-22T14:30:00Z"));
        world
            .scheduler()
            .change(&change(wish.clone(), None))
            .await
            .unwrap();
        assert_eq!(beat(&world).await, HeartbeatReport::default());
        world.clock.set(time("2026-11-22T15:30:00Z"));
        beat(&world).await;
        match wish {
            Some(_) => assert_left(&world, &[("2026-11-22T15:00:00Z", "5.00")]),
            None => assert_left(&world, &[]),
        }
    }
}

/// A beat stops before each of its calls; the schedule is changed or cancelled
/// meanwhile; the beat goes on. What it then does is of the schedule as the
/// account's history has it at that place.
#[tokio::test]
async fn a_schedule_that_is_changed_while_it_fires_runs_as_it_is_or_as_it_was_and_never_after_its_end()
 {
    for call in 0..40 {
        for cancel in [false, true] {
            for change_dies in [false, true] {
                let world = world_with("500.00").await;
                put(&world, hourly("1.00")).await.unwrap();
                world.clock.set(time("2026-11-22T13:30:00Z"));
                let slow = world.scheduler();
                world.faults.at_call(call, Fault::StopBefore);
                let mut firing = Box::pin(slow.run_due(LONG));
                let ended = world.faults.until_stop(&mut firing).await;
                world.faults.clear();
                let wish = change((!cancel).then(|| hourly("5.00")), None);
                if change_dies {
                    world.faults.at("schedules.save", 0, Fault::StopBefore);
                    world
                        .faults
                        .until_crash(world.scheduler().change(&wish))
                        .await;
                } else {
                    world.scheduler().change(&wish).await.unwrap();
                }
                if ended.is_none() {
                    firing.await.unwrap();
                }
                world.clock.set(time("2026-11-22T14:30:00Z"));
                beat(&world).await;
                beat(&world).await;
                assert_consistent(
                    &world,
                    cancel,
                    &format!("call {call}, {cancel} {change_dies}"),
                );
            }
        }
    }
}

/// Before the change 1.00 moved, at most once; after it 5.00, or nothing.
#[track_caller]
fn assert_consistent(world: &World, cancelled: bool, what: &str) {
    let types = types(world);
    let changed = types
        .iter()
        .rposition(|name| name == "OperationScheduled" || name == "OperationCancelled")
        .unwrap();
    let old = changed - 2;
    let left = left(world);
    let amounts: Vec<&str> = left.iter().map(|(_, what)| what.as_str()).collect();
    let expected: &[&str] = match (old, cancelled) {
        (0, true) => &[],
        (1, true) => &["1.00"],
        (0, false) => &["5.00"],
        (1, false) => &["1.00", "5.00"],
        _ => panic!("{what}: {types:?}"),
    };
    assert_eq!(amounts, expected, "{what}: {types:?}");
}

#[tokio::test]
async fn events_that_come_in_any_order_leave_the_row_of_the_last_one() {
    let world = world_with("500.00").await;
    put(&world, hourly("1.00")).await.unwrap();
    world.scheduler().change(&change(None, None)).await.unwrap();
    let expected = row(&world).await;
    world.schedules.lose();
    let mut entries: Vec<_> = world
        .store
        .of(&account(1))
        .iter()
        .flat_map(|commit| domain::IntegrationEvent::of_commit(commit).unwrap())
        .filter(|event| event.type_name().starts_with("Operation"))
        .map(|event| BusEntry::of(&event).unwrap())
        .collect();
    entries.reverse();
    for entry in entries.iter().chain(&entries) {
        world
            .scheduler()
            .call(&entry.event_type, &entry.detail, LONG)
            .await
            .unwrap();
    }
    let row = row(&world).await;
    assert_eq!(
        (row.schedule, row.version, row.next_at),
        (None, expected.version, None)
    );
}

#[tokio::test]
async fn what_contradicts_the_account_is_refused_by_name() {
    let world = world_with("0.00").await;
    let mut pounds = body("MoneyWithdrawn", "1.00", json!({ "rate": "1 day" }));
    pounds["operation"]["data"]["currency"] = json!("GBP");
    let pounds = domain::Schedule::read(pounds).unwrap();
    let Error::Invalid(errors) = put(&world, pounds).await.unwrap_err() else {
        panic!("not invalid")
    };
    assert_eq!(
        errors[0].location,
        Location::Pointer("/operation/data/currency".to_owned())
    );
    let mut nowhere = change(Some(hourly("1.00")), None);
    nowhere.account_id = account(9);
    let error = world.scheduler().change(&nowhere).await.unwrap_err();
    assert!(matches!(error, Error::NotFound(_)), "{error:?}");
    let error = world
        .scheduler()
        .of_account(&account(9), None, 10)
        .await
        .unwrap_err();
    assert!(matches!(error, Error::NotFound(_)), "{error:?}");
    let never = world
        .scheduler()
        .change(&change(None, None))
        .await
        .unwrap_err();
    assert!(matches!(never, Error::NotFound(_)), "{never:?}");
    assert_eq!(types(&world), ["AccountOpened"]);
}
