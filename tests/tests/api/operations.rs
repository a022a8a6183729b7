//! Customers, notifications, replays, dead letters, verification, health.

use axum::http::{Method, StatusCode};
use handlers::composition::Composition;
use handlers::error::Error;
use serde_json::{Value, json};
use std::time::Duration;
use tests::world::{Answer as MailAnswer, Fault, UNKNOWN_WINDOW, account, deposited, opened};

use crate::client::Client;

const ANA: &str = "/v1/customers/CUST-42";

fn ana() -> Value {
    json!({ "email": "ana@example.com", "name": "Ana Martín", "locale": "fr", "time_zone": "Europe/Paris", "preferences": {} })
}

#[tokio::test]
async fn a_customer_is_created_replaced_and_erased() {
    let client = Client::new();
    let created = client
        .json(Method::PUT, ANA, &[("if-match", "\"0\"")], &ana())
        .await;
    assert_eq!(
        (created.status, created.header("etag")),
        (StatusCode::CREATED, Some("\"1\""))
    );
    let mut moved = ana();
    moved["email"] = json!("new@example.com");
    let refused = client
        .json(Method::PUT, ANA, &[("if-match", "\"7\"")], &moved)
        .await;
    assert_eq!(refused.status, StatusCode::PRECONDITION_FAILED);
    let replaced = client
        .json(Method::PUT, ANA, &[("if-match", "\"1\"")], &moved)
        .await;
    assert_eq!(
        (replaced.status, replaced.header("etag")),
        (StatusCode::OK, Some("\"2\""))
    );
    let shown = client.get(ANA).await;
    assert_eq!(
        (shown.body, shown.headers["etag"].to_str().unwrap()),
        (moved, "\"2\"")
    );
    for _ in 0..2 {
        assert_eq!(client.delete(ANA).await.status, StatusCode::NO_CONTENT);
        assert_eq!(client.get(ANA).await.status, StatusCode::NOT_FOUND);
    }
}

/// One mail sent, one skipped, and one unknown whose letter is visible.
async fn told() -> Client {
    let client = Client::with_account().await;
    let preferences =
        json!({ "kinds": { "deposit": { "enabled": true, "min_amount": { "EUR": "5.00" } } } });
    client
        .world
        .customer_with("ana@example.com", preferences)
        .await;
    for (key, amount) in [("one", "10.00"), ("two", "1.00"), ("three", "20.00")] {
        client.append("ACC-1", key, &[deposited(amount)]).await;
    }
    client.world.project(client.world.stream()).await;
    client
        .world
        .mailer
        .answer([MailAnswer::Accept, MailAnswer::UnknownLost]);
    client.world.settle().await;
    client.world.clock.advance(UNKNOWN_WINDOW);
    client
}

#[tokio::test]
async fn the_notifications_of_an_account_tell_what_was_decided_and_why() {
    let client = told().await;
    let page = client
        .get("/v1/accounts/ACC-1/notifications?limit=2")
        .await
        .body;
    let mut all = page["notifications"].as_array().unwrap().clone();
    let next = page["next"].as_str().unwrap();
    let rest = client
        .get(&format!(
            "/v1/accounts/ACC-1/notifications?limit=2&cursor={next}"
        ))
        .await
        .body;
    all.extend(rest["notifications"].as_array().unwrap().clone());
    let states: Vec<(&str, &Value)> = all
        .iter()
        .map(|found| (found["state"].as_str().unwrap(), &found["reason"]))
        .collect();
    assert_eq!(
        states,
        [
            ("UNKNOWN", &json!("the request timed out")),
            ("SKIPPED", &json!("below-minimum")),
            ("SENT", &Value::Null)
        ]
    );
    assert!(!json!(all).to_string().contains("example.com"));
}

#[tokio::test]
async fn an_account_without_notifications_has_an_empty_list() {
    let client = Client::with_account().await;
    let answer = client.get("/v1/accounts/ACC-1/notifications").await;
    assert_eq!(answer.body, json!({ "notifications": [], "next": null }));
}

