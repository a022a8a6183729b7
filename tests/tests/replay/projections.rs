//! The read model, rebuilt and held against the live one.

use crate::given::*;
use domain::Money;
use handlers::Error;
use handlers::composition::Composition;
use handlers::ports::{Clock, ReadModelRow, Versioned};
use handlers::replay::REQUESTED;
use serde_json::json;
use tests::world::{Fault, World, account, deposited};

fn cut(row: &Versioned<ReadModelRow>, cents: i64) -> Versioned<ReadModelRow> {
    let mut row = row.clone();
    let account = &mut row.value.balance.as_mut().unwrap().head.account;
    account.balance = Money::from_minor(cents, account.currency());
    row
}

#[tokio::test]
async fn a_right_read_model_is_found_equal_with_its_control_totals() {
    let world = told().await;
    let (rows, mails, published) = (
        world.read_model.rows(),
        world.mailer.accepted(),
        world.bus.published(),
    );
    let document = replay(&world, json!({ "kind": "projections", "switch": true })).await;
    let result = &document["result"];
    assert_eq!(
        (
            &result["equal"],
            &result["differing_count"],
            &result["missing_count"]
        ),
        (&json!(4), &json!(0), &json!(0))
    );
    assert_eq!(
        result["control_totals"],
        json!({ "EUR": { "accounts": 4, "balance": "42.00" } })
    );
    assert_eq!(
        document["progress"],
        json!({ "accounts": 4, "commits": 12, "events": 12 })
    );

    assert_eq!(world.read_model.rows(), rows);
    world.settle().await;
    assert_eq!(world.mailer.accepted(), mails);
    let others: Vec<_> = world.bus.published()[published.len()..]
        .iter()
        .map(|entry| entry.event_type.clone())
        .collect();
    assert_eq!(others, [REQUESTED]);
}

#[tokio::test]
async fn a_wrong_and_a_missing_row_are_reported_and_put_right_only_when_told() {
    let world = told().await;
    let right = world.read_model.rows();
    world
        .read_model
        .tamper(&account(2), Some(cut(&right[1], 99_999)));
    world.read_model.tamper(&account(3), None);
    let wrong = world.read_model.rows();

    let document = replay(&world, json!({ "kind": "projections" })).await;
    let result = &document["result"];
    assert_eq!(
        (&result["equal"], &result["switched"]),
        (&json!(2), &json!(false))
    );
    assert_eq!(result["missing"], json!(["ACC-3"]));
    assert_eq!(
        (&result["missing_count"], &result["differing_count"]),
        (&json!(1), &json!(1))
    );
    assert_eq!(result["differing"][0]["account_id"], "ACC-2");
    assert_eq!(result["differing"][0]["live"]["balance"], "999.99");
    assert_eq!(result["differing"][0]["replayed"]["balance"], "10.50");
    assert_eq!(world.read_model.rows(), wrong);

    replay(&world, json!({ "kind": "projections", "switch": true })).await;
    let balances = |rows: &[Versioned<ReadModelRow>]| -> Vec<_> {
        rows.iter().map(|row| row.value.balance.clone()).collect()
    };
    assert_eq!(balances(&world.read_model.rows()), balances(&right));
    let mails = world.mailer.accepted().len();
    world.settle().await;
    assert_eq!(world.mailer.accepted().len(), mails);
}

#[tokio::test]
async fn only_the_named_accounts_are_rebuilt() {
    let world = told().await;
    let right = world.read_model.rows();
    world
        .read_model
        .tamper(&account(1), Some(cut(&right[0], 1)));
    world
        .read_model
        .tamper(&account(2), Some(cut(&right[1], 2)));
    let body = json!({ "kind": "projections", "accounts": ["ACC-2", "ACC-4"], "switch": true });
    let document = replay(&world, body).await;
    assert_eq!(
        (
            &document["result"]["equal"],
            &document["result"]["differing_count"]
        ),
        (&json!(1), &json!(1))
    );
    let rows = world.read_model.rows();
    assert_eq!(rows[0], cut(&right[0], 1));
    assert_eq!(rows[1].value.balance, right[1].value.balance);
}

#[tokio::test]
async fn money_that_moves_while_a_replay_works_is_no_difference() {
    let steps = {
        let world = told().await;
        world.faults.forget_trace();
        replay(&world, json!({ "kind": "projections", "switch": true })).await;
        world.faults.trace().len()
    };
    for step in 0..steps {
        let world = told().await;
        world.faults.at_call(step, Fault::StopBefore);
        let mut working = Box::pin(replay(
            &world,
            json!({ "kind": "projections", "switch": true }),
        ));
        assert!(world.faults.until_stop(&mut working).await.is_none());
        let appender = world.appender();
        for number in [1, 4] {
            world
                .append(
                    &appender,
                    &account(number),
                    "meanwhile",
                    [deposited("7.00")],
                )
                .await
                .unwrap();
        }
        world.project(world.stream()).await;
        world.faults.resume();
        let document = working.await;
        assert_eq!(
            document["result"]["differing_count"], 0,
            "step {step}: {document:#}"
        );
        for number in 1..=4 {
            let last = world.store.of(&account(number)).pop().unwrap();
            let row = world.read_model.row(&account(number)).unwrap().value;
            assert_eq!(row.balance.unwrap().head, last.head(), "step {step}");
        }
    }
}

