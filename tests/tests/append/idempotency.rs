//! The same key never acts twice.

use crate::given::*;
use domain::EventId;
use futures::future::join_all;
use handlers::append::Append;
use handlers::composition::Composition;
use handlers::error::Error;
use serde_json::json;
use tests::world::{Fault, World, account, deposited, event, opened, request, withdrawn};

fn retryable() -> Error {
    Error::Retryable("throttled".into())
}

#[tokio::test]
async fn the_same_key_and_body_give_the_first_answer_also_when_others_have_written_since() {
    let world = World::default();
    let (appender, id) = (world.appender(), account(1));
    let opening = world
        .append(&appender, &id, "open", [opened()])
        .await
        .unwrap();
    let deposit = world
        .append(
            &appender,
            &id,
            "one",
            [deposited("10.00"), deposited("1.00")],
        )
        .await
        .unwrap();
    world
        .append(&appender, &id, "two", [deposited("5.00")])
        .await
        .unwrap();

    for process in [&appender, &world.appender()] {
        let again = world
            .append(process, &id, "one", [deposited("10.00"), deposited("1.00")])
            .await
            .unwrap();
        assert_same_answer(&deposit, &again);
        let again = world
            .append(process, &id, "open", [opened()])
            .await
            .unwrap();
        assert_same_answer(&opening, &again);
    }
    assert_history(&world, &id, 4);
}

#[tokio::test]
async fn a_retry_that_names_the_version_of_then_gets_the_answer_of_then() {
    let world = World::default();
    let (appender, id) = (world.appender(), account(1));
    let opening = Append {
        if_match: Some(0),
        ..request(&id, "open", [opened()])
    };
    let deposit = Append {
        if_match: Some(1),
        ..request(&id, "one", [deposited("10.00")])
    };
    let first = [
        appender.append(&opening).await.unwrap(),
        appender.append(&deposit).await.unwrap(),
    ];
    world
        .append(&appender, &id, "two", [deposited("5.00")])
        .await
        .unwrap();
    for process in [&appender, &world.appender()] {
        assert_same_answer(&first[0], &process.append(&opening).await.unwrap());
        assert_same_answer(&first[1], &process.append(&deposit).await.unwrap());
    }
    assert_history(&world, &id, 3);
}

#[tokio::test]
async fn the_same_key_with_another_body_is_refused_whatever_the_body() {
    let world = World::default();
    let (appender, id) = (world.appender(), account(1));
    world
        .append(&appender, &id, "open", [opened()])
        .await
        .unwrap();
    world
        .append(&appender, &id, "one", [deposited("10.00")])
        .await
        .unwrap();
    let unreadable = event(
        "MoneyDeposited",
        json!({ "amount": "1", "currency": "JPY" }),
    );
    for body in [deposited("10.01"), withdrawn("10.00"), opened(), unreadable] {
        let refused = world.append(&appender, &id, "one", [body]).await;
        assert_eq!(refused, Err(Error::KeyReused));
    }
    assert_history(&world, &id, 2);
}

#[tokio::test]
async fn one_key_serves_two_accounts_without_mixing_them() {
    let world = World::default();
    let appender = world.appender();
    for number in [1, 2] {
        let recorded = world
            .append(&appender, &account(number), "open", [opened()])
            .await
            .unwrap();
        assert!(!recorded.replayed);
    }
}

#[tokio::test]
async fn every_request_sent_twice_at_once_is_recorded_once() {
    let world = World::default();
    let (one, other, id) = (world.appender(), world.appender(), account(1));
    world.append(&one, &id, "open", [opened()]).await.unwrap();
    let sends = (0..40).map(|send| {
        let process = if send % 2 == 0 { &one } else { &other };
        let (world, id, key) = (&world, &id, format!("key-{}", send / 2));
        async move {
            world
                .append(process, id, &key, [deposited("1.00")])
                .await
                .unwrap()
        }
    });
    let answers = join_all(sends).await;
    for pair in answers.chunks(2) {
        assert_ne!(pair[0].replayed, pair[1].replayed);
        assert_eq!(pair[0].first_version, pair[1].first_version);
    }
    assert_history(&world, &id, 21);
}

