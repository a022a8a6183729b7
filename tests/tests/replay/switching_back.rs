//! A switch that is undone.

use crate::given::*;
use domain::Money;
use handlers::Error;
use handlers::composition::Composition;
use handlers::ports::{ReadModelRow, Versioned};
use handlers::replay::ReplayRequest;
use serde_json::{Value, json};
use std::time::Duration;
use tests::world::{Fault, World, account, deposited};

/// The four accounts of [`told`], the balances of three of them wrong, and
/// switched to the right ones. Answers with the wrong rows and the replay.
async fn switched() -> (World, Vec<Versioned<ReadModelRow>>, String) {
    let world = told().await;
    for number in [1, 2, 4] {
        let account = account(number);
        let mut row = world.read_model.row(&account).unwrap();
        let balance = row.value.balance.as_mut().unwrap();
        balance.head.account.balance = Money::from_minor(7, balance.head.account.currency());
        world.read_model.tamper(&account, Some(row));
    }
    let wrong = world.read_model.rows();
    let switch = json!({ "kind": "projections", "switch": true });
    let document = replay(&world, switch).await;
    assert_eq!(document["result"]["differing_count"], 3);
    let id = document["replay_id"].as_str().unwrap().to_owned();
    (world, wrong, id)
}

fn back(id: &str) -> Value {
    json!({ "kind": "switch-back", "replay_id": id })
}

fn shown(rows: &[Versioned<ReadModelRow>]) -> Vec<(String, String)> {
    let shown = |stored: &Versioned<ReadModelRow>| {
        let row = &stored.value;
        let balance = row.balance.as_ref().unwrap();
        let head = &balance.head;
        let money = head.account.balance.to_decimal();
        (
            row.account_id.to_string(),
            format!("{money} {}", balance.updated_at),
        )
    };
    rows.iter().map(shown).collect()
}

#[tokio::test]
async fn what_was_replaced_is_back_but_where_events_came_since() {
    let (world, wrong, id) = switched().await;
    let right = world.read_model.rows();
    let appender = world.appender();
    let events = [deposited("1.00")];
    let appended = world.append(&appender, &account(4), "since", events).await;
    appended.unwrap();
    world.project(world.stream()).await;
    let since = world.read_model.row(&account(4)).unwrap();

    let document = replay(&world, back(&id)).await;
    assert_eq!(
        document["result"],
        json!({ "switched_back": 2, "moved_on_count": 1, "moved_on": ["ACC-4"] })
    );
    assert_eq!(document["progress"]["accounts"], 4);
    let rows = world.read_model.rows();
    assert_eq!(shown(&rows[..2]), shown(&wrong[..2]));
    assert_ne!(shown(&rows[..2]), shown(&right[..2]));
    // The third was right all the time, and nobody touched it.
    assert_eq!(rows[2], right[2]);
    assert_eq!(rows[3], since);
    // Once more changes nothing; another switch sees what is wrong again.
    let again = replay(&world, back(&id)).await;
    assert_eq!(again["result"], document["result"]);
    assert_eq!(world.read_model.rows(), rows);
    let checked = replay(&world, json!({ "kind": "projections" })).await;
    assert_eq!(checked["result"]["differing_count"], 2);
}

#[tokio::test]
async fn a_switch_back_that_dies_anywhere_is_followed_by_one_that_finishes() {
    let mut step = 0;
    loop {
        let (world, wrong, id) = switched().await;
        request(&world, back(&id)).await;
        let call = calls(&world).remove(0);
        world.faults.at_call(step, Fault::StopAfter);
        let replayer = world.replayer();
        let died = world
            .faults
            .until_crash(replayer.deliver(&call.detail, LONG))
            .await;
        world.faults.clear();
        world.bus.wait_again(call);
        work(&world, Duration::ZERO).await;
        let rows = world.read_model.rows();
        assert_eq!(shown(&rows), shown(&wrong), "died after call {step}");
        if died.is_some() {
            assert!(step > 7, "{step} calls");
            return;
        }
        step += 1;
    }
}

#[tokio::test]
async fn only_a_switch_that_is_over_can_be_undone() {
    let world = told().await;
    let compared = replay(&world, json!({ "kind": "projections" })).await;
    let switching = request(&world, json!({ "kind": "projections", "switch": true })).await;
    for id in ["none", compared["replay_id"].as_str().unwrap(), &switching] {
        let request = ReplayRequest::read(back(id)).unwrap();
        let refused = world.replayer().request(request).await;
        assert!(matches!(refused, Err(Error::Invalid(_))), "{refused:?}");
    }
}
