//! The index of the accounts. Each function takes the index and the read model, which are one store.

use domain::EventId;
use handlers::ports::{AccountIndex, AccountLookup, ReadModel, Saved, Versioned, ending_of};

use crate::history::account;
use crate::read_model::row;

async fn save(store: &impl ReadModel, names: &[&str]) {
    for name in names {
        assert_eq!(store.save(&row(name, 0)).await, Ok(Saved::Written));
    }
}

/// Reads all pages.
async fn found(store: &impl AccountIndex, by: AccountLookup) -> Vec<String> {
    let (mut all, mut cursor) = (Vec::new(), None);
    loop {
        let (page, next) = store.find(&by, cursor.as_deref(), 2).await.unwrap();
        assert!(page.len() <= 2);
        all.extend(page.iter().map(ToString::to_string));
        if next.is_none() {
            all.sort();
            return all;
        }
        cursor = next;
    }
}

pub async fn accounts_are_found_by_the_whole_id_and_by_its_end_however_they_are_written(
    store: &(impl AccountIndex + ReadModel),
) {
    save(
        store,
        &[
            "DE89-3704.6828",
            "x_46828",
            "DE-6827",
            "6828",
            "7",
            "de89:3704_6828",
        ],
    )
    .await;
    let id = |id: &str| AccountLookup::Id(id.to_owned());
    let end = |end: &str| AccountLookup::Ending(end.to_owned());
    let both = ["DE89-3704.6828", "de89:3704_6828"];
    assert_eq!(found(store, id("DE8937046828")).await, both);
    assert_eq!(found(store, id("6828")).await, ["6828"]);
    assert_eq!(found(store, id("7")).await, ["7"]);
    assert_eq!(found(store, id("DE89")).await, [""; 0]);
    let ends = ["6828", "DE89-3704.6828", "de89:3704_6828", "x_46828"];
    assert_eq!(found(store, end("6828")).await, ends);
    assert_eq!(found(store, end("7")).await, ["7"]);
}

pub async fn an_account_is_found_by_any_of_its_events_and_by_its_holder(
    store: &(impl AccountIndex + ReadModel),
) {
    save(store, &["ACC-1", "ACC-2", "ACC-3"]).await;
    for version in [1, 7, (1 << 48) - 1] {
        let event = EventId::new(&account("ACC-2"), version);
        assert_eq!(found(store, AccountLookup::Event(event)).await, ["ACC-2"]);
    }
    let other = EventId::new(&account("ACC-4"), 1);
    assert_eq!(found(store, AccountLookup::Event(other)).await, [""; 0]);
    let holder = |id: &str| AccountLookup::Customer(id.parse().unwrap());
    assert_eq!(
        found(store, holder("ana")).await,
        ["ACC-1", "ACC-2", "ACC-3"]
    );
    assert_eq!(found(store, holder("ben")).await, [""; 0]);
}

pub async fn a_row_that_is_written_again_is_found_once(store: &(impl AccountIndex + ReadModel)) {
    save(store, &["ACC-1"]).await;
    for revision in 1..4 {
        let read: Versioned<_> = store.load(&account("ACC-1")).await.unwrap().unwrap();
        assert_eq!(read.revision, revision);
        assert_eq!(store.save(&read).await, Ok(Saved::Written));
    }
    let ending = AccountLookup::Ending(ending_of("ACC1").to_owned());
    assert_eq!(found(store, ending).await, ["ACC-1"]);
}
