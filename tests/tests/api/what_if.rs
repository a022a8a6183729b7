//! What other preferences would have told: counted, and nothing done.

use std::collections::BTreeMap;
use std::time::Duration;

use axum::http::StatusCode;
use handlers::composition::Composition;
use handlers::customers::read_person;
use serde_json::{Value, json};
use tests::world::{deposited, event, withdrawn};

use crate::client::{Answer, Client};

pub const DAY: [&str; 2] = ["2026-11-22T00:00:00Z", "2026-11-23T00:00:00Z"];

pub async fn wishes(client: &Client, customer: &str, preferences: Value) {
    let person = json!({
        "email": "somebody@example.com", "name": "Ana Lind", "locale": "en",
        "time_zone": "Europe/Paris", "preferences": preferences,
    });
    let customer = customer.parse().unwrap();
    let desk = client.world.customer_service();
    let person = read_person(person).unwrap();
    desk.put(&customer, person, None).await.unwrap();
}

pub async fn append(client: &Client, account: &str, key: &str, events: &[Value]) {
    let answer = client.append(account, key, events).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{:?}", answer.body);
}

/// ACC-1 of CUST-42, who says something, and ACC-2 of CUST-7, who says nothing
/// and is not known before the second commit.
pub async fn two_customers() -> Client {
    let client = Client::new();
    let opened = |customer: &str| {
        let data =
            json!({ "customer_id": customer, "currency": "EUR", "opening_balance": "100.00" });
        event("AccountOpened", data)
    };
    let low = json!({ "enabled": true, "threshold": { "EUR": "50.00" } });
    wishes(
        &client,
        "CUST-42",
        json!({ "kinds": { "low-balance": low } }),
    )
    .await;
    append(&client, "ACC-1", "open", &[opened("CUST-42")]).await;
    append(&client, "ACC-2", "open", &[opened("CUST-7")]).await;
    append(&client, "ACC-2", "early", &[deposited("1.00")]).await;
    wishes(&client, "CUST-7", json!({})).await;
    append(
        &client,
        "ACC-1",
        "fall",
        &[withdrawn("60.00"), deposited("5.00")],
    )
    .await;
    append(
        &client,
        "ACC-2",
        "more",
        &[deposited("20.00"), withdrawn("500.00")],
    )
    .await;
    append(
        &client,
        "ACC-1",
        "up",
        &[deposited("200.00"), withdrawn("210.00")],
    )
    .await;
    client.world.clock.advance(Duration::from_secs(60));
    client
}

pub fn question(wishes: &Value) -> Value {
    let mut question = json!({ "from": DAY[0], "to": DAY[1] });
    for (name, value) in wishes.as_object().unwrap() {
        question[name] = value.clone();
    }
    question
}

pub async fn ask(client: &Client, question: &Value) -> Value {
    let answer: Answer = client.post("/v1/what-if?limit=1000", question).await;
    assert_eq!(answer.status, StatusCode::OK, "{:?}", answer.body);
    assert_eq!(answer.body["next"], Value::Null);
    answer.body
}

#[tokio::test]
async fn other_preferences_are_counted_beside_those_of_then_and_nothing_is_written() {
    let client = two_customers().await;
    let log = client.world.store.log();
    client.world.faults.forget_trace();
    let answer = ask(
        &client,
        &question(&json!({ "preferences": {
            "kinds": {
                "deposit": { "enabled": true, "min_amount": { "EUR": "10.00" } },
                "withdrawal": { "enabled": false },
            },
            "delivery": "daily",
        }})),
    )
    .await;
    insta::assert_json_snapshot!(answer);

    let reads = [
        "store.commits_at",
        "store.recorded",
        "store.commits_backwards",
        "customers.at",
    ];
    let trace = client.world.faults.trace();
    assert!(trace.iter().all(|call| reads.contains(call)), "{trace:?}");
    assert_eq!(client.world.store.log(), log);
    assert!(client.world.mailer.accepted().is_empty());
}

