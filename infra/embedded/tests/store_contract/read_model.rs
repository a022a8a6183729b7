//! The read model.

use std::collections::BTreeSet;

use handlers::ports::{Parked, ReadModel, ReadModelRow};
use projections::Balance;

use crate::history::{History, account, start};

fn row(name: &str, revision: u64) -> ReadModelRow {
    let account_id = account(name);
    let history = History::long(&account_id, 2, 3);
    let balance = history.commits.iter().fold(None, |before, commit| {
        Some(Balance::after(before.as_ref(), commit).unwrap())
    });
    ReadModelRow {
        account_id,
        revision,
        balance,
        parked: None,
    }
}

pub async fn a_row_is_written_only_over_the_revision_that_was_read(store: &dyn ReadModel) {
    let first = row("ACC-1", 1);
    assert_eq!(store.load(&first.account_id).await.unwrap(), None);
    assert!(
        !store.save(&row("ACC-1", 2), Some(1)).await.unwrap(),
        "over nothing"
    );
    assert_eq!(store.load(&first.account_id).await.unwrap(), None);
    assert!(store.save(&first, None).await.unwrap());
    assert_eq!(
        store.load(&first.account_id).await.unwrap().as_ref(),
        Some(&first)
    );
    assert!(
        !store.save(&first, None).await.unwrap(),
        "a second first one"
    );

    let parked = Some(Parked {
        reason: "the hash at version 3".to_owned(),
        at: start(),
        turned_away: 7,
    });
    let second = ReadModelRow {
        parked,
        ..row("ACC-1", 2)
    };
    assert!(store.save(&second, Some(1)).await.unwrap());
    assert!(
        !store.save(&row("ACC-1", 2), Some(1)).await.unwrap(),
        "two of one revision"
    );
    assert_eq!(store.load(&first.account_id).await.unwrap(), Some(second));
    // Taken up again, and nothing of the mark stays.
    assert!(store.save(&row("ACC-1", 3), Some(2)).await.unwrap());
    assert_eq!(
        store.load(&first.account_id).await.unwrap(),
        Some(row("ACC-1", 3))
    );

    let parked = Some(Parked {
        reason: "its very first commit".to_owned(),
        at: start(),
        turned_away: 7,
    });
    let never = ReadModelRow {
        balance: None,
        parked,
        ..row("ACC-2", 1)
    };
    assert!(store.save(&never, None).await.unwrap());
    assert_eq!(store.load(&never.account_id).await.unwrap(), Some(never));
}

pub async fn rows_are_listed_page_by_page(store: &dyn ReadModel) {
    let names: Vec<String> = (0..23).map(|number| format!("ACC-{number}")).collect();
    for name in &names {
        assert!(store.save(&row(name, 1), None).await.unwrap());
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
