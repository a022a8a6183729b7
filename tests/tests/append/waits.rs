//! The time between the attempts of an append that loses its races.

use chrono::TimeDelta;
use handlers::composition::Composition;
use handlers::error::Error;
use handlers::ports::Clock;
use tests::world::{Fault, World, account, deposited, opened};

/// The time that an append under this key takes if the store fails so often.
async fn takes(key: &str, failures: usize) -> TimeDelta {
    let world = World::default();
    let appender = world.appender();
    let id = account(1);
    let opening = world.append(&appender, &id, "open", [opened()]).await;
    opening.unwrap();
    for nth in 0..failures {
        let throttled = Error::Retryable("throttled".into());
        let fault = Fault::FailBefore(throttled);
        world.faults.at("store.append", nth, fault);
    }
    let before = world.clock.now();
    let deposit = [deposited("1.00")];
    let appended = world.append(&appender, &id, key, deposit).await;
    appended.unwrap();
    world.clock.now() - before
}

/// The microseconds before this attempt, the first of which is attempt 0. The
/// clock itself takes a few for each look at it.
async fn wait_before(attempt: usize, key: &str) -> i64 {
    let [shorter, longer] = [takes(key, attempt - 1).await, takes(key, attempt).await];
    (longer - shorter).num_microseconds().unwrap()
}

#[tokio::test]
async fn callers_that_collide_wait_for_different_shares_of_ten_milliseconds() {
    let mut waits = Vec::new();
    for number in 0..1_000 {
        waits.push(wait_before(1, &format!("key-{number}")).await);
    }
    let (least, most) = (*waits.iter().min().unwrap(), *waits.iter().max().unwrap());
    // A share is a whole number of 256ths, from one to all of them.
    assert!((39..80).contains(&least), "{least}");
    assert!((10_000..10_040).contains(&most), "{most}");
    let mean = waits.iter().sum::<i64>() / 1_000;
    assert!((4_500..5_500).contains(&mean), "{mean}");
    waits.sort_unstable();
    waits.dedup_by_key(|wait| *wait / 39);
    assert!(waits.len() > 200, "{} different ones", waits.len());
}

#[tokio::test]
async fn waits_double_up_to_four_hundred_milliseconds() {
    for attempt in 1..=11 {
        let mut most = 0;
        for number in 0..40 {
            most = wait_before(attempt, &format!("key-{number}"))
                .await
                .max(most);
        }
        let longest = (5_000_i64 << attempt).min(400_000);
        let range = longest * 8 / 10..=longest + 100;
        assert!(range.contains(&most), "attempt {attempt}: {most}");
    }
}
