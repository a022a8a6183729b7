//! Bad parameters, customers, replays and redrives, each refused by its field.

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::client::Client;

#[tokio::test]
async fn the_parameters_of_every_question_are_checked_by_name() {
    let client = Client::with_account().await;
    let forever = "eyJhZnRlciI6eyJyZWNvcmRlZF9hdCI6IisyNjIxNDItMTItMzFUMjM6NTk6NTkuOTk5OTk5OTk5WiIsImFjY291bnRfaWQiOiJBQ0MtMSIsImZpcnN0X3ZlcnNpb24iOjF9LCJza2lwIjowfQ";
    for (path, name) in [
        ("/v1/accounts?limit=0", "limit"),
        ("/v1/accounts?limit=1001", "limit"),
        ("/v1/accounts?limit=ten", "limit"),
        ("/v1/accounts?limit=1&limit=2", "limit"),
        ("/v1/accounts?page=2", "page"),
        ("/v1/accounts?cursor=nonsense", "cursor"),
        ("/v1/accounts/ACC-1?as_of_version=0", "as_of_version"),
        ("/v1/accounts/ACC-1?as_of_version=-1", "as_of_version"),
        ("/v1/accounts/ACC-1?as_of=2026-11-22T10:00:00", "as_of"),
        (
            "/v1/accounts/ACC-1?as_of=2026-11-22T10:00:00Z&as_of_version=1",
            "as_of",
        ),
        ("/v1/accounts/ACC-1?basis=occurred", "basis"),
        (
            "/v1/accounts/ACC-1?as_of=2026-11-22T10:00:00Z&basis=booked",
            "basis",
        ),
        ("/v1/accounts/ACC-1/events?order=sideways", "order"),
        ("/v1/accounts/ACC-1/events?after_version=x", "after_version"),
        ("/v1/accounts/%00/events", "account_id"),
        ("/v1/accounts/%00/notifications", "account_id"),
        ("/v1/accounts/%00/verification", "account_id"),
        ("/v1/customers/%00", "customer_id"),
        ("/v1/events?from=yesterday", "from"),
        ("/v1/events?to=2026", "to"),
        ("/v1/events?cursor=bm9uc2Vuc2U", "cursor"),
        ("/v1/events?type=MoneyMoved", "type"),
        ("/v1/events?account=a%2Fb", "account"),
        ("/v1/events?currency=EURO", "currency"),
        ("/v1/events?min_amount=1.00", "min_amount"),
        ("/v1/events?currency=EUR&max_amount=1.005", "max_amount"),
        ("/v1/commits?order=desc", "order"),
        ("/v1/commits?cursor=nonsense", "cursor"),
        (
            "/v1/accounts/ACC-1/commits?after_version=x",
            "after_version",
        ),
        ("/v1/accounts/%00/commits", "account_id"),
        ("/v1/dead-letters?limit=0", "limit"),
    ] {
        let answer = client.get(path).await;
        assert_eq!(
            answer.status,
            StatusCode::BAD_REQUEST,
            "{path}: {:#}",
            answer.body
        );
        assert_eq!(answer.places(), [format!("parameter {name}")], "{path}");
    }
    for order in ["asc", "desc"] {
        let answer = client
            .get(&format!("/v1/events?order={order}&cursor={forever}"))
            .await;
        assert_eq!(answer.status, StatusCode::OK, "{:#}", answer.body);
    }
}

