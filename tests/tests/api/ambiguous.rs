//! What a request says twice, each time something else: nobody guesses which one is meant.

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Method, Request, StatusCode};
use handlers::composition::Composition;
use handlers::http::router;
use serde_json::{Value, json};
use tests::world::{World, account};
use tower::ServiceExt;

use crate::client::{Answer, Client};
use crate::hostile_bodies::{bodies, stored};

/// Of each member of each object in a value: its pointer, and the text of the whole in which it stands twice.
fn each_member_twice(value: &Value) -> Vec<(String, String)> {
    fn walk(
        value: &Value,
        pointer: &str,
        around: &dyn Fn(String) -> String,
        found: &mut Vec<(String, String)>,
    ) {
        match value {
            Value::Array(values) => {
                for (index, inner) in values.iter().enumerate() {
                    let around = |text: String| {
                        let all = values
                            .iter()
                            .enumerate()
                            .map(|(at, other)| match at == index {
                                true => text.clone(),
                                false => other.to_string(),
                            });
                        around(format!("[{}]", all.collect::<Vec<_>>().join(",")))
                    };
                    walk(inner, &format!("{pointer}/{index}"), &around, found);
                }
            }
            Value::Object(map) => {
                for (name, inner) in map {
                    let with = |text: String| {
                        let all = map.iter().map(|(other, value)| match other == name {
                            true => text.clone(),
                            false => format!("{}:{value}", json!(other)),
                        });
                        around(format!("{{{}}}", all.collect::<Vec<_>>().join(",")))
                    };
                    let key = json!(name);
                    let place = format!("{pointer}/{name}");
                    let twice = with(format!("{key}:{inner},{key}:{inner}"));
                    found.push((place.clone(), twice));
                    walk(inner, &place, &|text| with(format!("{key}:{text}")), found);
                }
            }
            _ => {}
        }
    }
    let mut found = Vec::new();
    walk(value, "", &|text| text, &mut found);
    found
}

async fn send(api: &Router, request: Request<Body>) -> (StatusCode, Value) {
    let response = api.clone().oneshot(request).await.unwrap();
    let status = response.status();
    let bytes = to_bytes(response.into_body(), 1 << 22).await.unwrap();
    (
        status,
        serde_json::from_slice(&bytes).unwrap_or(Value::Null),
    )
}

#[tokio::test]
async fn a_member_that_a_body_has_twice_is_named_and_nothing_is_stored() {
    let world = World::default();
    world.account_with(&account(1), &[]).await;
    let api = router(world.api());
    let before = stored(&world).await;
    for (method, path, good) in bodies() {
        let cases = each_member_twice(&good);
        assert!(cases.len() >= 2, "{path}");
        for (pointer, body) in cases {
            let request = Request::builder()
                .method(method)
                .uri(path)
                .header("content-type", "application/json")
                .header("idempotency-key", "twice")
                .body(Body::from(body.clone()));
            let (status, answer) = send(&api, request.unwrap()).await;
            let what = format!("{method} {path} {body}: {answer}");
            assert_eq!(status, StatusCode::BAD_REQUEST, "{what}");
            let expected = json!([{ "pointer": pointer, "detail": "is given twice" }]);
            assert_eq!(answer["errors"], expected, "{what}");
        }
    }
    assert_eq!(stored(&world).await, before);
}

#[tokio::test]
async fn a_name_that_is_escaped_once_and_once_not_is_one_name() {
    let client = Client::with_account().await;
    let body = r#"{"events": [{"type": "MoneyDeposited", "occurred_at": "2026-11-22T10:00:00Z",
        "data": {"amount": "1.00", "currency": "EUR", "\u0061mount": "1000.00"}}]}"#;
    let request = Request::post("/v1/accounts/ACC-1/events")
        .header("content-type", "application/json")
        .header("idempotency-key", "escaped")
        .body(Body::from(body));
    let answer = client.send(request.unwrap()).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{answer:?}");
    assert_eq!(answer.body["errors"][0]["pointer"], "/events/0/data/amount");
}

fn deposit() -> Value {
    json!({ "events": [{
        "type": "MoneyDeposited", "occurred_at": "2026-11-22T10:00:00Z",
        "data": { "amount": "1.00", "currency": "EUR" },
    }]})
}

async fn append(client: &Client, headers: &[(&str, &str)]) -> Answer {
    let path = "/v1/accounts/ACC-1/events";
    client.json(Method::POST, path, headers, &deposit()).await
}

#[tokio::test]
async fn a_header_of_ours_that_says_two_things_is_named_and_nothing_is_stored() {
    let client = Client::with_account().await;
    let key = ("Idempotency-Key", "one");
    for (name, first, second) in [
        ("Idempotency-Key", "one", "two"),
        ("If-Match", "\"1\"", "\"2\""),
        ("X-Correlation-Id", "a", "b"),
        ("Content-Type", "application/json", "text/plain"),
    ] {
        for (first, second) in [(first, second), (second, first)] {
            let mut headers = vec![(name, first), (name, second)];
            if name != key.0 {
                headers.push(key);
            }
            let answer = append(&client, &headers).await;
            assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{name}: {answer:?}");
            let error = &answer.body["errors"][0];
            assert_eq!(error["header"], name, "{answer:?}");
            assert_eq!(error["detail"], "is given twice, with other values");
        }
    }
    assert_eq!(client.world.store.log().len(), 1);
}

#[tokio::test]
async fn a_header_that_says_the_same_twice_says_it() {
    let client = Client::with_account().await;
    let headers = [
        ("Idempotency-Key", "one"),
        ("Idempotency-Key", "one"),
        ("If-Match", "\"1\""),
        ("If-Match", "\"1\""),
        ("X-Correlation-Id", "a"),
        ("X-Correlation-Id", "a"),
    ];
    let answer = append(&client, &headers).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{answer:?}");
    assert_eq!(answer.header("x-correlation-id"), Some("a"));
}

#[tokio::test]
async fn a_route_that_does_not_need_the_header_does_not_guess_either() {
    let client = Client::with_account().await;
    for (method, path) in [
        (Method::GET, "/v1/accounts/ACC-1"),
        (Method::GET, "/v1/events"),
        (Method::DELETE, "/v1/customers/CUST-42"),
        (Method::POST, "/v1/replays"),
    ] {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("x-correlation-id", "a")
            .header("x-correlation-id", "b");
        let answer = client.send(request.body(Body::empty()).unwrap()).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{path}: {answer:?}");
        assert_eq!(answer.body["errors"][0]["header"], "X-Correlation-Id");
    }
}
