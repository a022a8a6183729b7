//! Schedules over HTTP; every answer is held against the document.

use axum::http::{Method, StatusCode};
use handlers::composition::Composition;
use serde_json::{Value, json};
use std::time::Duration;
use tests::world::deposited;

use crate::client::{Answer, Client};

const RENT: &str = "/v1/accounts/ACC-1/schedules/rent";

fn monthly() -> Value {
    json!({
        "operation": { "type": "MoneyWithdrawn",
            "data": { "amount": "850.00", "currency": "EUR", "reference": "Rent" } },
        "when": { "cron": "cron(0 9 1 * ? *)" },
        "time_zone": "Europe/Paris",
    })
}

async fn put(client: &Client, headers: &[(&str, &str)], body: &Value) -> Answer {
    client.json(Method::PUT, RENT, headers, body).await
}

#[tokio::test]
async fn a_schedule_is_made_shown_changed_and_cancelled() {
    let client = Client::with_account().await;
    let made = put(&client, &[("if-match", "\"0\"")], &monthly()).await;
    assert_eq!(made.status, StatusCode::CREATED);
    assert_eq!(made.header("etag"), Some("\"2\""));
    assert_eq!(made.body["next_at"], "2026-12-01T08:00:00Z");
    assert_eq!(made.body["state"], "active");
    let again = put(&client, &[("if-match", "\"0\"")], &monthly()).await;
    assert_eq!((again.status, &again.body), (StatusCode::OK, &made.body));
    let got = client.get(RENT).await;
    assert_eq!((got.status, &got.body), (StatusCode::OK, &made.body));
    assert_eq!(got.header("etag"), Some("\"2\""));

    let mut daily = monthly();
    daily["when"] = json!({ "rate": "1 day" });
    let refused = put(&client, &[("if-match", "\"1\"")], &daily).await;
    assert_eq!(refused.status, StatusCode::PRECONDITION_FAILED);
    let changed = put(&client, &[("if-match", "\"2\"")], &daily).await;
    assert_eq!(changed.status, StatusCode::OK);
    assert_eq!(changed.header("etag"), Some("\"3\""));

    let list = client.get("/v1/accounts/ACC-1/schedules").await;
    assert_eq!(list.body["schedules"], json!([changed.body]));
    for _ in 0..2 {
        let gone = client.delete(RENT).await;
        assert_eq!(gone.status, StatusCode::NO_CONTENT);
    }
    assert_eq!(client.get(RENT).await.status, StatusCode::NOT_FOUND);
    let list = client.get("/v1/accounts/ACC-1/schedules").await;
    assert_eq!(list.body["schedules"], json!([]));
    let history = client.get("/v1/accounts/ACC-1/events").await;
    let types: Vec<&str> = history.body["events"]
        .as_array()
        .unwrap()
        .iter()
        .map(|event| event["type"].as_str().unwrap())
        .collect();
    assert_eq!(
        types,
        [
            "AccountOpened",
            "OperationScheduled",
            "OperationScheduled",
            "OperationCancelled"
        ]
    );
}

#[tokio::test]
async fn what_ran_last_is_shown_with_what_came_of_it_and_is_in_the_history() {
    let client = Client::with_account().await;
    client.append("ACC-1", "pay", &[deposited("900.00")]).await;
    put(&client, &[], &monthly()).await;
    for (until, outcome, reason) in [
        ("2026-12-01T08:00:10Z", "done", Value::Null),
        (
            "2027-01-01T08:00:10Z",
            "skipped",
            json!("insufficient-funds"),
        ),
    ] {
        client.world.clock.set(until.parse().unwrap());
        let beat = client
            .world
            .scheduler()
            .run_due(Duration::from_secs(60))
            .await;
        assert_eq!(beat.unwrap().failed, 0);
        let last = client.get(RENT).await.body["last"].clone();
        assert_eq!(
            (&last["outcome"], &last["reason"]),
            (&json!(outcome), &reason)
        );
    }
    assert_eq!(
        client.get(RENT).await.body["next_at"],
        "2027-02-01T08:00:00Z"
    );
    let history = client.get("/v1/accounts/ACC-1/events").await;
    let data = |index: usize| history.body["events"][index]["data"].clone();
    assert_eq!(data(3)["occurrence"], "2026-12-01T08:00:00Z");
    assert_eq!(data(3)["schedule_id"], "rent");
    assert_eq!(data(4)["reason"], "insufficient-funds");
}

