//! The time index: all accounts in recorded order.

use chrono::{DateTime, TimeDelta, Utc};
use domain::{AccountId, Commit};
use handlers::ports::{CommitPosition, EventStore};
use handlers::query::time_index::{self, Range};

use crate::history::{History, accounts_of_slice, opened, opened_at, start};

const SLICE: u8 = 3;

fn micros(count: i64) -> TimeDelta {
    TimeDelta::microseconds(count)
}

fn far() -> DateTime<Utc> {
    start() + TimeDelta::days(1)
}

/// Accounts of one slice, opened at these microseconds after the start.
async fn opened_after(store: &dyn EventStore, slice: u8, times: &[i64]) -> Vec<CommitPosition> {
    let mut places = Vec::new();
    for (account, after) in accounts_of_slice(slice).zip(times) {
        places.push(CommitPosition::of(
            &opened_at(store, &account, start() + micros(*after)).await,
        ));
    }
    places.sort();
    places
}

pub async fn places_are_those_of_a_slice_and_of_a_range_in_recorded_order(store: &dyn EventStore) {
    let places = opened_after(store, SLICE, &[40, 10, 30, 0, 20]).await;
    let other = opened_after(store, SLICE + 1, &[15]).await;
    let found = async |from: i64, to: i64, newest_first: bool, limit: usize| {
        let (from, to) = (start() + micros(from), start() + micros(to));
        store
            .recorded(SLICE, from, to, newest_first, limit)
            .await
            .unwrap()
    };
    assert_eq!(found(-1000, 1000, false, 100).await, places);
    let mut newest_first = places.clone();
    newest_first.reverse();
    assert_eq!(found(-1000, 1000, true, 100).await, newest_first);
    assert_eq!(found(-1000, 1000, false, 2).await, places[..2]);
    assert_eq!(found(-1000, 1000, true, 2).await, newest_first[..2]);
    // From inclusive, to exclusive.
    assert_eq!(found(10, 30, false, 100).await, places[1..3]);
    assert_eq!(found(11, 31, false, 100).await, places[2..4]);
    assert_eq!(found(10, 10, false, 100).await, []);
    assert_eq!(found(30, 10, false, 100).await, []);
    assert_eq!(
        store
            .recorded(SLICE + 1, start(), far(), false, 100)
            .await
            .unwrap(),
        other
    );
    assert_eq!(
        store
            .recorded(SLICE + 2, start(), far(), false, 100)
            .await
            .unwrap(),
        []
    );
}

/// Who goes on after a page goes on after its last microsecond: within one,
/// an index has no order that all engines share.
pub async fn a_page_of_places_ends_with_a_whole_microsecond(store: &dyn EventStore) {
    let places = opened_after(store, SLICE, &[0, 5, 5, 5, 5, 9, 9]).await;
    for (limit, whole) in [(1, 1), (2, 5), (4, 5), (5, 5), (6, 7), (7, 7), (8, 7)] {
        let mut found = store
            .recorded(SLICE, start(), far(), false, limit)
            .await
            .unwrap();
        found.sort();
        assert_eq!(found, places[..whole], "limit {limit}");
    }
    for (limit, whole) in [(1, 2), (2, 2), (3, 6), (6, 6), (7, 7)] {
        let mut found = store
            .recorded(SLICE, start(), far(), true, limit)
            .await
            .unwrap();
        found.sort();
        assert_eq!(found, places[7 - whole..], "limit {limit}, newest first");
    }
}

pub async fn a_range_that_ends_between_two_microseconds_has_what_is_in_it(store: &dyn EventStore) {
    let places = opened_after(store, SLICE, &[0, 1, 2, 3]).await;
    for from in 0..=3_500 {
        if from % 250 != 0 {
            continue;
        }
        for length in [1, 250, 500, 999, 1_000, 1_001, 2_750] {
            let from = start() + TimeDelta::nanoseconds(from);
            let to = from + TimeDelta::nanoseconds(length);
            let within = |place: &&CommitPosition| (from..to).contains(&place.recorded_at);
            let expected: Vec<CommitPosition> = places.iter().filter(within).cloned().collect();
            let found = store.recorded(SLICE, from, to, false, 10).await.unwrap();
            assert_eq!(found, expected, "{from} to {to}");
        }
    }
}