/// Whatever the customers wish later, what was told then was told.
#[tokio::test]
async fn what_it_says_of_then_is_what_was_told() {
    let client = two_customers().await;
    client.world.project(client.world.stream()).await;
    client.world.settle().await;
    let mut told: BTreeMap<String, u64> = BTreeMap::new();
    for account in ["ACC-1", "ACC-2"] {
        let path = format!("/v1/accounts/{account}/notifications");
        let answer = client.get(&path).await;
        for one in answer.body["notifications"].as_array().unwrap() {
            let outcome = match one["state"].as_str().unwrap() {
                "SENT" => "told".to_owned(),
                _ => one["reason"].as_str().unwrap().to_owned(),
            };
            let kind = one["kind"].as_str().unwrap();
            *told.entry(format!("{kind} {outcome}")).or_default() += 1;
        }
    }
    assert!(told.len() > 3, "{told:?}");
    for customer in ["CUST-42", "CUST-7"] {
        let off = json!({ "enabled": false });
        let later = json!({ "kinds": { "deposit": off, "withdrawal": off }, "delivery": "weekly" });
        wishes(&client, customer, later).await;
    }
    let answer = ask(&client, &question(&json!({ "preferences": {} }))).await;
    let mut said: BTreeMap<String, u64> = BTreeMap::new();
    for (kind, counts) in answer["kinds"].as_object().unwrap() {
        let before = &counts["before"];
        let skipped = before["skipped"].as_object().unwrap();
        let outcomes = std::iter::once(("told", &before["told"])).chain(
            skipped
                .iter()
                .map(|(reason, count)| (reason.as_str(), count)),
        );
        for (outcome, count) in outcomes.filter(|(_, count)| *count != 0) {
            said.insert(format!("{kind} {outcome}"), count.as_u64().unwrap());
        }
    }
    assert_eq!(said, told);
}

#[tokio::test]
async fn a_low_balance_is_judged_by_the_other_threshold_at_all_times() {
    let client = two_customers().await;
    let low = |threshold: &str| {
        let kind = json!({ "enabled": true, "threshold": { "EUR": threshold } });
        json!({ "change": { "kinds": { "low-balance": kind } }, "account_id": "ACC-1" })
    };
    // 100, 40, 45, 245, 35: two falls below 50, the second on the same day.
    let of = |answer: Value, side: &str| answer["kinds"]["low-balance"][side].clone();
    let counts =
        |told: u64, skipped: Value| json!({ "told": told, "waiting": {}, "skipped": skipped });
    let answer = ask(&client, &question(&low("50.00"))).await;
    assert_eq!(answer["differing"], 0);
    assert_eq!(
        of(answer, "after"),
        counts(1, json!({ "already-told-today": 1 }))
    );
    // The first fall is none below 40: the second is the day's first.
    let answer = ask(&client, &question(&low("40.00"))).await;
    assert_eq!(answer["differing"], 2);
    assert_eq!(
        of(answer.clone(), "before"),
        counts(1, json!({ "already-told-today": 1 }))
    );
    assert_eq!(of(answer, "after"), counts(1, json!({ "not-crossed": 1 })));
    let answer = ask(&client, &question(&low("10.00"))).await;
    assert_eq!(of(answer, "after"), counts(0, json!({ "not-crossed": 2 })));
    // Of a customer who never asked for it.
    let kind = json!({ "enabled": true, "threshold": { "EUR": "1.00" } });
    let other = json!({ "change": { "kinds": { "low-balance": kind } }, "customer_id": "CUST-7" });
    let answer = ask(&client, &question(&other)).await;
    assert_eq!(of(answer.clone(), "before"), counts(0, json!({})));
    assert_eq!(of(answer, "after"), counts(1, json!({})));
}

