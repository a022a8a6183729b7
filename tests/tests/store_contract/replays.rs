//! Replays and their shadows.

use std::collections::BTreeSet;

use domain::time::format_time;
use handlers::ports::{ReplacedRow, ReplayJob, ReplayKey, Replays, Saved, ShadowRow, Versioned};
use serde_json::json;

use crate::history::{History, account, start};

/// The job as it is stored at this revision.
fn job(revision: u64) -> ReplayJob {
    ReplayJob {
        replay_id: "replay-1".to_owned(),
        document: json!({ "state": "running", "progress": { "events": revision }, "result": null, "list": [] }),
        cursor: (revision > 1).then(|| "{\"build\":null}".to_owned()),
    }
}

fn shadow(number: usize) -> ShadowRow {
    let account_id = account(&format!("ACC-{number}"));
    let head = History::long(&account_id, 1, 2).head.unwrap();
    ShadowRow {
        account_id,
        replaced: number.is_multiple_of(2).then(|| ReplacedRow {
            head: head.clone(),
            updated_at: start(),
        }),
        head,
        updated_at: start(),
    }
}

/// Writes the job of the revision after the one that was read.
async fn save(store: &dyn Replays, read: u64) -> Saved {
    let next = Versioned {
        value: job(read + 1),
        revision: read,
    };
    store.save(&next).await.unwrap()
}

async fn load(store: &dyn Replays) -> Option<(ReplayJob, u64)> {
    let stored = store.load("replay-1").await.unwrap();
    stored.map(|stored| (stored.value, stored.revision))
}

pub async fn a_job_is_written_only_over_the_revision_before_it(store: &dyn Replays) {
    assert_eq!(load(store).await, None);
    assert_eq!(save(store, 1).await, Saved::Stale, "over nothing");
    for read in 0..3 {
        assert_eq!(save(store, read).await, Saved::Written);
        assert_eq!(save(store, read).await, Saved::Stale, "two over one");
        assert_eq!(load(store).await, Some((job(read + 1), read + 1)));
    }
    assert_eq!(save(store, 4).await, Saved::Stale, "a revision left out");
    assert_eq!(store.load("replay-2").await.unwrap(), None);
}

pub async fn all_replays_are_listed_whatever_was_written_of_them(store: &dyn Replays) {
    assert_eq!(store.list().await.unwrap(), []);
    let mut expected = Vec::new();
    for number in 1..=30 {
        let replay_id = format!("replay-{number:02}");
        let requested_at = (number > 1).then(|| start() + chrono::TimeDelta::seconds(number));
        let mut document = json!({ "state": "running" });
        if let Some(requested_at) = requested_at {
            document["requested_at"] = json!(format_time(requested_at));
        }
        for revision in 0..number.min(3) {
            let job = Versioned {
                value: ReplayJob {
                    replay_id: replay_id.clone(),
                    document: document.clone(),
                    cursor: None,
                },
                revision: revision.unsigned_abs(),
            };
            assert_eq!(store.save(&job).await.unwrap(), Saved::Written);
        }
        // Their rows are none of them.
        store.save_shadow(&replay_id, &[shadow(1)]).await.unwrap();
        expected.push(ReplayKey {
            replay_id,
            requested_at,
        });
    }
    let mut listed = store.list().await.unwrap();
    listed.sort_by(|one, other| one.replay_id.cmp(&other.replay_id));
    assert_eq!(listed, expected);
}

pub async fn a_shadow_is_listed_page_by_page_and_belongs_to_its_replay(store: &dyn Replays) {
    assert_eq!(save(store, 0).await, Saved::Written);
    store.save_shadow("replay-1", &[]).await.unwrap();
    // More than one batch of writes, and some of them again.
    let rows: Vec<ShadowRow> = (0..60).map(shadow).collect();
    store.save_shadow("replay-1", &rows[..55]).await.unwrap();
    store.save_shadow("replay-1", &rows[50..]).await.unwrap();
    store.save_shadow("replay-2", &rows[..1]).await.unwrap();
    for limit in [7, 60, 1000] {
        let mut listed = Vec::new();
        let mut cursor: Option<String> = None;
        loop {
            let (page, next) = store
                .shadow("replay-1", cursor.as_deref(), limit)
                .await
                .unwrap();
            listed.extend(page);
            cursor = next;
            if cursor.is_none() {
                break;
            }
        }
        let accounts: BTreeSet<_> = listed.iter().map(|row| row.account_id.clone()).collect();
        assert_eq!((listed.len(), accounts.len()), (60, 60), "limit {limit}");
        assert!(listed.iter().all(|row| rows.contains(row)));
    }
    assert_eq!(
        store.shadow("replay-2", None, 10).await.unwrap(),
        (vec![shadow(0)], None)
    );
    // The shadow is not the job.
    assert_eq!(load(store).await, Some((job(1), 1)));
}
