//! Whatever dies or fails at whatever step, nothing is lost and nothing runs twice.

use handlers::Error;
use handlers::composition::Composition;
use tests::world::{Fault, World};

use crate::given::*;

const EXPECTED: [(&str, &str); 3] = [
    ("2026-11-22T13:00:00Z", "1.00"),
    ("2026-11-22T14:00:00Z", "1.00"),
    ("2026-11-22T15:00:00Z", "1.00"),
];

async fn due() -> World {
    let world = world_with("500.00").await;
    put(&world, hourly("1.00")).await.unwrap();
    world.clock.set(time("2026-11-22T15:30:00Z"));
    world.faults.forget_trace();
    world
}

#[tokio::test]
async fn a_beat_that_dies_at_any_call_is_finished_by_the_next_one() {
    let calls = {
        let world = due().await;
        beat(&world).await;
        world.faults.trace().len()
    };
    assert!(calls > 10, "{calls}");
    for call in 0..calls {
        for fault in [Fault::StopBefore, Fault::StopAfter] {
            let world = due().await;
            world.faults.at_call(call, fault);
            let ended = world
                .faults
                .until_crash(world.scheduler().run_due(LONG))
                .await;
            assert!(ended.is_none(), "call {call}");
            beat(&world).await;
            assert_left(&world, &EXPECTED);
            assert_eq!(next_at(&world).await, Some(time("2026-11-22T16:00:00Z")));
        }
    }
}

#[tokio::test]
async fn a_call_that_fails_before_or_after_its_effect_is_made_good_by_a_later_beat() {
    let calls = {
        let world = due().await;
        beat(&world).await;
        world.faults.trace().len()
    };
    for error in [
        Error::Retryable("throttled".into()),
        Error::Unknown("no answer".into()),
    ] {
        for call in 0..calls {
            for fault in [
                Fault::FailBefore(error.clone()),
                Fault::FailAfter(error.clone()),
            ] {
                let world = due().await;
                world.faults.at_call(call, fault.clone());
                // Where what is due cannot be listed, the beat has failed.
                let _ = world.scheduler().run_due(LONG).await;
                world.faults.clear();
                beat(&world).await;
                assert_left(&world, &EXPECTED);
                assert_eq!(
                    beat(&world).await,
                    Default::default(),
                    "{fault:?} at {call}"
                );
            }
        }
    }
}

#[tokio::test]
async fn a_change_that_dies_between_event_and_row_is_made_good_by_the_bus() {
    for event_recorded in [false, true] {
        let world = world_with("500.00").await;
        let fault = if event_recorded {
            Fault::StopAfter
        } else {
            Fault::StopBefore
        };
        world.faults.at("store.append", 0, fault);
        let change = change(Some(hourly("1.00")), None);
        let died = world
            .faults
            .until_crash(world.scheduler().change(&change))
            .await;
        assert!(died.is_none());
        deliver_all(&world).await;
        deliver_all(&world).await;
        world.clock.set(time("2026-11-22T13:30:00Z"));
        beat(&world).await;
        assert_eq!(left(&world).len(), usize::from(event_recorded));
    }
}

#[tokio::test]
async fn a_change_that_died_is_made_good_by_its_retry_too_and_recorded_once() {
    let calls = {
        let world = world_with("500.00").await;
        world.faults.forget_trace();
        put(&world, hourly("1.00")).await.unwrap();
        world.faults.trace().len()
    };
    for call in 0..calls {
        for fault in [Fault::StopBefore, Fault::StopAfter] {
            let world = world_with("500.00").await;
            world.faults.at_call(call, fault);
            let wish = change(Some(hourly("1.00")), Some(0));
            world
                .faults
                .until_crash(world.scheduler().change(&wish))
                .await;
            // Later, so that its time is another one.
            world.clock.set(time("2026-11-22T12:10:00Z"));
            let changed = world.scheduler().change(&wish).await.unwrap();
            assert_eq!(changed.row.version, 2, "call {call}");
            assert_eq!(types(&world), ["AccountOpened", "OperationScheduled"]);
        }
    }
}

#[tokio::test]
async fn rows_that_are_lost_are_built_anew_from_the_events_and_nothing_runs_twice() {
    let world = due().await;
    beat(&world).await;
    world.schedules.lose();
    assert_eq!(beat(&world).await, Default::default());
    deliver_all(&world).await;
    beat(&world).await;
    assert_left(&world, &EXPECTED);
    assert_eq!(next_at(&world).await, Some(time("2026-11-22T16:00:00Z")));
}