#[tokio::test]
async fn quiet_hours_and_digests_are_waits_and_security_waits_for_neither() {
    let client = two_customers().await;
    append(
        &client,
        "ACC-1",
        "close",
        &[event("AccountClosed", json!({}))],
    )
    .await;
    client.world.clock.advance(Duration::from_secs(60));
    let change = |change: Value| question(&json!({ "account_id": "ACC-1", "change": change }));
    let quiet = json!({ "quiet_hours": { "from": "12:00", "to": "14:00" } });
    let answer = ask(&client, &change(quiet)).await;
    let kinds = &answer["kinds"];
    assert_eq!(
        kinds["deposit"]["after"]["waiting"],
        json!({ "quiet-hours": 2 })
    );
    assert_eq!(kinds["security"]["after"]["told"], 1);
    assert_eq!(answer["digests"]["after"], json!([]));
    let answer = ask(&client, &change(json!({ "delivery": "weekly" }))).await;
    let kinds = &answer["kinds"];
    assert_eq!(kinds["deposit"]["after"]["waiting"], json!({ "digest": 2 }));
    assert_eq!(
        kinds["withdrawal"]["after"]["waiting"],
        json!({ "digest": 2 })
    );
    assert_eq!(kinds["security"]["after"]["told"], 1);
    assert_eq!(answer["digests"]["after"].as_array().unwrap().len(), 1);
    assert_eq!(answer["digests"]["before"], json!([]));
}

#[tokio::test]
async fn who_was_erased_since_is_told_nothing_by_any_preferences() {
    let client = two_customers().await;
    let erased = client.delete("/v1/customers/CUST-42").await;
    assert_eq!(erased.status, StatusCode::NO_CONTENT);
    let body = json!({ "preferences": {}, "customer_id": "CUST-42" });
    let answer = ask(&client, &question(&body)).await;
    assert_eq!(answer["differing"], 0);
    let erased = json!({ "told": 0, "waiting": {}, "skipped": { "erased": 2 } });
    assert_eq!(answer["kinds"]["deposit"]["before"], erased);
    assert_eq!(answer["kinds"]["deposit"]["after"], erased);
}

#[tokio::test]
async fn a_question_that_cannot_be_answered_is_refused_by_its_field() {
    let client = two_customers().await;
    let some = json!({ "preferences": {} });
    let with = |name: &str, value: Value| {
        let mut body = question(&some);
        body[name] = value;
        body
    };
    for (body, place) in [
        (json!({ "to": DAY[1], "preferences": {} }), "/from"),
        (with("from", json!(DAY[1])), "/to"),
        (with("to", json!("2026-11-22")), "/to"),
        (with("account_id", json!("a/b")), "/account_id"),
        (with("limit", json!(10)), "/limit"),
        (with("change", json!({ "delivery": "daily" })), "/change"),
        (question(&json!({})), "/preferences"),
        (question(&json!({ "change": {} })), "/change"),
        (
            question(&json!({ "change": { "kinds": { "gossip": {} } } })),
            "/change/kinds/gossip",
        ),
        (
            question(&json!({ "preferences": { "kinds": { "security": { "enabled": false } } } })),
            "/preferences/kinds/security/enabled",
        ),
        (
            question(&json!({ "preferences": {}, "account_id": "ACC-1", "customer_id": "CUST-7" })),
            "/customer_id",
        ),
    ] {
        let answer = client.post("/v1/what-if", &body).await;
        assert_eq!(
            (answer.status, answer.places()),
            (StatusCode::BAD_REQUEST, vec![place.to_owned()]),
            "{body}"
        );
    }
    let unknown = client
        .post("/v1/what-if", &with("account_id", json!("NEVER")))
        .await;
    assert_eq!(unknown.status, StatusCode::NOT_FOUND);
    // A cursor belongs to its question.
    let page = client
        .post("/v1/what-if?limit=1", &question(&some))
        .await
        .body;
    let path = format!("/v1/what-if?cursor={}", page["next"].as_str().unwrap());
    for path in [path.as_str(), "/v1/what-if?cursor=nonsense"] {
        let answer = client.post(path, &with("account_id", json!("ACC-1"))).await;
        assert_eq!(answer.places(), ["parameter cursor"]);
    }
}
