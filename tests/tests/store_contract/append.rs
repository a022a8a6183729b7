//! What is written together, or not at all.

use domain::Commit;
use futures::future::join_all;

use handlers::ports::{Appended, CommitPage, EventStore, IdempotencyRecord, ReversalMark};
use serde_json::json;

use crate::history::{History, account, all, deposited, opened, start};

fn used(commit: &Commit) -> IdempotencyRecord {
    IdempotencyRecord {
        request_hash: commit.request_hash,
        first_version: commit.first_version,
        hash: commit.hash,
        event_types: commit
            .events
            .iter()
            .map(|event| event.event_type.clone())
            .collect(),
    }
}

pub async fn an_account_that_was_never_opened_has_nothing(store: &dyn EventStore) {
    let nobody = account("NOBODY");
    let empty = CommitPage {
        commits: Vec::new(),
        next: None,
    };
    assert_eq!(store.head(&nobody).await.unwrap(), None);
    assert_eq!(store.commits(&nobody, 0, 10).await.unwrap(), empty);
    assert_eq!(store.commits(&nobody, 7, 10).await.unwrap(), empty);
    assert_eq!(
        store.commits_backwards(&nobody, 1 << 48, 10).await.unwrap(),
        empty
    );
    assert_eq!(store.commit_holding(&nobody, 1).await.unwrap(), None);
    assert_eq!(
        store
            .used_key(&nobody, &"key".parse().unwrap())
            .await
            .unwrap(),
        None
    );
    let event = History::of(&nobody).event(1);
    assert_eq!(store.reversed_by(&nobody, event).await.unwrap(), None);
    assert_eq!(store.scan(None, 10).await.unwrap(), empty);
}

pub async fn what_was_appended_comes_back_as_it_was(store: &dyn EventStore) {
    let full = json!({
        "type": "MoneyWithdrawn",
        // Finer than a microsecond: what happened is not ours to round.
        "occurred_at": "2026-11-22T09:30:00.123456789Z",
        "data": {
            "amount": "0.01", "currency": "EUR", "channel": "atm", "counterparty": "Zoë & Söhne \"GmbH\"",
            "reference": "𝟙 <b> \u{202e}", "value_date": "2026-11-23",
        },
    });
    let mut history =
        History::of(&account("ACC-1")).and(vec![opened(), full.clone(), deposited("salary")]);
    for number in 0..3 {
        assert_eq!(
            store.head(&history.account).await.unwrap().is_some(),
            number > 0
        );
        let commit = history.commits.last().unwrap();
        assert_eq!(store.append(commit, &[]).await.unwrap(), Appended::Done);
        assert_eq!(
            store.head(&history.account).await.unwrap(),
            Some(commit.tip())
        );
        assert_eq!(
            store
                .used_key(&history.account, &commit.idempotency_key)
                .await
                .unwrap(),
            Some(used(commit))
        );
        history = history.and(vec![full.clone()]);
    }
    let stored = all(store, &history.account, 100).await;
    assert_eq!(stored, history.commits[..3]);
    for commit in &stored {
        assert_eq!(commit.compute_hash(), commit.hash);
    }
}

pub async fn whether_anybody_is_told_comes_back_as_it_was(store: &dyn EventStore) {
    let history = History::of(&account("ACC-LOADED"))
        .and(vec![opened()])
        .and_loaded(vec![deposited("one")])
        .and_loaded(vec![deposited("many"); 25])
        .and(vec![deposited("told")])
        .stored(store)
        .await;
    let found = all(store, &history.account, 10).await;
    let told: Vec<bool> = found.iter().map(|commit| commit.notify).collect();
    assert_eq!(told, [true, false, false, true]);
    assert_eq!(found, history.commits);
}

pub async fn a_version_is_taken_once_and_the_one_who_has_it_is_told(store: &dyn EventStore) {
    let history = History::long(&account("ACC-1"), 1, 1).stored(store).await;
    let mut behind = history.clone();
    behind.head = Some(history.commits[0].head());
    let late = behind.next("late", vec![deposited("late")], start());
    let taken = store.append(&late, &[]).await.unwrap();
    assert_eq!(
        taken,
        Appended::VersionConflict(Some(Box::new(history.commits[1].clone())))
    );
    assert_eq!(all(store, &history.account, 100).await, history.commits);
}

pub async fn a_used_key_tells_what_it_led_to_before_the_version_is_looked_at(
    store: &dyn EventStore,
) {
    let history = History::long(&account("ACC-1"), 2, 3).stored(store).await;
    let first = &history.commits[1];
    // The very same commit: its version is taken, too, and that says less.
    assert_eq!(
        store.append(first, &[]).await.unwrap(),
        Appended::KeyUsed(used(first))
    );
    // The same key at a free version, with the same and with another body.
    for reference in ["salary", "another"] {
        let again = history.next("commit-1", vec![deposited(reference); 3], start());
        assert_eq!(
            store.append(&again, &[]).await.unwrap(),
            Appended::KeyUsed(used(first))
        );
    }
    let last = store.head(&history.account).await.unwrap();
    assert_eq!(last, history.commits.last().map(Commit::tip));
}

pub async fn a_key_belongs_to_one_account(store: &dyn EventStore) {
    for name in ["ACC-1", "ACC-2"] {
        let history = History::of(&account(name))
            .and(vec![opened()])
            .stored(store)
            .await;
        let key = &history.commits[0].idempotency_key;
        assert_eq!(
            store.used_key(&history.account, key).await.unwrap(),
            Some(used(&history.commits[0]))
        );
    }
}

