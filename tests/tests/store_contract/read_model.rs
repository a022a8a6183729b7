//! The read model.

use std::collections::BTreeSet;

use handlers::ports::{Parked, ReadModel, ReadModelRow, Saved, Versioned};
use projections::Balance;

use crate::history::{History, account, start};

/// A row that is to be written over this revision.
pub fn row(name: &str, revision: u64) -> Versioned<ReadModelRow> {
    let account_id = account(name);
    let history = History::long(&account_id, 2, 3);
    let balance = history.commits.iter().fold(None, |before, commit| {
        Some(Balance::after(before.as_ref(), commit).unwrap())
    });
    let value = ReadModelRow {
        account_id,
        balance,
        parked: None,
    };
    Versioned { value, revision }
}

pub async fn a_row_is_written_only_over_the_revision_that_was_read(store: &dyn ReadModel) {
    let first = row("ACC-1", 0);
    let load = async || store.load(&account("ACC-1")).await.unwrap();
    let save = async |row: &Versioned<ReadModelRow>| store.save(row).await.unwrap();
    assert_eq!(load().await, None);
    assert_eq!(save(&row("ACC-1", 1)).await, Saved::Stale, "over nothing");
    assert_eq!(load().await, None);
    assert_eq!(save(&first).await, Saved::Written);
    assert_eq!(load().await, Some(row("ACC-1", 1)));
    assert_eq!(save(&first).await, Saved::Stale, "a second first one");

    let parked = row("ACC-1", 1).map(|row| ReadModelRow {
        parked: Some(Parked {
            reason: "the hash at version 3".to_owned(),
            at: start(),
            turned_away: 7,
        }),
        ..row
    });
    assert_eq!(save(&parked).await, Saved::Written);
    assert_eq!(
        save(&row("ACC-1", 1)).await,
        Saved::Stale,
        "two over one revision"
    );
    assert_eq!(load().await, Some(parked.written()));
    // Taken up again, and nothing of the mark stays.
    assert_eq!(save(&row("ACC-1", 2)).await, Saved::Written);
    assert_eq!(load().await, Some(row("ACC-1", 3)));

    let never = row("ACC-2", 0).map(|row| ReadModelRow {
        balance: None,
        parked: Some(Parked {
            reason: "its very first commit".to_owned(),
            at: start(),
            turned_away: 7,
        }),
        ..row
    });
    assert_eq!(save(&never).await, Saved::Written);
    assert_eq!(
        store.load(&account("ACC-2")).await.unwrap(),
        Some(never.written())
    );
}

pub async fn rows_are_listed_page_by_page(store: &dyn ReadModel) {
    let names: Vec<String> = (0..23).map(|number| format!("ACC-{number}")).collect();
    for name in &names {
        let saved = store.save(&row(name, 0)).await.unwrap();
        assert_eq!(saved, Saved::Written);
    }
    for limit in [1, 5, 23, 100] {
        let mut listed = Vec::new();
        let mut cursor: Option<String> = None;
        loop {
            let (rows, next) = store.list(cursor.as_deref(), limit).await.unwrap();
            assert!(rows.len() <= limit);
            listed.extend(rows.into_iter().map(|row| row.account_id));
            cursor = next;
            if cursor.is_none() {
                break;
            }
        }
        assert_eq!(listed.len(), names.len(), "limit {limit}");
        assert_eq!(
            listed.iter().collect::<BTreeSet<_>>().len(),
            names.len(),
            "limit {limit}"
        );
    }
}