#[tokio::test]
async fn a_parked_account_is_not_switched_past_what_was_never_told() {
    let world = World::default();
    world.customer_with("ana@example.com", json!({})).await;
    world
        .account_with(&account(1), &["1.00", "2.00", "3.00"])
        .await;
    let mut stream = world.stream();
    // Neither the record can be read nor the item that it is a copy of.
    stream[2].commit = Err("cannot be read".to_owned());
    let unreadable = Error::Permanent("cannot be read".into());
    let fault = Fault::FailBefore(unreadable);
    world.faults.at("store.commit_holding", 0, fault);
    for record in stream {
        world.project(vec![record]).await;
    }
    world.settle().await;
    replay(&world, json!({ "kind": "projections", "switch": true })).await;
    let row = world.read_model.row(&account(1)).unwrap().value;
    assert_eq!((row.version(), row.parked.is_some()), (2, true));

    let selection = handlers::redrive::Selection {
        max: 10,
        ..Default::default()
    };
    world.redriver().redrive(&selection).await.unwrap();
    world.settle().await;
    assert_eq!(world.mailer.accepted().len(), 3);
    assert_eq!(
        world.read_model.row(&account(1)).unwrap().value.version(),
        4
    );
}

#[tokio::test]
async fn a_parked_account_that_moved_since_its_shadow_was_built_is_not_put_back() {
    let world = told().await;
    let id = request(&world, json!({ "kind": "projections", "switch": true })).await;
    // The shadow is built, and then the worker waits at its first look at a live row.
    world.faults.at("read_model.load", 0, Fault::StopBefore);
    let replayer = world.replayer();
    let detail = json!({ "data": { "replay_id": id } });
    let mut working = Box::pin(replayer.deliver(&detail, LONG));
    assert!(world.faults.until_stop(&mut working).await.is_none());

    let appender = world.appender();
    for key in ["more", "unreadable"] {
        world
            .append(&appender, &account(1), key, [deposited("1.00")])
            .await
            .unwrap();
    }
    let mut stream = world.stream();
    let last = stream.last_mut().unwrap();
    last.commit = Err("cannot be read".to_owned());
    let unreadable = Error::Permanent("cannot be read".into());
    world
        .faults
        .at("store.commit_holding", 0, Fault::FailBefore(unreadable));
    world.faults.resume();
    world.project(stream).await;
    let parked = world.read_model.row(&account(1)).unwrap().value;
    assert!(parked.parked.is_some());

    working.await.unwrap();
    let row = world.read_model.row(&account(1)).unwrap().value;
    assert_eq!(row.version(), parked.version());
    assert!(row.parked.is_some());
}

#[tokio::test]
async fn a_balance_that_has_moved_past_its_shadow_at_the_last_look_is_not_put_back() {
    // The first look, and five more while the projection is behind.
    const LAST_LOOK: usize = 5;
    let world = told().await;
    let appender = world.appender();
    let deposit = async |key| {
        world
            .append(&appender, &account(1), key, [deposited("1.00")])
            .await
            .unwrap();
    };
    // Behind the shadow, so that the replay looks again and again.
    deposit("not-projected-yet").await;
    let id = request(
        &world,
        json!({ "kind": "projections", "accounts": ["ACC-1"], "switch": true }),
    )
    .await;
    world
        .faults
        .at("read_model.load", LAST_LOOK, Fault::StopBefore);
    let replayer = world.replayer();
    let detail = json!({ "data": { "replay_id": id } });
    let mut working = Box::pin(replayer.deliver(&detail, LONG));
    assert!(world.faults.until_stop(&mut working).await.is_none());

    deposit("after-the-shadow").await;
    world.faults.resume();
    world.project(world.stream()).await;
    let moved = world.read_model.row(&account(1)).unwrap();

    working.await.unwrap();
    assert_eq!(world.read_model.row(&account(1)).unwrap(), moved);
    let document = world.replayer().get(&id).await.unwrap();
    assert_eq!(document["result"]["equal"], 1, "{document:#}");
}