#[tokio::test]
async fn what_cannot_be_scheduled_is_a_problem_that_names_the_field() {
    let client = Client::with_account().await;
    let with = |name: &str, value: Value| {
        let mut body = monthly();
        body[name] = value;
        body
    };
    let dollars =
        json!({ "type": "MoneyWithdrawn", "data": { "amount": "1.00", "currency": "USD" } });
    for (body, place) in [
        (
            with("when", json!({ "at": "2020-01-01T09:00" })),
            "/when/at",
        ),
        (
            with("when", json!({ "cron": "cron(0 0 30 2 ? *)" })),
            "/when/cron",
        ),
        (with("when", json!({ "cron": "nonsense" })), "/when/cron"),
        (with("when", json!({ "rate": "10 seconds" })), "/when/rate"),
        (
            with("when", json!({ "at": "2027-01-01T09:00", "rate": "1 day" })),
            "/when",
        ),
        (with("time_zone", json!("Mars/Olympus")), "/time_zone"),
        (with("end", json!("2026-11-23T00:00:00Z")), "/end"),
        (with("operation", dollars), "/operation/data/currency"),
        (json!({}), "/operation"),
    ] {
        let answer = put(&client, &[], &body).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{body}");
        assert_eq!(answer.places()[0], place, "{body}");
    }
    let unknown = "/v1/accounts/ACC-9/schedules/rent";
    let answer = client.json(Method::PUT, unknown, &[], &monthly()).await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
    assert_eq!(
        client.get("/v1/accounts/ACC-9/schedules").await.status,
        StatusCode::NOT_FOUND
    );
    assert_eq!(client.delete(RENT).await.status, StatusCode::NOT_FOUND);
    let bad_id = client.get("/v1/accounts/ACC-1/schedules/-x").await;
    assert_eq!(bad_id.places(), ["parameter schedule_id"]);
    let closed =
        json!({ "type": "AccountClosed", "occurred_at": "2026-11-22T10:00:00Z", "data": {} });
    client.append("ACC-1", "close", &[closed]).await;
    assert_eq!(
        put(&client, &[], &monthly()).await.status,
        StatusCode::CONFLICT
    );
}

#[tokio::test]
async fn a_bank_cannot_post_what_schedules_record() {
    let client = Client::with_account().await;
    let forged = json!({ "type": "MoneyDeposited", "occurred_at": "2026-11-22T10:00:00Z",
        "data": { "amount": "1.00", "currency": "EUR", "schedule_id": "rent",
            "occurrence": "2026-12-01T08:00:00Z" } });
    let answer = client.append("ACC-1", "forged", &[forged]).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    assert_eq!(
        answer.places(),
        ["/events/0/data/occurrence", "/events/0/data/schedule_id"]
    );
}

#[tokio::test]
async fn schedules_are_listed_page_by_page_by_their_ids() {
    let client = Client::with_account().await;
    for name in ["c", "a", "b"] {
        let path = format!("/v1/accounts/ACC-1/schedules/{name}");
        client.json(Method::PUT, &path, &[], &monthly()).await;
    }
    let mut names = Vec::new();
    let mut path = "/v1/accounts/ACC-1/schedules?limit=2".to_owned();
    loop {
        let page = client.get(&path).await;
        for schedule in page.body["schedules"].as_array().unwrap() {
            names.push(schedule["schedule_id"].as_str().unwrap().to_owned());
        }
        match page.body["next"].as_str() {
            Some(next) => path = format!("/v1/accounts/ACC-1/schedules?limit=2&cursor={next}"),
            None => break,
        }
    }
    assert_eq!(names, ["a", "b", "c"]);
}

#[tokio::test]
async fn a_callers_key_of_the_space_that_is_ours_is_refused_by_its_header() {
    let client = Client::with_account().await;
    let stored = client.world.store.log();
    for key in [
        "ledgerbell:",
        "ledgerbell:schedule:rent:2026-12-01T08:00:00Z",
        "ledgerbell:schedule:rent:after:0",
    ] {
        let refused = client.append("ACC-1", key, &[deposited("1.00")]).await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{key}");
        assert_eq!(refused.places(), ["header Idempotency-Key"], "{key}");
    }
    assert_eq!(client.world.store.log(), stored);
    // What schedules used before is a caller's to use, and stops none.
    put(&client, &[], &monthly()).await;
    for key in ["schedule:rent:2026-12-01T08:00:00Z", "ledgerbells"] {
        let taken = client.append("ACC-1", key, &[deposited("900.00")]).await;
        assert_eq!(taken.status, StatusCode::CREATED, "{key}");
    }
    client
        .world
        .clock
        .set("2026-12-01T08:00:10Z".parse().unwrap());
    let long = Duration::from_secs(60);
    let beat = client.world.scheduler().run_due(long).await.unwrap();
    assert_eq!((beat.done, beat.failed), (1, 0));
    let row = client.get(RENT).await.body;
    assert_eq!(row["last"]["outcome"], "done");
}

#[tokio::test]
async fn a_time_beyond_the_horizon_is_called_too_far_ahead_and_not_past() {
    let client = Client::with_account().await;
    for at in [
        "2068-01-01T09:00",
        "2068-11-22T09:00:00Z",
        "9999-12-31T23:59",
    ] {
        let mut far = monthly();
        far["when"] = json!({ "at": at });
        let refused = put(&client, &[], &far).await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{at}");
        assert_eq!(refused.places(), ["/when/at"]);
        let detail = refused.body["errors"][0]["detail"].as_str().unwrap();
        assert!(detail.contains("too far ahead"), "{at}: {detail}");
    }
}
