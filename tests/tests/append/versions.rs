//! Versions without a gap, at few round trips.

use crate::given::*;
use futures::future::join_all;
use handlers::append::{Append, Appender};
use handlers::composition::Composition;
use handlers::error::{Contended, Error, Refusal};
use tests::world::{Fault, World, account, deposited, opened, request, withdrawn};

#[tokio::test]
async fn a_version_that_is_not_there_is_told_and_nothing_is_recorded() {
    let world = World::default();
    let (appender, id) = (world.appender(), account(1));
    let with = |expected, key| Append {
        if_match: Some(expected),
        ..request(&id, key, [deposited("1.00")])
    };
    let refused = appender.append(&with(3, "a")).await;
    assert_eq!(
        refused,
        Err(Error::VersionConflict {
            expected: 3,
            actual: 0
        })
    );
    world
        .append(&appender, &id, "open", [opened()])
        .await
        .unwrap();
    for expected in [0, 2] {
        let refused = appender.append(&with(expected, "b")).await;
        assert_eq!(
            refused,
            Err(Error::VersionConflict {
                expected,
                actual: 1
            })
        );
    }
    assert!(appender.append(&with(1, "b")).await.is_ok());
    assert_history(&world, &id, 2);
}

#[tokio::test]
async fn a_version_is_held_against_the_store_and_not_against_what_a_process_remembers() {
    let world = World::default();
    let (one, other, id) = (world.appender(), world.appender(), account(1));
    world.append(&one, &id, "open", [opened()]).await.unwrap();
    world
        .append(&other, &id, "other", [deposited("1.00")])
        .await
        .unwrap();
    // `one` still remembers version 1.
    let request = Append {
        if_match: Some(2),
        ..request(&id, "mine", [deposited("1.00")])
    };
    assert_eq!(one.append(&request).await.unwrap().first_version, 3);
}

#[tokio::test]
async fn an_unknown_account_and_a_second_opening_are_refused() {
    let world = World::default();
    let (appender, id) = (world.appender(), account(1));
    let refused = world
        .append(&appender, &id, "one", [deposited("1.00")])
        .await;
    assert!(matches!(refused, Err(Error::NotFound(_))), "{refused:?}");
    world
        .append(&appender, &id, "open", [opened()])
        .await
        .unwrap();
    let refused = world.append(&appender, &id, "again", [opened()]).await;
    assert_eq!(refused, Err(Error::Refused(Refusal::AlreadyOpened(id))));
}

#[tokio::test]
async fn an_append_costs_two_round_trips_cold_and_one_warm() {
    let world = World::default();
    let (appender, id) = (world.appender(), account(1));
    world
        .append(&appender, &id, "open", [opened()])
        .await
        .unwrap();
    assert_eq!(world.faults.trace(), ["store.head", "store.append"]);
    world.faults.forget_trace();
    world
        .append(&appender, &id, "one", [deposited("1.00")])
        .await
        .unwrap();
    assert_eq!(world.faults.trace(), ["store.append"]);
}

#[tokio::test]
async fn a_stale_memory_costs_one_more_attempt_and_no_read() {
    let world = World::default();
    let (one, other, id) = (world.appender(), world.appender(), account(1));
    world.append(&one, &id, "open", [opened()]).await.unwrap();
    world
        .append(&other, &id, "other", [deposited("1.00")])
        .await
        .unwrap();
    world.faults.forget_trace();
    let recorded = world
        .append(&one, &id, "mine", [deposited("1.00")])
        .await
        .unwrap();
    assert_eq!(recorded.first_version, 3);
    assert_eq!(world.faults.trace(), ["store.append", "store.append"]);
    assert_history(&world, &id, 3);
}

#[tokio::test]
async fn a_stale_memory_refuses_nothing_that_the_history_allows() {
    let world = World::default();
    let (one, other, id) = (world.appender(), world.appender(), account(1));
    world
        .append(
            &one,
            &id,
            "open",
            [opened(), deposited("92233720368547758.07")],
        )
        .await
        .unwrap();
    world
        .append(&other, &id, "other", [withdrawn("10.00")])
        .await
        .unwrap();
    // On top of what `one` remembers, this would leave 64 bits.
    let recorded = world
        .append(&one, &id, "mine", [deposited("10.00")])
        .await
        .unwrap();
    assert_eq!(recorded.first_version, 4);
}

async fn write_at_once(world: &World, processes: &[Appender], writers: usize) {
    let id = account(1);
    world
        .append(&processes[0], &id, "open", [opened()])
        .await
        .unwrap();
    let writes = (0..writers).map(|writer| {
        let (process, id) = (&processes[writer % processes.len()], &id);
        let key = format!("writer-{writer}");
        async move {
            // A conflict asks for the same request again, and a client does that.
            loop {
                match world.append(process, id, &key, [deposited("1.00")]).await {
                    Ok(recorded) => return recorded.first_version,
                    Err(Error::Busy { .. }) => {}
                    Err(error) => panic!("{error}"),
                }
            }
        }
    });
    let mut versions = join_all(writes).await;
    versions.sort_unstable();
    assert_eq!(versions, (2..writers as u64 + 2).collect::<Vec<_>>());
    assert_history(world, &id, writers as u64 + 1);
    let balance = world.store.of(&id).pop().unwrap().after.balance;
    assert_eq!(balance.to_decimal(), format!("{writers}.00"));
}

#[tokio::test]
async fn fifty_writers_of_one_process_queue_and_never_collide() {
    let world = World::default();
    write_at_once(&world, &[world.appender()], 50).await;
    assert_eq!(world.faults.calls("store.append"), 51);
    assert_eq!(world.faults.calls("store.head"), 1);
}

#[tokio::test]
async fn fifty_writers_of_three_processes_give_versions_without_a_gap() {
    let world = World::default();
    let processes = [world.appender(), world.appender(), world.appender()];
    write_at_once(&world, &processes, 50).await;
}

#[tokio::test]
async fn a_writer_that_is_always_overtaken_gives_up_after_a_bounded_number_of_attempts() {
    let world = World::default();
    let (slow, quick, id) = (world.appender(), world.appender(), account(1));
    world.append(&slow, &id, "open", [opened()]).await.unwrap();
    let request = request(&id, "slow", [deposited("1.00")]);
    let mut waiting = Box::pin(slow.append(&request));
    let mut overtaken = 0;
    let outcome = loop {
        world.faults.at("store.append", 0, Fault::StopBefore);
        if let Some(outcome) = world.faults.until_stop(&mut waiting).await {
            break outcome;
        }
        world
            .append(
                &quick,
                &id,
                &format!("quick-{overtaken}"),
                [deposited("1.00")],
            )
            .await
            .unwrap();
        world.faults.resume();
        overtaken += 1;
        assert!(overtaken < 100, "it never gives up");
    };
    drop(waiting);
    world.faults.clear();
    let busy = Error::Busy {
        what: Contended::Account(id.clone()),
        attempts: 12,
    };
    assert_eq!((outcome, overtaken), (Err(busy), 12));
    // The key was not used up by that.
    let recorded = slow.append(&request).await.unwrap();
    assert_eq!((recorded.replayed, recorded.first_version), (false, 14));
}