#[tokio::test]
async fn a_history_that_does_not_hold_fails_the_replay_with_the_reason() {
    let world = told().await;
    let mut forged = world.store.of(&account(2)).remove(1);
    forged.source = "somebody else".to_owned();
    world.store.tamper(forged);
    let id = request(&world, json!({ "kind": "projections", "switch": true })).await;
    work(&world, LONG).await;
    let document = world.replayer().get(&id).await.unwrap();
    assert_eq!(document["state"], "failed");
    let reason = document["reason"].as_str().unwrap();
    assert!(
        reason.contains("ACC-2") && reason.contains("version 2"),
        "{reason}"
    );
}

#[tokio::test]
async fn a_projection_that_is_behind_gets_a_second_and_a_half_and_is_then_reported() {
    let world = told().await;
    let deposit = [deposited("1.00")];
    let appender = world.appender();
    let appended = world.append(&appender, &account(1), "more", deposit).await;
    appended.unwrap();
    let check = json!({ "kind": "projections", "accounts": ["ACC-1", "ACC-2"] });

    world.faults.forget_trace();
    let before = world.clock.now();
    let document = replay(&world, check.clone()).await;
    let waited = world.clock.now() - before;
    // The first look at each account, and five more at the first, 300 milliseconds apart.
    assert_eq!(world.faults.calls("read_model.load"), 7);
    assert!(
        (1_500..1_600).contains(&waited.num_milliseconds()),
        "{waited}"
    );
    assert_eq!(document["result"]["equal"], 1);
    assert_eq!(document["result"]["differing_count"], 1);
    assert_eq!(
        document["progress"],
        json!({ "accounts": 2, "commits": 7, "events": 7 })
    );

    // One that has caught up is not looked at again, however young its last event is.
    let behind = world.read_model.row(&account(1));
    world.project(world.stream()).await;
    world.faults.forget_trace();
    let caught_up = replay(&world, check.clone()).await;
    assert_eq!(world.faults.calls("read_model.load"), 2);
    assert_eq!(caught_up["result"]["equal"], 2);
    world.read_model.tamper(&account(1), behind);

    // What is older than a minute is projected by now, or never.
    world.clock.advance(std::time::Duration::from_secs(61));
    world.faults.forget_trace();
    let document = replay(&world, check).await;
    assert_eq!(world.faults.calls("read_model.load"), 2);
    assert_eq!(document["result"]["differing_count"], 1);
}

/// Account 1 with three deposits, parked at this record of them.
async fn parked_at(record: usize) -> World {
    let world = World::default();
    world.customer_with("ana@example.com", json!({})).await;
    let deposits = ["1.00", "2.00", "3.00"];
    world.account_with(&account(1), &deposits).await;
    let mut stream = world.stream();
    stream[record].commit = Err("cannot be read".to_owned());
    let unreadable = Error::Permanent("cannot be read".into());
    let fault = Fault::FailBefore(unreadable);
    world.faults.at("store.commit_holding", 0, fault);
    for record in stream {
        world.project(vec![record]).await;
    }
    assert!(
        world
            .read_model
            .row(&account(1))
            .unwrap()
            .value
            .parked
            .is_some()
    );
    world
}

#[tokio::test]
async fn a_parked_account_is_compared_and_put_right_at_the_version_where_it_stands() {
    let world = parked_at(2).await;
    let check = json!({ "kind": "projections" });
    let document = replay(&world, check).await;
    assert_eq!(document["result"]["equal"], 1, "{document:#}");

    let right = world.read_model.row(&account(1)).unwrap();
    world.read_model.tamper(&account(1), Some(cut(&right, 7)));
    let switch = json!({ "kind": "projections", "switch": true });
    let document = replay(&world, switch).await;
    assert_eq!(document["result"]["differing_count"], 1, "{document:#}");
    let row = world.read_model.row(&account(1)).unwrap().value;
    assert_eq!(row.balance, right.value.balance);
    assert_eq!(row.parked, right.value.parked);
}

#[tokio::test]
async fn an_account_that_is_parked_before_its_first_event_is_missing_and_not_switched() {
    let world = parked_at(0).await;
    let parked = world.read_model.row(&account(1)).unwrap();
    let switch = json!({ "kind": "projections", "switch": true });
    let document = replay(&world, switch).await;
    assert_eq!(
        document["result"]["missing"],
        json!(["ACC-1"]),
        "{document:#}"
    );
    assert_eq!(world.read_model.row(&account(1)).unwrap(), parked);
}

#[tokio::test]
async fn a_thousand_missing_accounts_are_listed_and_all_are_counted() {
    let world = World::default();
    for number in 1..=1_001 {
        world.account_with(&account(number), &[]).await;
    }
    world.clock.advance(std::time::Duration::from_secs(61));
    let result = replay(&world, json!({ "kind": "projections" })).await["result"].take();
    assert_eq!(result["missing_count"], 1_001);
    assert_eq!(result["missing"].as_array().unwrap().len(), 1_000);
}
