//! When commits are recorded, while clocks step.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use handlers::append::Appender;
use handlers::composition::Composition;
use handlers::ports::{Clock, MonotoneClock};
use handlers::query::Queries;
use handlers::query::time_index::{PageLimit, Range};
use tests::world::{Fault, World, account, deposited, opened};

#[tokio::test]
async fn recorded_time_never_goes_back_within_an_account_however_clocks_step() {
    let world = World::default();
    let id = account(1);
    // One process remembers the account, and the other has to ask for it.
    let (warm, cold) = (world.appender(), world.appender());
    world.append(&warm, &id, "open", [opened()]).await.unwrap();
    for (number, seconds) in [-3600, 1, 7200, -7200, -1, 0].into_iter().enumerate() {
        let now = world.clock.now();
        world.clock.set(now + TimeDelta::seconds(seconds));
        for (name, appender) in [("warm", &warm), ("cold", &cold)] {
            let key = format!("{name}-{number}");
            world
                .append(appender, &id, &key, [deposited("1.00")])
                .await
                .unwrap();
        }
    }
    let times: Vec<_> = (world.store.of(&id).iter())
        .map(|commit| commit.recorded_at)
        .collect();
    assert_eq!(times.len(), 13);
    assert!(times.is_sorted(), "{times:#?}");
}

/// Up to when a reader has all, and how many commits it has read on the way.
async fn read_on(queries: &Queries, from: DateTime<Utc>) -> (DateTime<Utc>, usize) {
    let to = queries.settled_until();
    let limit = PageLimit {
        commits: 100,
        events: 100,
    };
    let page = queries.recorded(Range { from, to }, None, false, limit);
    (to.max(from), page.await.unwrap().commits.len())
}

#[tokio::test]
async fn who_reads_on_misses_nothing_though_the_clock_steps_while_it_is_written() {
    for seconds in [-3600, 3600] {
        let world = World::default();
        let clock = Arc::new(MonotoneClock::new(world.clock.clone(), None));
        let appender = Appender::new(world.store.clone(), clock.clone());
        let queries = Queries {
            clock,
            ..world.queries()
        };
        let step = |seconds| {
            let now = world.clock.now();
            world.clock.set(now + TimeDelta::seconds(seconds));
        };
        let (mut until, mut read) = (DateTime::UNIX_EPOCH, 0);
        let mut reads = async || {
            let (reached, commits) = read_on(&queries, until).await;
            (until, read) = (reached, read + commits);
        };
        let (one, two) = (account(1), account(2));
        world
            .append(&appender, &one, "open", [opened()])
            .await
            .unwrap();
        step(10);
        reads().await;
        // Stamped, and not written yet.
        world.faults.at("store.append", 0, Fault::StopBefore);
        let mut writing = Box::pin(world.append(&appender, &two, "open", [opened()]));
        assert!(world.faults.until_stop(&mut writing).await.is_none());
        step(seconds);
        reads().await;
        world.faults.resume();
        writing.await.unwrap();
        reads().await;
        world
            .append(&appender, &one, "late", [deposited("1.00")])
            .await
            .unwrap();
        step(7200);
        reads().await;
        assert_eq!(read, world.store.log().len(), "a step of {seconds} s");
    }
}
