//! Workers that die, fail, or meet.

use crate::given::*;
use handlers::composition::Composition;
use handlers::error::Error;
use handlers::ports::Clock;
use handlers::project::StreamRecord;
use tests::world::{Fault, World, account};

#[tokio::test]
async fn a_worker_that_dies_anywhere_leaves_a_batch_that_can_be_delivered_again() {
    let calls = {
        let world = three_accounts().await;
        world.faults.forget_trace();
        world
            .project(world.stream().into_iter().rev().collect())
            .await;
        world.faults.trace().len()
    };
    assert!(
        calls >= 7,
        "a load and a save for each account, and a publish: {calls}"
    );
    for call in 0..calls {
        for fault in [Fault::StopBefore, Fault::StopAfter] {
            let world = three_accounts().await;
            let batch: Vec<StreamRecord> = world.stream().into_iter().rev().collect();
            world.faults.at_call(call, fault.clone());
            let died = world.faults.until_crash(world.project(batch.clone())).await;
            assert_eq!(died, None, "call {call} {fault:?}");
            world.project(batch).await;
            world.settle().await;
            assert_projected(&world);
            assert_published(&world);
            assert_one_mail_each(&world);
        }
    }
}

#[tokio::test]
async fn a_fault_of_any_call_is_reported_and_mended_by_the_next_delivery() {
    for call in 0..7 {
        let error = || Error::Retryable("throttled".into());
        for fault in [Fault::FailBefore(error()), Fault::FailAfter(error())] {
            let world = three_accounts().await;
            let batch = world.stream();
            world.faults.at_call(call, fault.clone());
            let failed = world.projector().project(batch.clone()).await;
            assert!(!failed.is_empty(), "call {call} {fault:?}");
            world.project(batch).await;
            assert_projected(&world);
            assert_published(&world);
        }
    }
}

#[tokio::test]
async fn a_bus_that_refuses_one_account_delays_that_account_only() {
    let world = three_accounts().await;
    let stream = world.stream();
    world.bus.refuse([account(2)]);
    let failed = world.projector().project(stream.clone()).await;
    let expected: Vec<String> = batch_of(&stream, &account(2))
        .into_iter()
        .map(|record| record.sequence_number)
        .collect();
    assert_eq!(failed, expected);
    let others = published_events(&world);
    assert!(!others.is_empty() && others.iter().all(|id| id.version_in(&account(2)).is_none()));
    world.bus.refuse([]);
    world.project(batch_of(&stream, &account(2))).await;
    assert_projected(&world);
    assert_published(&world);
}

#[tokio::test]
async fn two_workers_on_one_account_agree_whichever_of_them_knows_more() {
    for fault in [Fault::StopBefore, Fault::StopAfter] {
        for (slow_has, quick_has) in [(8, 22), (22, 8), (22, 22)] {
            let world = three_accounts().await;
            let stream = world.stream();
            let (slow, quick) = (world.projector(), world.projector());
            let mut working = Box::pin(slow.project(stream[..slow_has].to_vec()));
            world.faults.at("read_model.save", 1, fault.clone());
            assert_eq!(world.faults.until_stop(&mut working).await, None);
            let left = quick.project(stream[..quick_has].to_vec()).await;
            assert_eq!(left, Vec::<String>::new());
            world.faults.resume();
            assert_eq!(working.await, Vec::<String>::new());
            assert_projected(&world);
            assert_published(&world);
        }
    }
}

#[tokio::test]
async fn a_worker_that_lost_its_race_waits_a_moment_before_it_reads_the_row_again() {
    let world = World::default();
    world.account_with(&account(1), &["1.00"]).await;
    let stream = world.stream();
    world.faults.at("read_model.save", 0, Fault::StopBefore);
    let projector = world.projector();
    let mut losing = Box::pin(projector.project(stream.clone()));
    assert!(world.faults.until_stop(&mut losing).await.is_none());
    world.faults.resume();
    world.project(stream).await;
    let before = world.clock.now();
    assert_eq!(losing.await, Vec::<String>::new());
    assert_eq!((world.clock.now() - before).num_milliseconds(), 20);
    assert_projected(&world);
}