pub async fn times_at_both_ends_of_time_are_no_fault(store: &dyn EventStore) {
    let places = opened_after(store, SLICE, &[0]).await;
    let (first, last) = (DateTime::<Utc>::MIN_UTC, DateTime::<Utc>::MAX_UTC);
    for newest_first in [false, true] {
        assert_eq!(
            store
                .recorded(SLICE, first, last, newest_first, 10)
                .await
                .unwrap(),
            places
        );
        assert_eq!(
            store
                .recorded(SLICE, first, first, newest_first, 10)
                .await
                .unwrap(),
            []
        );
        assert_eq!(
            store
                .recorded(SLICE, last, last, newest_first, 10)
                .await
                .unwrap(),
            []
        );
    }
}

pub async fn commits_come_in_the_order_of_their_places_however_many(store: &dyn EventStore) {
    assert_eq!(store.commits_at(&[]).await.unwrap(), []);
    // More than one BatchGetItem takes.
    let mut commits: Vec<Commit> = Vec::new();
    for (number, account) in accounts_of_slice(SLICE).take(230).enumerate() {
        // An order that is neither the keys' nor the times'.
        let after = (number as i64 * 89) % 230;
        commits.push(opened_at(store, &account, start() + micros(after)).await);
    }
    let places: Vec<CommitPosition> = commits.iter().map(CommitPosition::of).collect();
    assert_eq!(store.commits_at(&places).await.unwrap(), commits);
    let missing = CommitPosition {
        first_version: 2,
        ..places[0].clone()
    };
    assert!(
        store.commits_at(&[missing]).await.is_err(),
        "a commit that is not there was found"
    );
}

/// Page after page, each from the place where the one before ended.
async fn all_pages(
    store: &dyn EventStore,
    newest_first: bool,
    limit: usize,
) -> Vec<CommitPosition> {
    let range = Range {
        from: start(),
        to: far(),
    };
    let mut places: Vec<CommitPosition> = Vec::new();
    let mut position = None;
    loop {
        let page = time_index::page(store, range, position, newest_first, limit)
            .await
            .unwrap();
        assert!(page.commits.len() <= limit);
        places.extend(page.commits.iter().map(CommitPosition::of));
        position = page.next;
        if position.is_none() {
            return places;
        }
    }
}

pub async fn pages_over_many_commits_of_one_microsecond_give_each_once(store: &dyn EventStore) {
    // An import: two hundred accounts in one slice and one microsecond, some
    // of another slice in the same, and some before and after.
    let accounts: Vec<AccountId> = accounts_of_slice(SLICE).take(210).collect();
    let others: Vec<AccountId> = accounts_of_slice(SLICE + 1).take(20).collect();
    let mut places = Vec::new();
    for (number, account) in accounts.iter().enumerate() {
        let after = match number {
            0..5 => number as i64,
            5..205 => 10,
            _ => number as i64,
        };
        places.push(CommitPosition::of(
            &opened_at(store, account, start() + micros(after)).await,
        ));
    }
    for (number, account) in others.iter().enumerate() {
        let after = if number < 10 { 10 } else { 11 + number as i64 };
        let commit = History::of(account).next("open", vec![opened()], start() + micros(after));
        store.append(&commit, &[]).await.unwrap();
        places.push(CommitPosition::of(&commit));
    }
    places.sort();
    let mut newest_first = places.clone();
    newest_first.reverse();
    for limit in [7, 50, 1000] {
        assert_eq!(
            all_pages(store, false, limit).await,
            places,
            "limit {limit}"
        );
        assert_eq!(
            all_pages(store, true, limit).await,
            newest_first,
            "limit {limit}, newest first"
        );
    }
}
