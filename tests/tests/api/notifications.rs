//! What was told, what would be, and why.

use axum::http::{Method, StatusCode};
use handlers::composition::Composition;
use serde_json::{Value, json};
use std::time::Duration;
use tests::world::{deposited, event, withdrawn};

use crate::client::{Answer, Client};

const DRY: &str = "/v1/accounts/ACC-1/events?dry_run=notifications";

async fn client(preferences: Value) -> Client {
    let client = Client::with_account().await;
    client
        .world
        .customer_with("ana@example.com", preferences)
        .await;
    client
}

async fn dry_run(client: &Client, key: &str, events: Vec<Value>) -> Answer {
    let body = json!({ "events": events });
    client
        .json(Method::POST, DRY, &[("idempotency-key", key)], &body)
        .await
}

async fn told(client: &Client) -> Value {
    client.world.project(client.world.stream()).await;
    client.world.settle().await;
    let answer = client.get("/v1/accounts/ACC-1/notifications").await;
    answer.body["notifications"].clone()
}

#[tokio::test]
async fn a_dry_run_tells_who_would_be_told_what_and_stores_nothing() {
    let client = client(json!({
        "kinds": {
            "deposit": { "enabled": true, "min_amount": { "EUR": "10.00" } },
            "low-balance": { "enabled": true, "threshold": { "EUR": "50.00" } },
        },
        "addresses": [{ "email": "book@keeper.example", "kinds": ["withdrawal"] }],
    }))
    .await;
    let before = client.world.store.log();
    client.world.faults.forget_trace();
    let events = vec![deposited("60.00"), deposited("5.00"), withdrawn("200.00")];
    let answer = dry_run(&client, "later", events.clone()).await;
    assert_eq!(answer.status, StatusCode::OK);
    let mut shown = answer.body.clone();
    for notification in shown["notifications"].as_array_mut().unwrap() {
        // Mails have golden files of their own.
        if notification["mail"].is_object() {
            notification["mail"] = notification["mail"]["subject"].take();
        }
    }
    insta::assert_json_snapshot!(shown);
    let text = answer.body.to_string();
    assert!(!text.contains("unsubscribe?token"), "{text}");
    assert!(!text.contains("ana@example.com"), "{text}");

    let trace = client.world.faults.trace();
    let writes = ["append", "save", "add", "put", "publish", "send"];
    assert!(
        trace
            .iter()
            .all(|call| writes.iter().all(|write| !call.ends_with(write))),
        "{trace:?}"
    );
    assert_eq!(client.world.store.log(), before);

    // What it said is what comes to pass.
    client.append("ACC-1", "later", &events).await;
    let pass = |value: &Value, state: &str| {
        json!([
            value["kind"],
            value["reason"],
            value[state] == "SENT" || value[state] == "send"
        ])
    };
    let all = |value: &Value, state: &str| -> Vec<Value> {
        let mut all: Vec<Value> = value
            .as_array()
            .unwrap()
            .iter()
            .map(|one| pass(one, state))
            .collect();
        all.sort_by_key(Value::to_string);
        all
    };
    let real = told(&client).await;
    assert_eq!(
        all(&answer.body["notifications"], "decision"),
        all(&real, "state")
    );
}

#[tokio::test]
async fn a_dry_run_tells_what_would_wait_and_until_when() {
    let events = vec![deposited("60.00"), event("AccountClosed", json!({}))];
    for (wishes, reason, until) in [
        (
            json!({ "delivery": "weekly" }),
            "digest",
            "2026-11-23T07:00:00Z",
        ),
        (
            json!({ "quiet_hours": { "from": "12:00", "to": "14:00" } }),
            "quiet-hours",
            "2026-11-22T13:00:00Z",
        ),
    ] {
        let client = client(wishes).await;
        let answer = dry_run(&client, "later", events.clone()).await;
        let [deposit, closing] = answer.body["notifications"].as_array().unwrap().as_slice() else {
            panic!("{:?}", answer.body)
        };
        assert_eq!(
            (&deposit["decision"], &deposit["reason"], &deposit["until"]),
            (&json!("wait"), &json!(reason), &json!(until))
        );
        assert_eq!(closing["decision"], "send");
    }
}

#[tokio::test]
async fn a_dry_run_is_refused_as_the_append_would_be_and_of_what_was_recorded_tells_nothing() {
    let client = client(json!({})).await;
    client.append("ACC-1", "one", &[deposited("1.00")]).await;
    let again = dry_run(&client, "one", vec![deposited("1.00")]).await;
    assert_eq!(again.body["would_record"], false);
    assert_eq!(again.body["notifications"], json!([]));
    let other = dry_run(&client, "one", vec![deposited("2.00")]).await;
    assert_eq!(other.status, StatusCode::UNPROCESSABLE_ENTITY);
    let wrong = event(
        "MoneyDeposited",
        json!({ "amount": "1", "currency": "JPY" }),
    );
    let wrong = dry_run(&client, "two", vec![wrong]).await;
    assert_eq!(wrong.places(), ["/events/0/data/currency"]);
    let path = "/v1/accounts/ACC-1/events?dry_run=all";
    let body = json!({ "events": [deposited("1.00")] });
    let unknown = client
        .json(Method::POST, path, &[("idempotency-key", "x")], &body)
        .await;
    assert_eq!(unknown.places(), ["parameter dry_run"]);
    let path = "/v1/accounts/NEVER/events?dry_run=notifications";
    let never = client
        .json(Method::POST, path, &[("idempotency-key", "x")], &body)
        .await;
    assert_eq!(never.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn what_a_digest_tells_shows_the_digests_fate_after_its_own_history() {
    let client = client(json!({ "delivery": "daily" })).await;
    // A digest of one event would be the mail of that event.
    let deposits = [deposited("60.00"), deposited("70.00")];
    client.append("ACC-1", "one", &deposits).await;
    let waiting = told(&client).await;
    assert_eq!(waiting[0]["state"], "PLANNED");
    assert_eq!(waiting[0]["due_at"], "2026-11-23T07:00:00Z");
    client
        .world
        .clock
        .set("2026-11-23T07:00:00Z".parse().unwrap());
    let notifier = client.world.notifier();
    notifier.run_due(Duration::from_secs(60)).await.unwrap();
    let sent = told(&client).await;
    assert_eq!(sent.as_array().unwrap().len(), 2);
    let states: Vec<&Value> = sent[0]["history"]
        .as_array()
        .unwrap()
        .iter()
        .map(|step| &step["state"])
        .collect();
    assert_eq!(states, ["PLANNED", "SENDING", "SENT"]);
    assert_eq!(sent[0]["state"], "SENT");
    assert_eq!(
        sent[0]["template"].as_str().map(|t| &t[..6]),
        Some("digest")
    );
    let mail = &client.world.mailer.accepted()[0];
    let code = mail
        .text
        .split_whitespace()
        .find(|word| word.len() == 14 && word.matches('-').count() == 2);
    let path = format!("/v1/mail-codes/{}", code.unwrap());
    let code = client.get(&path).await;
    assert_eq!(code.body["kind"], "digest");
    assert_eq!(code.body["account"], Value::Null);
}
