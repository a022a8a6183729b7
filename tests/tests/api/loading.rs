//! Loading history: `"notify": false` beside the events.

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};
use tests::world::deposited;

use crate::client::{Answer, Client};

const PATH: &str = "/v1/accounts/ACC-1/events";

async fn post(client: &Client, path: &str, key: &str, notify: Option<Value>) -> Answer {
    let mut body = json!({ "events": [deposited("70.00")] });
    if let Some(notify) = notify {
        body["notify"] = notify;
    }
    let key = [("idempotency-key", key)];
    client.json(Method::POST, path, &key, &body).await
}

#[tokio::test]
async fn whether_anybody_is_told_belongs_to_the_key_and_is_true_where_nothing_is_said() {
    let client = Client::with_account().await;
    let first = post(&client, PATH, "old", Some(json!(false))).await;
    assert_eq!(first.status, StatusCode::CREATED);
    let again = post(&client, PATH, "old", Some(json!(false))).await;
    assert_eq!((again.status, &again.body), (StatusCode::OK, &first.body));
    for told in [None, Some(json!(true))] {
        let other = post(&client, PATH, "old", told).await;
        assert_eq!(other.status, StatusCode::UNPROCESSABLE_ENTITY);
    }
    assert_eq!(
        post(&client, PATH, "new", None).await.status,
        StatusCode::CREATED
    );
    let same = post(&client, PATH, "new", Some(json!(true))).await;
    assert_eq!(same.status, StatusCode::OK);
    for wrong in [json!("false"), json!(null), json!(0)] {
        let refused = post(&client, PATH, "wrong", Some(wrong)).await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST);
        assert_eq!(refused.places(), ["/notify"]);
    }
    assert_eq!(client.world.store.log().len(), 3);
}

#[tokio::test]
async fn commits_verify_and_show_that_nobody_is_told() {
    let client = Client::with_account().await;
    post(&client, PATH, "old", Some(json!(false))).await;
    post(&client, PATH, "new", None).await;
    let commits = client.get("/v1/accounts/ACC-1/commits").await.body;
    let said: Vec<bool> = commits["commits"]
        .as_array()
        .unwrap()
        .iter()
        .map(|commit| {
            commit["content"]
                .as_str()
                .unwrap()
                .contains(r#""notify":false"#)
        })
        .collect();
    assert_eq!(said, [false, true, false]);
    let verified = client.get("/v1/accounts/ACC-1/verification").await;
    assert_eq!(verified.body["valid"], true, "{:#}", verified.body);
}

#[tokio::test]
async fn a_dry_run_says_that_history_is_told_to_nobody() {
    let client = Client::with_account().await;
    client
        .world
        .customer_with("ana@example.com", json!({}))
        .await;
    let path = format!("{PATH}?dry_run=notifications");
    for (notify, decision, reason) in [
        (json!(false), "skip", json!("imported")),
        (json!(true), "send", Value::Null),
    ] {
        let answer = post(&client, &path, "dry", Some(notify)).await;
        let previews = answer.body["notifications"].as_array().unwrap();
        assert_eq!(previews.len(), 1);
        assert_eq!(previews[0]["decision"], decision);
        assert_eq!(previews[0]["reason"], reason);
    }
}