#[tokio::test]
async fn customers_replays_and_redrives_are_checked_field_by_field() {
    let client = Client::new();
    let ana = |name: &str, value: Value| {
        let mut body = json!({ "email": "ana@example.com", "name": "Ana" });
        body[name] = value;
        body
    };
    for (body, place) in [
        (json!({ "name": "Ana" }), "/email"),
        (ana("email", json!("ana")), "/email"),
        (
            ana("email", json!("ana@example.com, eve@example.com")),
            "/email",
        ),
        (
            ana("email", json!("ana@example.com\r\nBcc: eve@example.com")),
            "/email",
        ),
        (ana("name", json!("")), "/name"),
        (ana("name", json!("A\nB")), "/name"),
        (ana("locale", json!("de")), "/locale"),
        (ana("time_zone", json!("Mars/Olympus")), "/time_zone"),
        (
            ana("preferences", json!({ "kinds": { "gossip": {} } })),
            "/preferences/kinds/gossip",
        ),
        (
            ana(
                "preferences",
                json!({ "kinds": { "deposit": { "min_amount": { "EUR": "1" } } } }),
            ),
            "/preferences/kinds/deposit/min_amount/EUR",
        ),
        (ana("phone", json!("1")), "/phone"),
    ] {
        let answer = client
            .json(Method::PUT, "/v1/customers/CUST-42", &[], &body)
            .await;
        assert_eq!(
            (answer.status, answer.places()),
            (StatusCode::BAD_REQUEST, vec![place.to_owned()]),
            "{body}"
        );
    }
    assert_eq!(
        client.get("/v1/customers/CUST-42").await.status,
        StatusCode::NOT_FOUND
    );

    let range = |from: &str, to: &str| json!({ "kind": "events", "from": from, "to": to, "target": "analytics" });
    let limited = |rate: Value| {
        let mut body = range("2026-11-22T10:00:00Z", "2026-11-23T10:00:00Z");
        body["events_per_second"] = rate;
        body
    };
    for (body, place) in [
        (json!({}), "/kind"),
        (json!({ "kind": "everything" }), "/kind"),
        (
            json!({ "kind": "projections", "accounts": [] }),
            "/accounts",
        ),
        (
            json!({ "kind": "projections", "accounts": ["a/b"] }),
            "/accounts",
        ),
        (
            json!({ "kind": "projections", "accounts": ["ACC-1", "ACC-1"] }),
            "/accounts",
        ),
        (
            json!({ "kind": "switch-back", "replay_id": "" }),
            "/replay_id",
        ),
        (
            json!({ "kind": "switch-back", "replay_id": "r".repeat(65) }),
            "/replay_id",
        ),
        (json!({ "kind": "projections", "switch": "yes" }), "/switch"),
        (json!({ "kind": "projections", "target": "x" }), "/target"),
        (range("2026-11-22T10:00:00Z", "2026-11-22T10:00:00Z"), "/to"),
        (range("2026-11-22", "2026-11-23T00:00:00Z"), "/from"),
        (
            json!({ "kind": "events", "from": "2026-11-22T10:00:00Z", "to": "2026-11-23T10:00:00Z" }),
            "/target",
        ),
        (
            json!({ "kind": "projections", "events_per_second": 5 }),
            "/events_per_second",
        ),
        (limited(json!(0)), "/events_per_second"),
        (limited(json!(10_001)), "/events_per_second"),
        (limited(json!("fast")), "/events_per_second"),
    ] {
        let answer = client.post("/v1/replays", &body).await;
        assert_eq!(
            (answer.status, answer.places()),
            (StatusCode::BAD_REQUEST, vec![place.to_owned()]),
            "{body}"
        );
    }
    for (body, place) in [
        (json!({}), "/max"),
        (json!({ "max": 0 }), "/max"),
        (json!({ "max": 101 }), "/max"),
        (json!({ "max": 1, "ids": ["a"] }), "/max"),
        (json!({ "ids": [] }), "/ids"),
        (json!({ "ids": [1] }), "/ids"),
        (json!({ "ids": [""] }), "/ids"),
        (json!({ "ids": ["a/b"] }), "/ids"),
        (json!({ "ids": ["i".repeat(129)] }), "/ids"),
        (json!({ "ids": ["a", "a"] }), "/ids"),
        (json!({ "max": 1, "dry_run": 1 }), "/dry_run"),
    ] {
        let answer = client.post("/v1/dead-letters/redrive", &body).await;
        assert_eq!(
            (answer.status, answer.places()),
            (StatusCode::BAD_REQUEST, vec![place.to_owned()]),
            "{body}"
        );
    }
    assert_eq!(client.world.bus.published(), []);

    // What is no id of a replay is no key of its table.
    let long = "r".repeat(3_000);
    for path in [format!("/v1/replays/{long}"), "/v1/replays/%00".to_owned()] {
        let answer = client.get(&path).await;
        let refused = (answer.status, answer.places());
        assert_eq!(
            refused,
            (
                StatusCode::BAD_REQUEST,
                vec!["parameter replay_id".to_owned()]
            )
        );
    }
}

#[tokio::test]
async fn a_customer_is_erased_at_the_revision_that_the_request_names_and_at_no_other() {
    let client = Client::with_account().await;
    let path = "/v1/customers/CUST-42";
    let body = json!({ "email": "ana@example.com", "name": "Ana" });
    client.json(Method::PUT, path, &[], &body).await;
    let erase = |revision: &'static str| {
        let headers = [("if-match", revision)];
        let client = &client;
        async move {
            client
                .json(Method::DELETE, path, &headers, &Value::Null)
                .await
                .status
        }
    };
    assert_eq!(erase("").await, StatusCode::BAD_REQUEST);
    assert_eq!(erase("\"2\"").await, StatusCode::PRECONDITION_FAILED);
    assert_eq!(client.get(path).await.status, StatusCode::OK);
    assert_eq!(erase("\"1\"").await, StatusCode::NO_CONTENT);
    assert_eq!(client.get(path).await.status, StatusCode::NOT_FOUND);
    // Idempotent.
    assert_eq!(erase("\"1\"").await, StatusCode::NO_CONTENT);
}
