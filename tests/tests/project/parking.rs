//! Accounts that are parked, and taken up again.

use crate::given::*;
use domain::EventId;
use handlers::composition::Composition;
use handlers::error::Error;
use handlers::project::StreamRecord;
use handlers::redrive::{Redriven, Selection};
use serde_json::json;
use std::collections::BTreeSet;
use tests::world::{Fault, World, account, deposited};

/// The record cannot be read, and neither can the item that it is a copy of.
fn poisoned(world: &World, records: &mut [StreamRecord], index: usize) {
    let reason = "the item has no attribute events".to_owned();
    records[index].commit = Err(reason.clone());
    let unreadable = Fault::FailBefore(Error::Permanent(reason.into()));
    world.faults.at("store.commit_holding", 0, unreadable);
}

/// Account 1 with a record of version 3 that cannot be read, and account 2.
async fn parked() -> (World, Vec<StreamRecord>) {
    let world = World::default();
    world.customer_with("ana@example.com", json!({})).await;
    world
        .account_with(&account(1), &["1.00", "2.00", "3.00"])
        .await;
    world.account_with(&account(2), &["1.00"]).await;
    let mut stream = world.stream();
    poisoned(&world, &mut stream, 2);
    for record in &stream {
        world.project(vec![record.clone()]).await;
    }
    (world, stream)
}

#[tokio::test]
async fn a_record_that_cannot_be_read_is_taken_from_the_store() {
    let world = World::default();
    world.customer_with("ana@example.com", json!({})).await;
    world.account_with(&account(1), &["1.00", "2.00"]).await;
    let mut stream = world.stream();
    stream[1].commit = Err("the record is torn".to_owned());
    world.project(stream).await;
    assert_projected(&world);
    assert_published(&world);
    assert_eq!(world.dead_letters.bodies().len(), 0);
}

#[tokio::test]
async fn a_record_that_cannot_be_read_tells_its_event_also_behind_its_version() {
    let world = World::default();
    world.customer_with("ana@example.com", json!({})).await;
    world.account_with(&account(1), &["1.00", "2.00"]).await;
    let stream = world.stream();
    // The read model is ahead of the stream, as after a switch to a replayed one.
    world.project(stream.clone()).await;
    let told = published_events(&world).len();
    let mut late = stream[1].clone();
    late.commit = Err("the record is torn".to_owned());
    world.project(vec![late]).await;
    assert_eq!(
        published_events(&world)[told..],
        [EventId::new(&account(1), 2)]
    );
}

#[tokio::test]
async fn events_that_cannot_be_told_behind_the_balance_are_a_letter_and_are_told_by_its_redrive() {
    let world = World::default();
    world.customer_with("ana@example.com", json!({})).await;
    world.account_with(&account(1), &["1.00", "2.00"]).await;
    let mut stream = world.stream();
    world.project(stream.clone()).await;
    let told = published_events(&world).len();
    poisoned(&world, &mut stream, 1);
    world.project(vec![stream[1].clone()]).await;
    // The account goes on: its balance is beyond.
    assert_projected(&world);
    assert_eq!(published_events(&world).len(), told);
    assert_eq!(
        world.dead_letters.bodies()[0]["ledgerbell"],
        "commit-untold"
    );
    let redriven = redrive(&world).await;
    assert_eq!(redriven[0].outcome, "redriven");
    assert_eq!(
        published_events(&world)[told..],
        [EventId::new(&account(1), 2)]
    );
    assert_eq!(world.dead_letters.bodies().len(), 0);
}

#[tokio::test]
async fn a_record_that_cannot_be_read_parks_its_account_with_one_letter_and_the_others_go_on() {
    let (world, stream) = parked().await;
    world.project(stream).await;
    let row = world.read_model.row(&account(1)).unwrap().value;
    assert_eq!(row.version(), 2);
    assert_eq!(
        row.parked.unwrap().reason,
        "the item has no attribute events"
    );
    assert_eq!(
        world.read_model.row(&account(2)).unwrap().value.version(),
        2
    );
    let letters = world.dead_letters.bodies();
    assert_eq!(letters.len(), 1, "{letters:?}");
    assert_eq!(letters[0]["ledgerbell"], "account-parked");
    assert_eq!(letters[0]["account_id"], "ACC-1");
    // What was applied before is told again; what comes after waits.
    let versions: BTreeSet<_> = published_events(&world)
        .into_iter()
        .filter_map(|id| id.version_in(&account(1)))
        .collect();
    assert_eq!(versions, BTreeSet::from([1, 2]));
}

#[tokio::test]
async fn an_account_that_is_taken_up_while_it_is_being_parked_does_not_stay_parked() {
    let world = World::default();
    world.customer_with("ana@example.com", json!({})).await;
    world.account_with(&account(1), &["1.00"]).await;
    let mut stream = world.stream();
    let record = stream.pop().unwrap();
    world.project(stream).await;
    let mut unreadable = vec![record];
    poisoned(&world, &mut unreadable, 0);
    // The letter is written, and the worker waits before it marks the row.
    world.faults.at("dead_letters.put", 0, Fault::StopAfter);
    let projector = world.projector();
    let mut parking = Box::pin(projector.project(unreadable.clone()));
    assert!(world.faults.until_stop(&mut parking).await.is_none());
    world.faults.resume();
    redrive(&world).await;
    let failed = parking.await;
    assert_eq!(failed, [unreadable[0].sequence_number.clone()]);
    world.project(unreadable).await;
    assert_projected(&world);
    assert_eq!(world.dead_letters.bodies().len(), 0);
    world.settle().await;
    assert_one_mail_each(&world);
}

