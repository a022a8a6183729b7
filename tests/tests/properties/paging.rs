//! Pages of any size, put together, are the whole: nothing twice, nothing left
//! out, whatever is written meanwhile.

use axum::body::{Body, to_bytes};
use axum::http::Request;
use chrono::{DateTime, Utc};
use domain::{Commit, Version};
use handlers::composition::Composition;
use handlers::http::router;
use handlers::ports::{Clock, CommitPosition};
use handlers::query::time_index::{PageLimit, Range};
use proptest::prelude::*;
use serde_json::Value;
use tests::world::{World, account, deposited, opened};
use tower::ServiceExt;

use crate::run;

const ACCOUNTS: u32 = 4;

/// A commit to be written: to which account, of how many events, and whether in
/// the same microsecond as the one before it.
type Write = (u32, usize, bool);

fn writes(most: usize) -> impl Strategy<Value = Vec<Write>> {
    prop::collection::vec((1..=ACCOUNTS, 1_usize..5, any::<bool>()), 0..most)
}

async fn opened_accounts() -> World {
    let world = World::default();
    let appender = world.appender();
    for number in 1..=ACCOUNTS {
        let opening = [opened()];
        world
            .append(&appender, &account(number), "open", opening)
            .await
            .unwrap();
    }
    world
}

async fn write(world: &World, writes: &[Write]) {
    let appender = world.appender();
    for (number, events, same_time) in writes {
        if *same_time {
            let last = world.store.log().pop().unwrap().recorded_at;
            world.clock.set(last - chrono::TimeDelta::microseconds(1));
        }
        let key = format!("key-{}", world.store.log().len());
        let events = (0..*events).map(|_| deposited("1.00"));
        world
            .append(&appender, &account(*number), &key, events)
            .await
            .unwrap();
    }
}

fn everything() -> Range {
    Range {
        from: DateTime::UNIX_EPOCH,
        to: DateTime::<Utc>::MAX_UTC,
    }
}

/// The places of all commits, in the order in which they are read.
fn places(world: &World, newest_first: bool) -> Vec<CommitPosition> {
    let mut places: Vec<CommitPosition> =
        world.store.log().iter().map(CommitPosition::of).collect();
    places.sort();
    if newest_first {
        places.reverse();
    }
    places
}

/// One page of `/v1/events`: the events, as account and version, and the cursor.
async fn all_events(world: &World, query: &str) -> (Vec<(String, Version)>, Option<String>) {
    let request = Request::get(format!("/v1/events?{query}"));
    let response = router(world.api())
        .oneshot(request.body(Body::empty()).unwrap())
        .await
        .unwrap();
    let body = to_bytes(response.into_body(), 1 << 22).await.unwrap();
    let body: Value = serde_json::from_slice(&body).unwrap();
    let place = |event: &Value| {
        let account = event["account_id"].as_str().unwrap().to_owned();
        (account, event["version"].as_u64().unwrap())
    };
    let events = body["events"].as_array().unwrap().iter().map(place);
    (events.collect(), body["next"].as_str().map(str::to_owned))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn the_pages_of_a_history_are_the_history_in_both_directions(
        writes in writes(12), limit in 1_usize..9, cap in 1_usize..4, start in 0_u64..12,
    ) {
        run(async {
            let world = opened_accounts().await;
            write(&world, &writes).await;
            world.store.cap_pages(cap);
            let (id, queries) = (account(1), world.queries());
            let last = world.store.of(&id).last().map_or(0, Commit::last_version);

            let (mut read, mut after) = (Vec::new(), start);
            loop {
                let (events, next) = queries.history(&id, after, limit).await.unwrap();
                assert!(events.len() <= limit && (next.is_none() || events.len() == limit));
                read.extend(events.into_iter().map(|event| event.version));
                let Some(next) = next else { break };
                after = next;
            }
            assert_eq!(read, (start + 1..=last).collect::<Vec<_>>());

            let (mut read, mut before) = (Vec::new(), start + 1);
            loop {
                let (events, next) = queries.history_backwards(&id, before, limit).await.unwrap();
                assert!(events.len() <= limit && (next.is_none() || events.len() == limit));
                read.extend(events.into_iter().map(|event| event.version));
                let Some(next) = next else { break };
                before = next;
            }
            assert_eq!(read, (1..=start.min(last)).rev().collect::<Vec<_>>());
        });
    }

    #[test]
    fn the_pages_of_all_commits_are_all_commits_also_within_one_microsecond(
        writes in writes(30), limit in 1_usize..7, events in 1_usize..20, newest_first in any::<bool>(),
    ) {
        run(async {
            let world = opened_accounts().await;
            write(&world, &writes).await;
            world.clock.set(world.clock.now() + chrono::TimeDelta::hours(1));
            let queries = world.queries();
            let (mut read, mut position) = (Vec::new(), None);
            let within = PageLimit { commits: limit, events };
            loop {
                let page = queries.recorded(everything(), position, newest_first, within).await.unwrap();
                assert!(page.commits.len() <= limit);
                read.extend(page.commits.iter().map(CommitPosition::of));
                position = page.next;
                if position.is_none() {
                    break;
                }
            }
            assert_eq!(read, places(&world, newest_first));
        });
    }

    #[test]
    fn all_events_newest_first_are_those_of_the_first_page_and_before_whatever_is_written_meanwhile(
        before in writes(10), meanwhile in prop::collection::vec(writes(3), 1..6), limit in 1_usize..6,
    ) {
        run(async {
            let world = opened_accounts().await;
            write(&world, &before).await;
            let mut expected = Vec::new();
            let mut commits = world.store.log();
            commits.sort_by_key(CommitPosition::of);
            for commit in commits.iter().rev() {
                let versions = (commit.first_version..=commit.last_version()).rev();
                expected.extend(versions.map(|version| (commit.account_id.to_string(), version)));
            }
            let mut meanwhile = meanwhile.into_iter();
            let (mut read, mut cursor) = (Vec::new(), String::new());
            loop {
                let query = format!("order=desc&limit={limit}{cursor}");
                let (events, next) = all_events(&world, &query).await;
                read.extend(events);
                let Some(next) = next else { break };
                cursor = format!("&cursor={next}");
                // Of one microsecond there is no newest: a second passes before each.
                for (number, events, _) in meanwhile.next().unwrap_or_default() {
                    world.clock.advance(std::time::Duration::from_secs(1));
                    write(&world, &[(number, events, false)]).await;
                }
            }
            assert_eq!(read, expected);
        });
    }

    #[test]
    fn the_pages_of_all_accounts_are_all_accounts(limit in 1_usize..6) {
        run(async {
            let world = opened_accounts().await;
            world.project(world.stream()).await;
            let queries = world.queries();
            let (mut read, mut cursor) = (Vec::new(), None);
            loop {
                let (accounts, next) = queries.accounts(cursor.as_deref(), limit).await.unwrap();
                read.extend(accounts.into_iter().map(|view| view.account_id));
                cursor = next;
                if cursor.is_none() {
                    break;
                }
            }
            assert_eq!(read, (1..=ACCOUNTS).map(account).collect::<Vec<_>>());
        });
    }
}