#[tokio::test]
async fn dead_letters_are_listed_tried_and_redriven() {
    let client = told().await;
    let letters = client.get("/v1/dead-letters").await.body["dead_letters"].clone();
    assert_eq!(
        (letters.as_array().unwrap().len(), &letters[0]["kind"]),
        (1, &json!("notification"))
    );
    let event = &letters[0]["event"];
    assert_eq!(
        (&event["type"], &event["customer_id"], &event["currency"]),
        (&json!("MoneyDeposited"), &json!("CUST-42"), &json!("EUR")),
        "{letters:#}"
    );
    let id = letters[0]["id"].as_str().unwrap();
    for (body, outcome) in [
        (json!({ "max": 5, "dry_run": true }), "would-redrive"),
        (json!({ "ids": ["nobody"] }), "not-found"),
        (json!({ "ids": [id] }), "redriven"),
        (json!({ "ids": [id] }), "not-found"),
    ] {
        let answer = client.post("/v1/dead-letters/redrive", &body).await;
        assert_eq!(answer.status, StatusCode::OK);
        assert_eq!(answer.body["redriven"][0]["outcome"], outcome, "{body}");
    }
    client.world.settle().await;
    assert_eq!(client.world.mailer.accepted().len(), 2);
}

#[tokio::test]
async fn a_queue_that_cannot_be_looked_at_is_not_an_empty_one() {
    let client = told().await;
    let listing = client.get("/v1/dead-letters").await.body;
    assert_eq!(
        (&listing["waiting"], &listing["complete"]),
        (&json!(1), &json!(true))
    );
    let down = Fault::FailBefore(Error::Retryable("down".into()));
    client.world.faults.at("dead_letters.look", 0, down);
    let answer = client.get("/v1/dead-letters").await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
}

#[tokio::test]
async fn letters_of_every_envelope_are_as_the_document_says() {
    let client = Client::new();
    client.world.account_with(&account(1), &["1.00"]).await;
    client.world.project(client.world.stream()).await;
    let entry = client.world.bus.published().pop().unwrap();
    let event = json!({ "detail-type": entry.event_type, "time": "2026-11-22T12:00:00Z", "detail": entry.detail });
    client.world.dead_letters.put_foreign(
        &event,
        &[
            ("ERROR_CODE", "SDK_CLIENT_ERROR"),
            ("RETRY_ATTEMPTS", "185"),
        ],
    );
    let context = json!({ "condition": "RetriesExhausted", "approximateInvokeCount": 3, "functionArn": "arn:aws:lambda:eu-west-1:1:function:notify" });
    client.world.dead_letters.put_foreign(
        &json!({ "timestamp": "2026-11-22T12:00:00.000Z", "requestContext": context, "requestPayload": event }),
        &[],
    );
    client.world.dead_letters.put_foreign(
        &json!({ "timestamp": "2026-11-22T12:00:00.000Z", "requestContext": context, "DDBStreamBatchInfo": {
            "approximateArrivalOfFirstRecord": "2026-11-22T12:00:00Z", "approximateArrivalOfLastRecord": "2026-11-22T12:00:00Z", "batchSize": 1 } }),
        &[],
    );
    client.world.dead_letters.put_foreign(
        &json!({ "ledgerbell": "account-parked", "account_id": "ACC-1", "reason": "x", "at": "2026-11-22T12:00:00Z" }),
        &[],
    );
    client
        .world
        .dead_letters
        .put_foreign(&json!("nonsense"), &[]);
    let letters = client.get("/v1/dead-letters?limit=100").await.body["dead_letters"].clone();
    assert_eq!(letters.as_array().unwrap().len(), 5);
}

#[tokio::test]
async fn a_replay_is_asked_for_and_followed_to_its_end() {
    let client = Client::with_account().await;
    client.world.project(client.world.stream()).await;
    client.world.clock.advance(Duration::from_secs(10));
    client.world.bus.take_waiting();
    for body in [
        json!({ "kind": "projections" }),
        json!({ "kind": "projections", "accounts": ["ACC-1"], "switch": true }),
        json!({ "kind": "events", "from": "2026-11-22T00:00:00Z", "to": "2026-11-23T00:00:00Z", "target": "analytics" }),
    ] {
        let accepted = client.post("/v1/replays", &body).await;
        assert_eq!(accepted.status, StatusCode::ACCEPTED);
        let path = format!(
            "/v1/replays/{}",
            accepted.body["replay_id"].as_str().unwrap()
        );
        assert_eq!(client.get(&path).await.body["state"], "requested");
        let call = client.world.bus.take_waiting().remove(0);
        client
            .world
            .replayer()
            .deliver(&call.detail, Duration::from_secs(60))
            .await
            .unwrap();
        assert_eq!(client.get(&path).await.body["state"], "done");
        client.world.bus.take_waiting();
    }
    let list = |query: &str| format!("/v1/replays?{query}");
    let all = client.get(&list("limit=3")).await.body;
    let kinds = |page: &Value| -> Vec<Value> {
        let replays = page["replays"].as_array().unwrap();
        replays
            .iter()
            .map(|replay| replay["kind"].clone())
            .collect()
    };
    let newest_first = [json!("events"), json!("projections"), json!("projections")];
    assert_eq!(
        (&kinds(&all)[..], &all["next"]),
        (&newest_first[..], &json!(null))
    );
    let first = client.get(&list("limit=1&state=done")).await.body;
    let next = first["next"].as_str().unwrap();
    let rest = client.get(&list(&format!("cursor={next}"))).await.body;
    assert_eq!([kinds(&first), kinds(&rest)].concat(), kinds(&all));
    let failed = client.get(&list("state=failed")).await.body;
    assert_eq!(failed, json!({ "replays": [], "next": null }));
    for query in ["state=over", "cursor=x", "limit=0", "kind=events"] {
        let refused = client.get(&list(query)).await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{query}");
    }
    assert_eq!(
        client.get("/v1/replays/none").await.status,
        StatusCode::NOT_FOUND
    );
}

