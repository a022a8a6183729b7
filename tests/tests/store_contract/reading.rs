//! How an account, and all of them, are read.

use std::collections::BTreeSet;

use domain::{Commit, Version};
use handlers::Error;
use handlers::ports::{Appended, EventStore};
use serde_json::json;

use crate::history::{History, account, all, deposited, opened};

pub async fn a_version_inside_a_commit_finds_its_commit(store: &dyn EventStore) {
    // Versions 1, 2 to 4, 5 to 7.
    let history = History::long(&account("ACC-1"), 2, 3).stored(store).await;
    for (version, commit) in [(1, 0), (2, 1), (3, 1), (4, 1), (5, 2), (7, 2)] {
        let found = store
            .commit_holding(&history.account, version)
            .await
            .unwrap();
        assert_eq!(
            found.as_ref(),
            Some(&history.commits[commit]),
            "version {version}"
        );
    }
    for version in [0, 8, 1 << 48] {
        assert_eq!(
            store
                .commit_holding(&history.account, version)
                .await
                .unwrap(),
            None,
            "version {version}"
        );
    }
}

pub async fn commits_begin_with_the_one_that_holds_the_next_version(store: &dyn EventStore) {
    // Versions 1, 2 to 4, 5 to 7 ... 32 to 34: text order is not number order.
    let history = History::long(&account("ACC-1"), 11, 3).stored(store).await;
    for after in 0..=34_u64 {
        for limit in [1, 2, 100] {
            let page = store.commits(&history.account, after, limit).await.unwrap();
            let expected: Vec<&Commit> = history
                .commits
                .iter()
                .filter(|commit| commit.last_version() > after)
                .collect();
            let found = page.commits.len();
            assert!(
                found >= expected.len().min(1),
                "after {after}, limit {limit}: nothing"
            );
            assert!(found <= limit + 1, "after {after}, limit {limit}: {found}");
            assert_eq!(
                page.commits.iter().collect::<Vec<_>>(),
                expected[..found],
                "after {after}, limit {limit}"
            );
            assert!(
                found == expected.len() || page.next.is_some(),
                "after {after}, limit {limit}: an end too early"
            );
        }
    }
    assert_eq!(all(store, &history.account, 1).await, history.commits);
    assert_eq!(all(store, &history.account, 5).await, history.commits);
}

pub async fn commits_backwards_begin_with_the_one_that_holds_a_version_below(
    store: &dyn EventStore,
) {
    let history = History::long(&account("ACC-1"), 11, 3).stored(store).await;
    for before in 1..=36_u64 {
        let mut expected: Vec<&Commit> = history
            .commits
            .iter()
            .filter(|commit| commit.first_version < before)
            .collect();
        expected.reverse();
        let mut found: Vec<Commit> = Vec::new();
        let mut position = before;
        loop {
            let page = store
                .commits_backwards(&history.account, position, 4)
                .await
                .unwrap();
            position = page
                .commits
                .last()
                .map_or(position, |commit| commit.first_version);
            found.extend(page.commits);
            if page.next.is_none() {
                break;
            }
        }
        assert_eq!(
            found.iter().collect::<Vec<_>>(),
            expected,
            "before {before}"
        );
    }
}

pub async fn pages_go_on_where_a_megabyte_ended(store: &dyn EventStore) {
    const MEGABYTE: usize = 1024 * 1024;
    let mut history = History::of(&account("ACC-1")).and(vec![opened()]);
    // The largest events there are: 140 characters of three bytes each, and none like another, since they are packed.
    let mut random = fastrand::Rng::with_seed(1);
    let mut text = || {
        let characters = std::iter::repeat_with(|| random.char('\u{4e00}'..'\u{9fff}'));
        characters.take(140).collect::<String>()
    };
    for _ in 0..100 {
        let fat = std::iter::repeat_with(|| {
            let mut fat = deposited(&text());
            fat["data"]["counterparty"] = json!(text());
            fat
        });
        history = history.and(fat.take(25).collect());
    }
    let bytes: usize = history
        .commits
        .iter()
        .flat_map(|commit| &commit.events)
        .map(|e| e.data.to_string().len())
        .sum();
    assert!(bytes > MEGABYTE, "only {bytes} bytes");
    let history = history.stored(store).await;
    let page = store.commits(&history.account, 0, 1000).await.unwrap();
    assert!(
        page.commits.len() < history.commits.len() && page.next.is_some(),
        "one page held a megabyte"
    );

    assert_eq!(all(store, &history.account, 1000).await, history.commits);
    assert_eq!(scanned(store, 1000).await, history.commits);
    let newest = store
        .commits_backwards(&history.account, 1 << 48, 1000)
        .await
        .unwrap();
    assert_eq!(newest.commits.first(), history.commits.last());
    assert!(newest.next.is_some());
}