#[tokio::test]
async fn an_answer_that_is_lost_after_the_commit_is_found_again() {
    let world = World::default();
    let (appender, id) = (world.appender(), account(1));
    world
        .append(&appender, &id, "open", [opened()])
        .await
        .unwrap();
    world.faults.at(
        "store.append",
        0,
        Fault::FailAfter(Error::Unknown("timed out".into())),
    );
    let recorded = world
        .append(&appender, &id, "one", [deposited("10.00")])
        .await
        .unwrap();
    assert_eq!(recorded.first_version, 2);
    let again = world
        .append(&appender, &id, "one", [deposited("10.00")])
        .await
        .unwrap();
    assert!(again.replayed);
    assert_eq!(again.hash, recorded.hash);
    assert_history(&world, &id, 2);
}

#[tokio::test]
async fn a_process_that_dies_around_the_commit_leaves_a_key_that_can_be_sent_again() {
    for (fault, replayed) in [(Fault::StopBefore, false), (Fault::StopAfter, true)] {
        let world = World::default();
        let (dying, other, id) = (world.appender(), world.appender(), account(1));
        world.append(&dying, &id, "open", [opened()]).await.unwrap();
        world.faults.at("store.append", 0, fault);
        let died = world
            .faults
            .until_crash(world.append(&dying, &id, "one", [deposited("1.00")]))
            .await;
        assert_eq!(died, None);
        for process in [&other, &dying] {
            let recorded = world
                .append(process, &id, "one", [deposited("1.00")])
                .await
                .unwrap();
            assert_eq!(recorded.first_version, 2);
            assert!(recorded.replayed == replayed || std::ptr::eq(process, &dying));
        }
        assert_history(&world, &id, 2);
    }
}

#[tokio::test]
async fn a_store_that_stays_throttled_is_told_as_such_and_the_key_stays_free() {
    let world = World::default();
    let (appender, id) = (world.appender(), account(1));
    world
        .append(&appender, &id, "open", [opened()])
        .await
        .unwrap();
    for _ in 0..100 {
        world
            .faults
            .at("store.append", 0, Fault::FailBefore(retryable()));
    }
    let failed = world
        .append(&appender, &id, "one", [deposited("1.00")])
        .await;
    assert_eq!(failed, Err(retryable()));
    assert!(world.faults.calls("store.append") < 20);
    world.faults.clear();
    let recorded = world
        .append(&appender, &id, "one", [deposited("1.00")])
        .await
        .unwrap();
    assert!(!recorded.replayed);
    assert_history(&world, &id, 2);
}

#[tokio::test]
async fn a_movement_is_reversed_once_for_ever_whoever_asks() {
    let world = World::default();
    let (one, other, id) = (world.appender(), world.appender(), account(1));
    world
        .append(&one, &id, "open", [opened(), deposited("10.00")])
        .await
        .unwrap();
    let reversal = || {
        event(
            "TransactionReversed",
            json!({ "reverses": EventId::new(&id, 2) }),
        )
    };

    // `one` has seen that nobody reversed it, and stops right before it writes.
    let request = request(&id, "one", [reversal()]);
    let mut slow = Box::pin(one.append(&request));
    world.faults.at("store.append", 0, Fault::StopBefore);
    assert!(world.faults.until_stop(&mut slow).await.is_none());
    let first = world
        .append(&other, &id, "other", [reversal()])
        .await
        .unwrap();
    world.faults.resume();
    let second = slow.await;
    assert!(
        matches!(&second, Err(Error::Invalid(errors)) if errors[0].detail.contains("was reversed before")),
        "{second:?}"
    );

    let retried = world
        .append(&one, &id, "other", [reversal()])
        .await
        .unwrap();
    assert_same_answer(&first, &retried);
    let third = world
        .append(&world.appender(), &id, "third", [reversal()])
        .await;
    assert!(matches!(third, Err(Error::Invalid(_))), "{third:?}");
    assert_history(&world, &id, 3);
}