pub async fn nothing_of_a_refused_append_is_left(store: &dyn EventStore) {
    let history = History::long(&account("ACC-1"), 2, 1).stored(store).await;
    let mark = |version, by| ReversalMark {
        reversed: history.event(version),
        by: history.event(by),
    };

    // The version is taken: neither key nor mark is kept.
    let mut behind = history.clone();
    behind.head = Some(history.commits[0].head());
    let late = behind.next("late", vec![deposited("late")], start());
    let refused = store.append(&late, &[mark(2, 9)]).await.unwrap();
    assert!(
        matches!(refused, Appended::VersionConflict(Some(_))),
        "{refused:?}"
    );
    assert_eq!(
        store
            .used_key(&history.account, &late.idempotency_key)
            .await
            .unwrap(),
        None
    );
    assert_eq!(
        store
            .reversed_by(&history.account, history.event(2))
            .await
            .unwrap(),
        None
    );

    // The key is used: neither commit nor mark is kept.
    let again = history.next("commit-1", vec![deposited("again")], start());
    let refused = store.append(&again, &[mark(2, 4)]).await.unwrap();
    assert!(matches!(refused, Appended::KeyUsed(_)), "{refused:?}");
    assert_eq!(
        store
            .reversed_by(&history.account, history.event(2))
            .await
            .unwrap(),
        None
    );
    assert_eq!(
        store.commit_holding(&history.account, 4).await.unwrap(),
        None
    );

    // One of two marks is there: neither commit, nor key, nor the other mark is kept.
    let reversal = history.next("reversal", vec![deposited("reversal")], start());
    assert_eq!(
        store.append(&reversal, &[mark(2, 4)]).await.unwrap(),
        Appended::Done
    );
    let mut history = history;
    history.push(reversal);
    let second = history.next("second", vec![deposited("second")], start());
    let mark = |version, by| ReversalMark {
        reversed: history.event(version),
        by: history.event(by),
    };
    let refused = store
        .append(&second, &[mark(3, 5), mark(2, 5)])
        .await
        .unwrap();
    assert_eq!(refused, Appended::ReversedMeanwhile);
    assert_eq!(
        store.commit_holding(&history.account, 5).await.unwrap(),
        None
    );
    assert_eq!(
        store
            .used_key(&history.account, &second.idempotency_key)
            .await
            .unwrap(),
        None
    );
    assert_eq!(
        store
            .reversed_by(&history.account, history.event(3))
            .await
            .unwrap(),
        None
    );

    assert_eq!(all(store, &history.account, 100).await, history.commits);
    assert_eq!(
        store.scan(None, 100).await.unwrap().commits,
        history.commits
    );
}

pub async fn an_event_is_reversed_once_for_ever(store: &dyn EventStore) {
    let mut history = History::long(&account("ACC-1"), 1, 24).stored(store).await;
    // As many as one commit can reverse.
    let reversal = history.next("reversal", vec![deposited("reversal"); 24], start());
    let marks: Vec<ReversalMark> = (2..=25)
        .map(|version| ReversalMark {
            reversed: history.event(version),
            by: history.event(version + 24),
        })
        .collect();
    assert_eq!(
        store.append(&reversal, &marks).await.unwrap(),
        Appended::Done
    );
    history.push(reversal);
    for mark in &marks {
        assert_eq!(
            store
                .reversed_by(&history.account, mark.reversed)
                .await
                .unwrap(),
            Some(mark.by)
        );
    }
    assert_eq!(
        store
            .reversed_by(&history.account, history.event(1))
            .await
            .unwrap(),
        None
    );
    // The same event of another account is another event.
    let other = History::of(&account("ACC-2"));
    assert_eq!(
        store
            .reversed_by(&other.account, history.event(2))
            .await
            .unwrap(),
        None
    );
    let again = history.next("again", vec![deposited("again")], start());
    assert_eq!(
        store.append(&again, &marks[23..]).await.unwrap(),
        Appended::ReversedMeanwhile
    );
    // A mark is no key of a caller's.
    let name: Result<domain::IdempotencyKey, _> =
        format!("reversal of {}", history.event(2)).parse();
    assert!(name.is_err());
}

pub async fn of_many_writers_at_once_one_wins(store: &dyn EventStore) {
    let history = History::of(&account("ACC-1"))
        .and(vec![opened()])
        .stored(store)
        .await;
    let commits: Vec<Commit> = (0..16)
        .map(|number| {
            history.next(
                &format!("writer-{number}"),
                vec![deposited("race")],
                start(),
            )
        })
        .collect();
    let appended = join_all(commits.iter().map(|commit| store.append(commit, &[]))).await;
    let winners: Vec<&Commit> = commits
        .iter()
        .zip(&appended)
        .filter_map(|(commit, appended)| matches!(appended, Ok(Appended::Done)).then_some(commit))
        .collect();
    assert_eq!(winners.len(), 1, "{appended:?}");
    for (commit, appended) in commits.iter().zip(appended) {
        let key = store
            .used_key(&history.account, &commit.idempotency_key)
            .await
            .unwrap();
        assert_eq!(key.is_some(), commit == winners[0]);
        match appended.unwrap() {
            Appended::Done | Appended::VersionConflict(None) => {}
            Appended::VersionConflict(Some(taken)) => assert_eq!(*taken, *winners[0]),
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(
        store.head(&history.account).await.unwrap(),
        Some(winners[0].tip())
    );
}
