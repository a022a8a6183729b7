//! Little time, small pages, workers that die.

use crate::given::*;
use handlers::composition::Composition;
use serde_json::json;
use std::collections::BTreeSet;
use std::time::Duration;
use tests::world::{Fault, account, deposited};

#[tokio::test]
async fn a_replay_in_pages_of_any_size_and_without_time_comes_to_the_same() {
    for page in 1..=5 {
        let world = told().await;
        world.store.cap_pages(page);
        world.read_model.tamper(&account(3), None);
        let id = request(&world, json!({ "kind": "projections" })).await;
        let worked = work(&world, Duration::ZERO).await;
        assert!(
            worked >= 12 / page,
            "pages of {page}: called {worked} times"
        );
        let document = world.replayer().get(&id).await.unwrap();
        assert_eq!(document["state"], "done");
        assert_eq!(
            document["progress"],
            json!({ "accounts": 4, "commits": 12, "events": 12 }),
            "pages of {page}"
        );
        assert_eq!(
            (&document["result"]["equal"], &document["result"]["missing"]),
            (&json!(3), &json!(["ACC-3"])),
            "pages of {page}"
        );
        assert_eq!(
            document["result"]["control_totals"]["EUR"]["balance"],
            "42.00"
        );
    }
}

#[tokio::test]
async fn a_worker_that_dies_anywhere_is_followed_by_one_that_finishes() {
    let steps = {
        let world = told().await;
        world.store.cap_pages(3);
        request(&world, json!({ "kind": "projections", "switch": true })).await;
        world.faults.forget_trace();
        work(&world, LONG).await;
        world.faults.trace().len()
    };
    for step in 0..steps {
        for fault in [Fault::StopBefore, Fault::StopAfter] {
            let world = told().await;
            world.store.cap_pages(3);
            world.read_model.tamper(&account(2), None);
            let id = request(&world, json!({ "kind": "projections", "switch": true })).await;
            let call = calls(&world).remove(0);
            world.faults.at_call(step, fault.clone());
            let died = world
                .faults
                .until_crash(world.replayer().deliver(&call.detail, LONG))
                .await;
            world.faults.clear();
            // What called it is delivered again, as the function did not end.
            world.bus.wait_again(call);
            work(&world, LONG).await;
            let document = world.replayer().get(&id).await.unwrap();
            let what = format!("step {step} {fault:?}, died {}", died.is_none());
            assert_eq!(document["state"], "done", "{what}");
            assert_eq!(
                document["result"]["control_totals"],
                json!({ "EUR": { "accounts": 4, "balance": "42.00" } }),
                "{what}"
            );
            let last = world.store.of(&account(2)).pop().unwrap();
            assert_eq!(
                world
                    .read_model
                    .row(&account(2))
                    .unwrap()
                    .value
                    .balance
                    .unwrap()
                    .head,
                last.head(),
                "{what}"
            );
        }
    }
}

#[tokio::test]
async fn a_finished_replay_that_is_called_again_does_nothing() {
    let world = told().await;
    let body = json!({ "kind": "events", "from": "2026-11-22T00:00:00Z", "to": "2026-11-23T00:00:00Z", "target": "analytics" });
    request(&world, body).await;
    let call = calls(&world).remove(0);
    world.replayer().deliver(&call.detail, LONG).await.unwrap();
    let published = world.bus.published().len();
    world.replayer().deliver(&call.detail, LONG).await.unwrap();
    assert_eq!(world.bus.published().len(), published);
}

