//! All stores, given the same history, hold the same.

use std::sync::Arc;

use peers::adapter::Adapter;
use peers::dynamo_es::{DynamoEs, Source};
use peers::ledgerbell::Ledgerbell;
use peers::workloads::{APPENDS, History, Read, Shared, append, read};
use peers::{Loaded, Store};

/// What cqrs-es 0.5.0 keeps as a snapshot has the events of its commit in it twice: see the last test.
fn counts_twice(store: &Shared) -> bool {
    ["dynamo-es, snapshots", "dynamo-es, aggregates"].contains(&store.name())
}

async fn stores() -> Vec<Shared> {
    vec![
        Arc::new(Ledgerbell::start().await.unwrap()),
        Arc::new(DynamoEs::start(Source::Events).await.unwrap()),
        Arc::new(DynamoEs::start(Source::Snapshots).await.unwrap()),
        Arc::new(DynamoEs::start(Source::Aggregate).await.unwrap()),
        Arc::new(Adapter::start().await.unwrap()),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_history_leaves_the_same_balances_however_it_is_read() {
    let history = History::of(2_000);
    let names = history.names();
    for store in stores().await {
        history.write(&store, 10).await.unwrap();
        let of = |events: usize| Loaded {
            events: events as u64,
            balance: (0..events as i64 - 1).map(|number| number % 100 + 1).sum(),
        };
        for (account, events) in &history.accounts[..2] {
            let folded = read(&store, Read::Fold(account)).await.unwrap().loaded;
            assert_eq!(folded, of(*events), "{}", store.name());
            if !counts_twice(&store) {
                let loaded = read(&store, Read::Load(account)).await.unwrap().loaded;
                assert_eq!(loaded.balance, of(*events).balance, "{}", store.name());
            }
        }
        let replayed = read(&store, Read::Replay(&names)).await.unwrap().loaded;
        let balance = history
            .accounts
            .iter()
            .map(|(_, events)| of(*events).balance)
            .sum();
        assert_eq!(
            replayed,
            Loaded {
                events: 2_000,
                balance
            },
            "{}",
            store.name()
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_writers_on_one_account_none_loses_a_deposit() {
    let work = APPENDS.into_iter().find(|work| !work.own_accounts).unwrap();
    for store in stores().await {
        let sample = append(&store, 0, work, 60).await.unwrap();
        let loaded = store.fold("20-1-0-shared").await.unwrap();
        assert_eq!(
            loaded.balance,
            sample.events as i64 * 245,
            "{}",
            store.name()
        );
        assert_eq!(sample.events as u64, 60);
    }
}

/// DynamoDB's rules: a KB begun is a unit, twice in a transaction; an event of these is below one.
#[tokio::test(flavor = "multi_thread")]
async fn write_units_are_told_by_dynamodbs_rules() {
    let work = APPENDS[0];
    let mut told = Vec::new();
    for store in stores().await {
        let sample = append(&store, 0, work, 20).await.unwrap();
        told.push((
            store.name(),
            sample.spent.write_units / 20.0,
            sample.spent.requests / 20,
        ));
    }
    assert_eq!(
        told,
        [
            // Commit and key, twice 1 each, and 1 for the index by time.
            ("ledgerbell", 5.0, 1),
            ("dynamo-es, events alone", 2.0, 2),
            // The snapshot is not due yet.
            ("dynamo-es, snapshots", 2.0, 3),
            ("dynamo-es, aggregates", 4.0, 2),
            // The event in the journal, and again in the head.
            ("event-store-adapter-rs", 4.0, 1),
        ]
    );
}

/// `EventSink::write` applies an event to the aggregate, and the commit applies it again to the one that it keeps. When
/// this fails, a new version has mended it: say so in the report, and drop `counts_twice`.
#[tokio::test(flavor = "multi_thread")]
async fn the_aggregate_that_cqrs_es_keeps_has_the_events_of_its_commit_twice() {
    let store = DynamoEs::start(Source::Aggregate).await.unwrap();
    store.open("TWICE").await.unwrap();
    store.deposit("TWICE", &[245]).await.unwrap();
    assert_eq!(store.load("TWICE").await.unwrap().balance, 490);
    assert_eq!(store.fold("TWICE").await.unwrap().balance, 245);
}