#[tokio::test]
async fn a_redrive_takes_a_parked_account_up_and_publishes_exactly_what_was_missed() {
    let (world, _) = parked().await;
    let before = published_events(&world).len();
    let redriven = redrive(&world).await;
    assert_eq!(redriven.len(), 1);
    assert_eq!(redriven[0].outcome, "redriven");
    let missed: Vec<_> = published_events(&world)[before..].to_vec();
    assert_eq!(
        missed,
        [EventId::new(&account(1), 3), EventId::new(&account(1), 4)]
    );
    assert_projected(&world);
    assert_published(&world);
    assert_eq!(world.dead_letters.bodies(), Vec::<serde_json::Value>::new());
    world.settle().await;
    assert_one_mail_each(&world);
}

#[tokio::test]
async fn a_redrive_that_dies_anywhere_can_be_done_again() {
    let calls = {
        let (world, _) = parked().await;
        world.faults.forget_trace();
        redrive(&world).await;
        world.faults.trace().len()
    };
    for call in 0..calls {
        for fault in [Fault::StopBefore, Fault::StopAfter] {
            let (world, _) = parked().await;
            let redriver = world.redriver();
            let selection = any_letters();
            world.faults.at_call(call, fault);
            assert!(
                world
                    .faults
                    .until_crash(redriver.redrive(&selection))
                    .await
                    .is_none()
            );
            world.faults.clear();
            world.clock.advance(std::time::Duration::from_secs(600));
            redriver.redrive(&selection).await.unwrap();
            assert_projected(&world);
            assert_published(&world);
            assert_eq!(world.dead_letters.bodies().len(), 0, "call {call}");
            world.settle().await;
            assert_one_mail_each(&world);
        }
    }
}

#[tokio::test]
async fn a_commit_that_arrives_while_its_account_is_taken_up_again_is_not_forgotten() {
    let calls = {
        let (world, _) = parked().await;
        world.faults.forget_trace();
        world.projector().resume(&account(1)).await.unwrap();
        world.faults.trace().len()
    };
    for call in 0..calls {
        for fault in [Fault::StopBefore, Fault::StopAfter] {
            let (world, _) = parked().await;
            let projector = world.projector();
            let id = account(1);
            let mut resuming = Box::pin(projector.resume(&id));
            world.faults.at_call(call, fault);
            assert!(world.faults.until_stop(&mut resuming).await.is_none());
            world
                .append(
                    &world.appender(),
                    &account(1),
                    "meanwhile",
                    [deposited("9.00")],
                )
                .await
                .unwrap();
            world.project(vec![world.stream().pop().unwrap()]).await;
            world.faults.resume();
            resuming.await.unwrap();
            assert_projected(&world);
            assert_published(&world);
        }
    }
}

#[tokio::test]
async fn a_commit_that_does_not_follow_parks_its_account_at_the_last_good_version() {
    let world = World::default();
    let commits = world
        .account_with(&account(1), &["1.00", "2.00", "3.00"])
        .await;
    let mut forged = commits[2].clone();
    forged.source = "somebody else".to_owned();
    world.store.tamper(forged);
    world.project(vec![world.stream().pop().unwrap()]).await;
    let row = world.read_model.row(&account(1)).unwrap().value;
    assert_eq!(row.version(), 2);
    assert!(row.parked.unwrap().reason.contains("version 3"));
    assert_eq!(world.dead_letters.bodies().len(), 1);

    // As long as the store is wrong, nothing goes on, and nobody loses the letter.
    let stays = redrive(&world).await;
    assert!(
        stays[0].outcome.starts_with("failed: "),
        "{}",
        stays[0].outcome
    );
    assert_eq!(world.dead_letters.bodies().len(), 1);
    assert!(
        world
            .read_model
            .row(&account(1))
            .unwrap()
            .value
            .parked
            .is_some()
    );

    world.store.tamper(commits[2].clone());
    redrive(&world).await;
    assert_projected(&world);
    assert_published(&world);
}

#[tokio::test]
async fn a_gap_that_the_store_cannot_read_parks_the_account_instead_of_blocking_the_stream() {
    let world = World::default();
    world.account_with(&account(1), &["1.00", "2.00"]).await;
    let unreadable = Error::Permanent("the commit at version 2 has no attribute hash".into());
    world
        .faults
        .at("store.commits", 0, Fault::FailBefore(unreadable));
    let last = world.stream().pop().unwrap();
    assert_eq!(
        world.projector().project(vec![last]).await,
        Vec::<String>::new()
    );
    let row = world.read_model.row(&account(1)).unwrap().value;
    assert!(row.parked.unwrap().reason.contains("has no attribute hash"));
    assert_eq!(world.dead_letters.bodies().len(), 1);

    redrive(&world).await;
    assert_projected(&world);
    assert_published(&world);
}

#[tokio::test]
async fn a_worker_that_dies_while_it_parks_an_account_leaves_nothing_untold() {
    for call in 0..6 {
        for fault in [Fault::StopBefore, Fault::StopAfter] {
            let world = World::default();
            let commits = world.account_with(&account(1), &["1.00", "2.00"]).await;
            let mut stream = world.stream();
            let mut forged = commits[2].clone();
            forged.source = "somebody else".to_owned();
            stream[2].commit = Ok(forged);
            let projector = world.projector();
            world.faults.at_call(call, fault.clone());
            let _ = world
                .faults
                .until_crash(projector.project(stream.clone()))
                .await;
            world.faults.clear();
            world.project(stream).await;
            redrive(&world).await;
            assert_projected(&world);
            assert_published(&world);
        }
    }
}

fn any_letters() -> Selection {
    Selection {
        max: 10,
        ..Selection::default()
    }
}

async fn redrive(world: &World) -> Vec<Redriven> {
    let redriven = world.redriver().redrive(&any_letters()).await;
    redriven.unwrap()
}