#[tokio::test]
async fn a_verification_finds_what_was_changed_in_the_store_or_in_the_read_model() {
    let client = told().await;
    let path = "/v1/accounts/ACC-1/verification";
    let good = client.get(path).await.body;
    assert_eq!(
        (&good["valid"], &good["checked_events"]),
        (&json!(true), &json!(4))
    );

    let right = client.world.store.of(&account(1)).remove(2);
    let mut forged = right.clone();
    forged.source = "somebody else".to_owned();
    client.world.store.tamper(forged);
    let bad = client.get(path).await.body;
    assert_eq!(
        (&bad["valid"], &bad["problems"][0]["version"]),
        (&json!(false), &json!(3))
    );

    client.world.store.tamper(right);
    let mut row = client.world.read_model.row(&account(1)).unwrap();
    let account_of = &mut row.value.balance.as_mut().unwrap().head.account;
    account_of.balance = domain::Money::zero(account_of.currency());
    client.world.read_model.tamper(&account(1), Some(row));
    assert_eq!(client.get(path).await.body["valid"], false);
}

#[tokio::test]
async fn all_accounts_are_verified_projected_or_not_and_none_is_left_out() {
    let client = told().await;
    // One that is not projected yet, and one that only the read model knows.
    let late = account(2);
    let appender = client.world.appender();
    let opening = client.world.append(&appender, &late, "open", [opened()]);
    opening.await.unwrap();
    let mut row = client.world.read_model.row(&account(1)).unwrap();
    row.value.account_id = account(3);
    client.world.read_model.tamper(&account(3), Some(row));
    let mut found = Vec::new();
    let mut path = "/v1/verifications?limit=1".to_owned();
    loop {
        let page = client.get(&path).await.body;
        found.extend(page["verifications"].as_array().unwrap().clone());
        match page["next"].as_str() {
            Some(next) => path = format!("/v1/verifications?limit=1&cursor={next}"),
            None => break,
        }
    }
    let results: Vec<(&Value, &Value)> = found
        .iter()
        .map(|one| (&one["account_id"], &one["valid"]))
        .collect();
    assert_eq!(
        results,
        [
            (&json!("ACC-1"), &json!(true)),
            (&json!("ACC-2"), &json!(true)),
            (&json!("ACC-3"), &json!(false)),
        ]
    );
}

#[tokio::test]
async fn a_history_that_lost_its_end_does_not_hold() {
    let client = told().await;
    client.world.store.lose(&account(1), 4);
    let found = client.get("/v1/accounts/ACC-1/verification").await.body;
    assert_eq!(found["valid"], false);
    assert_eq!(
        found["problems"],
        json!([{ "version": 4,
                 "detail": "the history ends at version 3, and the read model has version 4" }])
    );
}

#[tokio::test]
async fn health_names_the_part_that_does_not_answer() {
    let client = Client::new();
    assert_eq!(client.get("/health").await.status, StatusCode::OK);
    client.world.faults.at(
        "read_model.list",
        0,
        Fault::FailBefore(Error::Retryable("down".into())),
    );
    let unhealthy = client.get("/health").await;
    assert_eq!(unhealthy.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(
        unhealthy.body["detail"]
            .as_str()
            .unwrap()
            .contains("read model")
    );
}

#[tokio::test]
async fn health_answers_also_where_a_part_is_silent() {
    let client = Client::new();
    client
        .world
        .faults
        .at("read_model.list", 0, Fault::StopBefore);
    let asked = client.get("/health");
    let unhealthy = tokio::time::timeout(Duration::from_secs(20), asked).await;
    let unhealthy = unhealthy.expect("it is answered");
    assert_eq!(unhealthy.status, StatusCode::SERVICE_UNAVAILABLE);
}
