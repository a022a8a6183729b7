//! The list of all replays.

use std::time::Duration;

use handlers::composition::Composition;
use handlers::ports::{Replays, Versioned};
use handlers::replay::{Progress, ReplayPosition};
use serde_json::{Value, json};
use tests::world::{World, account};

use crate::given::{LONG, request, told, work};

/// Requests a rebuild, a second after the one before.
async fn rebuild(world: &World) -> String {
    world.clock.advance(Duration::from_secs(1));
    request(world, json!({ "kind": "projections" })).await
}

/// All pages of this size.
async fn pages(world: &World, state: Option<Progress>, limit: usize) -> Vec<Value> {
    let mut listed = Vec::new();
    let mut after: Option<ReplayPosition> = None;
    loop {
        let (page, next) = (world.replayer())
            .list(state, after.as_ref(), limit)
            .await
            .unwrap();
        assert!(page.len() <= limit);
        listed.extend(page);
        after = next;
        if after.is_none() {
            return listed;
        }
    }
}

fn ids(listed: &[Value]) -> Vec<&str> {
    listed
        .iter()
        .map(|replay| replay["replay_id"].as_str().unwrap())
        .collect()
}

#[tokio::test]
async fn replays_are_listed_newest_requested_first_and_by_their_state() {
    let world = told().await;
    let mut requested = Vec::new();
    for _ in 0..2 {
        requested.push(rebuild(&world).await);
    }
    work(&world, LONG).await;
    for _ in 0..2 {
        requested.push(rebuild(&world).await);
    }
    requested.reverse();
    for limit in [1, 3, 4, 100] {
        assert_eq!(ids(&pages(&world, None, limit).await), requested, "{limit}");
        let waiting = pages(&world, Some(Progress::Requested), limit).await;
        assert_eq!(ids(&waiting), requested[..2], "{limit}");
        let done = pages(&world, Some(Progress::Done), limit).await;
        assert_eq!(ids(&done), requested[2..], "{limit}");
    }
    assert_eq!(
        pages(&world, Some(Progress::Failed), 1).await,
        [json!(null); 0]
    );
    let one = &pages(&world, None, 100).await[0];
    let shown = world.replayer().get(&requested[0]).await.unwrap();
    assert_eq!(*one, shown);
}

#[tokio::test]
async fn a_listed_replay_has_the_counts_of_its_differences_and_not_the_differences() {
    let world = told().await;
    world.read_model.tamper(&account(1), None);
    let id = rebuild(&world).await;
    work(&world, LONG).await;
    let alone = world.replayer().get(&id).await.unwrap();
    assert_eq!(alone["result"]["missing"], json!(["ACC-1"]));
    let listed = pages(&world, None, 10).await;
    let mut expected = alone;
    for list in ["missing", "differing"] {
        expected["result"].as_object_mut().unwrap().remove(list);
    }
    assert_eq!(listed, [expected]);
    assert_eq!(listed[0]["result"]["missing_count"], 1);
}

#[tokio::test]
async fn a_job_whose_time_only_its_document_has_is_listed_in_its_place() {
    let world = told().await;
    let newest = rebuild(&world).await;
    let mut job = world.replays.load(&newest).await.unwrap().unwrap();
    job.value.replay_id = "older".to_owned();
    job.value.document["replay_id"] = json!("older");
    job.value.document["requested_at"] = json!("2026-01-01T00:00:00Z");
    let older = Versioned::new(job.value);
    assert!(world.replays.save(&older).await.unwrap().is_written());
    world.replays.forget_time("older");
    assert_eq!(ids(&pages(&world, None, 1).await), [&newest, "older"]);
}