async fn scanned(store: &dyn EventStore, limit: usize) -> Vec<Commit> {
    let mut commits = Vec::new();
    let mut cursor = None;
    loop {
        let page = store.scan(cursor.as_deref(), limit).await.unwrap();
        commits.extend(page.commits);
        cursor = page.next;
        if cursor.is_none() {
            return commits;
        }
    }
}

pub async fn a_scan_gives_each_accounts_commits_in_order_and_together(store: &dyn EventStore) {
    let mut histories: Vec<History> = (0..7)
        .map(|number| History::of(&account(&format!("ACC-{number}"))).and(vec![opened()]))
        .collect();
    // Written by turns, so that nothing is together by chance. Twelve commits:
    // in text order version 10 would stand before version 2.
    for _ in 0..11 {
        histories = histories
            .into_iter()
            .map(|history| history.and(vec![deposited("turn")]))
            .collect();
    }
    for number in 0..12 {
        for history in &histories {
            assert_eq!(
                store.append(&history.commits[number], &[]).await.unwrap(),
                Appended::Done
            );
        }
    }
    for limit in [1, 5, 12, 1000] {
        let commits = scanned(store, limit).await;
        let mut seen = BTreeSet::new();
        for together in commits.chunk_by(|one, next| one.account_id == next.account_id) {
            let account = &together[0].account_id;
            assert!(
                seen.insert(account.clone()),
                "{account} comes twice, limit {limit}"
            );
            let history = histories
                .iter()
                .find(|history| history.account == *account)
                .unwrap();
            assert_eq!(together, history.commits, "limit {limit}");
        }
        assert_eq!(seen.len(), histories.len(), "limit {limit}");
    }
}

pub async fn accounts_follow_one_another_each_once_however_long_they_are(store: &dyn EventStore) {
    assert_eq!(store.next_account(None).await.unwrap(), None);
    let mut expected = BTreeSet::new();
    for (number, commits) in [0, 3, 12, 0, 1].into_iter().enumerate() {
        let account = account(&format!("ACC-{number}"));
        History::long(&account, commits, 2).stored(store).await;
        expected.insert(account);
    }
    let mut found = BTreeSet::new();
    let mut last = None;
    while let Some(account) = store.next_account(last.as_ref()).await.unwrap() {
        assert!(found.insert(account.clone()), "{account} comes twice");
        last = Some(account);
    }
    assert_eq!(found, expected);
}

pub async fn a_cursor_that_was_not_given_out_is_the_callers_fault(store: &dyn EventStore) {
    for cursor in ["", "nonsense", "[1]", "7"] {
        let refused = store.scan(Some(cursor), 10).await;
        assert!(
            matches!(refused, Err(Error::Invalid(_))),
            "{cursor:?}: {refused:?}"
        );
    }
}

pub async fn versions_at_both_ends_of_their_range_are_no_fault(store: &dyn EventStore) {
    let history = History::long(&account("ACC-1"), 2, 3).stored(store).await;
    let all = history.commits.len();
    for version in [0, 7, 8, 1 << 48, 1 << 63, Version::MAX - 1, Version::MAX] {
        let after = store.commits(&history.account, version, 10).await.unwrap();
        let expected = if version == 0 { all } else { 0 };
        assert_eq!(after.commits.len(), expected, "after {version}");
        let before = store.commits_backwards(&history.account, version, 10).await;
        let expected = if version == 0 { 0 } else { all };
        assert_eq!(before.unwrap().commits.len(), expected, "before {version}");
    }
}
