//! The schedules as they stand, and what is due.

use chrono::TimeDelta;
use domain::{OccurrenceSkipReason, Schedule, ScheduleId};
use handlers::ports::{DUE_SHARDS, Due, LastRun, Saved, ScheduleRow, Schedules, Versioned};
use serde_json::json;

use crate::history::{account, start};

fn id(text: &str) -> ScheduleId {
    text.parse().unwrap()
}

fn row(account_id: &str, schedule_id: &str) -> ScheduleRow {
    let body = json!({
        "operation": { "type": "MoneyWithdrawn",
            "data": { "amount": "850.00", "currency": "EUR", "reference": "Loyer – novembre" } },
        "when": { "cron": "cron(0 9 1 * ? *)" },
        "time_zone": "Europe/Paris",
        "end": "2030-01-01T00:00:00Z",
    });
    ScheduleRow {
        account_id: account(account_id),
        schedule_id: id(schedule_id),
        schedule: Some(Schedule::read(body).unwrap()),
        version: 2,
        created_at: start(),
        next_at: Some(start() + TimeDelta::hours(1)),
        last: None,
        parked: None,
    }
}

/// Writes the row over the revision that was read.
async fn save(store: &dyn Schedules, value: ScheduleRow, revision: u64) -> Saved {
    store.save(&Versioned { value, revision }).await.unwrap()
}

async fn all_due(store: &dyn Schedules, hours: i64) -> Vec<Due> {
    let mut all = Vec::new();
    for slice in 0..DUE_SHARDS {
        let now = start() + TimeDelta::hours(hours);
        all.extend(store.due(slice, now, 100).await.unwrap());
    }
    all.sort();
    all
}

pub async fn a_schedule_is_written_only_over_the_revision_before_it(store: &dyn Schedules) {
    let first = row("ACC-1", "rent");
    let get = || async {
        store
            .get(&first.account_id, &first.schedule_id)
            .await
            .unwrap()
    };
    let stored = |value: &ScheduleRow, revision| {
        Some(Versioned {
            value: value.clone(),
            revision,
        })
    };
    assert_eq!(get().await, None);
    assert_eq!(save(store, first.clone(), 1).await, Saved::Stale);
    assert_eq!(save(store, first.clone(), 0).await, Saved::Written);
    assert_eq!(save(store, first.clone(), 0).await, Saved::Stale);
    assert_eq!(get().await, stored(&first, 1));
    let second = ScheduleRow {
        next_at: Some(start() + TimeDelta::hours(2)),
        last: Some(LastRun {
            occurrence: start() + TimeDelta::hours(1),
            version: 3,
            skipped: Some(OccurrenceSkipReason::InsufficientFunds),
        }),
        ..first.clone()
    };
    assert_eq!(save(store, second.clone(), 1).await, Saved::Written);
    assert_eq!(save(store, first.clone(), 1).await, Saved::Stale);
    assert_eq!(get().await, stored(&second, 2));
    let cancelled = ScheduleRow {
        schedule: None,
        next_at: None,
        version: 4,
        ..second
    };
    assert_eq!(save(store, cancelled.clone(), 2).await, Saved::Written);
    assert_eq!(get().await, stored(&cancelled, 3));
}

pub async fn what_is_due_is_found_by_its_time_the_longest_due_first(store: &dyn Schedules) {
    let mut rows = Vec::new();
    for number in 0..40_i64 {
        let mut row = row("ACC-1", &format!("s-{number}"));
        row.next_at = Some(start() + TimeDelta::hours(40 - number));
        assert_eq!(save(store, row.clone(), 0).await, Saved::Written);
        rows.push(row);
    }
    let slices: std::collections::BTreeSet<u8> = rows.iter().map(ScheduleRow::slice).collect();
    assert_eq!(slices.len(), usize::from(DUE_SHARDS), "all lanes are used");
    assert_eq!(all_due(store, 0).await, []);
    assert_eq!(all_due(store, 40).await.len(), 40);
    let due = all_due(store, 10).await;
    assert_eq!(due.len(), 10);
    assert_eq!(due[0].schedule_id, id("s-39"));
    assert_eq!(due[0].next_at, start() + TimeDelta::hours(1));
    for slice in slices {
        let now = start() + TimeDelta::hours(40);
        let page = store.due(slice, now, 3).await.unwrap();
        let all = store.due(slice, now, 100).await.unwrap();
        assert_eq!(page, all[..3.min(all.len())]);
        assert!(all.is_sorted(), "{all:?}");
    }
    // What is over is due no more.
    for row in &rows {
        let over = ScheduleRow {
            next_at: None,
            ..row.clone()
        };
        assert_eq!(save(store, over, 1).await, Saved::Written);
    }
    assert_eq!(all_due(store, 40).await, []);
}

pub async fn a_parked_schedule_is_due_no_more_until_it_is_written_anew(store: &dyn Schedules) {
    let first = row("ACC-1", "rent");
    assert_eq!(save(store, first.clone(), 0).await, Saved::Written);
    let due = all_due(store, 1).await.remove(0);
    let moved = Due {
        next_at: due.next_at + TimeDelta::seconds(1),
        ..due.clone()
    };
    assert!(!store.park(&moved, "at another time").await.unwrap());
    assert!(store.park(&due, "the balance is full").await.unwrap());
    assert!(!store.park(&due, "twice").await.unwrap());
    assert_eq!(all_due(store, 1).await, []);
    let parked = store.get(&first.account_id, &first.schedule_id).await;
    let parked = parked.unwrap().unwrap();
    let expected = Versioned {
        value: ScheduleRow {
            parked: Some("the balance is full".to_owned()),
            ..first.clone()
        },
        revision: 2,
    };
    assert_eq!(parked, expected);
    assert_eq!(save(store, parked.value, 2).await, Saved::Written);
    assert_eq!(all_due(store, 1).await, [], "still parked");
    assert_eq!(save(store, first, 3).await, Saved::Written);
    assert_eq!(all_due(store, 1).await, std::slice::from_ref(&due));
    let nobody = Due {
        schedule_id: id("nobody"),
        ..due
    };
    assert!(!store.park(&nobody, "not there").await.unwrap());
}

pub async fn an_accounts_schedules_are_listed_page_by_page(store: &dyn Schedules) {
    for name in ["b", "a", "d", "c", "e"] {
        for account in ["ACC-1", "ACC-2"] {
            let saved = save(store, row(account, name), 0).await;
            assert_eq!(saved, Saved::Written);
        }
    }
    for limit in [1, 2, 100] {
        let mut names = Vec::new();
        let mut cursor: Option<String> = None;
        loop {
            let (page, next) = store
                .of_account(&account("ACC-1"), cursor.as_deref(), limit)
                .await
                .unwrap();
            assert!(page.len() <= limit);
            assert!(page.iter().all(|row| row.account_id == account("ACC-1")));
            names.extend(page.into_iter().map(|row| row.schedule_id.to_string()));
            cursor = next;
            if cursor.is_none() {
                break;
            }
        }
        assert_eq!(names, ["a", "b", "c", "d", "e"], "limit {limit}");
    }
}