#[tokio::test]
async fn a_worker_that_dies_while_it_publishes_leaves_no_event_out() {
    let range = json!({ "kind": "events", "from": "2026-11-22T00:00:00Z", "to": "2026-11-23T00:00:00Z", "target": "analytics" });
    let steps = {
        let world = told().await;
        request(&world, range.clone()).await;
        world.faults.forget_trace();
        work(&world, LONG).await;
        world.faults.trace().len()
    };
    for step in 0..steps {
        for fault in [Fault::StopBefore, Fault::StopAfter] {
            let world = told().await;
            let id = request(&world, range.clone()).await;
            let call = calls(&world).remove(0);
            world.faults.at_call(step, fault.clone());
            let replayer = world.replayer();
            let _ = world
                .faults
                .until_crash(replayer.deliver(&call.detail, LONG))
                .await;
            world.faults.clear();
            world.bus.wait_again(call);
            work(&world, LONG).await;
            let published = world.bus.published();
            let replayed: BTreeSet<&str> = published
                .iter()
                .filter(|entry| entry.detail["metadata"]["replay"] == id)
                .filter_map(|entry| entry.detail["metadata"]["event_id"].as_str())
                .collect();
            assert_eq!(replayed.len(), 12, "step {step} {fault:?}");
        }
    }
}

#[tokio::test]
async fn a_rebuild_killed_half_way_ends_equal_with_what_was_appended_meanwhile() {
    let calls_in_all = {
        let world = told().await;
        world.store.cap_pages(3);
        request(&world, json!({ "kind": "projections" })).await;
        world.faults.forget_trace();
        work(&world, LONG).await;
        world.faults.trace().len()
    };
    let mut found = BTreeSet::new();
    // With the last call it is done, and what comes then is not in it.
    for step in 1..calls_in_all - 1 {
        let world = told().await;
        world.store.cap_pages(3);
        let id = request(&world, json!({ "kind": "projections" })).await;
        let call = calls(&world).remove(0);
        world.faults.at_call(step, Fault::StopAfter);
        let replayer = world.replayer();
        let died = world
            .faults
            .until_crash(replayer.deliver(&call.detail, LONG))
            .await;
        assert!(died.is_none(), "call {step} of {calls_in_all}");
        world.faults.clear();
        // To accounts that it has been through and to those before it, and a new one.
        let appender = world.appender();
        for number in [1, 4] {
            let events = [deposited("1.00")];
            let account = account(number);
            let appended = world.append(&appender, &account, "meanwhile", events);
            appended.await.unwrap();
        }
        world.account_with(&account(5), &["2.00"]).await;
        world.project(world.stream()).await;
        world.bus.wait_again(call);
        work(&world, LONG).await;
        let document = world.replayer().get(&id).await.unwrap();
        let result = &document["result"];
        let what = format!("killed after call {step}: {document:#}");
        assert_eq!(document["state"], "done", "{what}");
        let counts = ["differing_count", "missing_count"].map(|name| &result[name]);
        assert_eq!(counts, [&json!(0), &json!(0)], "{what}");
        let totals = &result["control_totals"]["EUR"];
        found.insert(json!([totals["accounts"], totals["balance"]]).to_string());
    }
    // An account that is opened when the scan is over is not in it; all else is.
    let expected = [json!([4, "44.00"]), json!([5, "46.00"])];
    assert_eq!(found, expected.map(|totals| totals.to_string()).into());
}

#[tokio::test]
async fn a_replay_runs_from_when_a_worker_has_it_and_not_from_its_first_page_on() {
    for (kind, first_read) in [
        (json!({ "kind": "projections" }), "store.scan"),
        (
            json!({ "kind": "projections", "accounts": ["ACC-1"] }),
            "store.commits",
        ),
    ] {
        let world = told().await;
        let id = request(&world, kind).await;
        let state = || async { world.replayer().get(&id).await.unwrap()["state"].clone() };
        assert_eq!(state().await, "requested");
        world.faults.at(first_read, 0, Fault::StopBefore);
        let call = calls(&world).remove(0);
        let reads = world.replayer();
        let died = world
            .faults
            .until_crash(reads.deliver(&call.detail, LONG))
            .await;
        assert!(died.is_none(), "{first_read} is not what it reads first");
        world.faults.clear();
        assert_eq!(state().await, "running");
        world.bus.wait_again(call);
        work(&world, LONG).await;
        assert_eq!(state().await, "done");
    }
}
