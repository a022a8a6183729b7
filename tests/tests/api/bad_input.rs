//! Whatever is malformed gets a 4xx problem that names the field, and nothing
//! is stored.

use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use serde_json::{Value, json};
use tests::world::{deposited, opened};

use crate::client::{Answer, Client};

const PATH: &str = "/v1/accounts/ACC-1/events";

fn movement(amount: Value, currency: &str) -> Value {
    json!({ "events": [{
        "type": "MoneyDeposited", "occurred_at": "2026-11-22T10:00:00Z",
        "data": { "amount": amount, "currency": currency },
    }]})
}

fn eur(amount: &str) -> Value {
    movement(json!(amount), "EUR")
}

/// A good body with one field of its event changed.
fn with(name: &str, value: Value) -> Value {
    let mut body = eur("1.00");
    body["events"][0][name] = value;
    body
}

async fn post_raw(
    client: &Client,
    path: &str,
    headers: &[(&str, &str)],
    body: impl Into<Body>,
) -> Answer {
    let mut request = Request::post(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    client.send(request.body(body.into()).unwrap()).await
}

type Headers<'a> = &'a [(&'a str, &'a str)];

const JSON: (&str, &str) = ("content-type", "application/json");
const KEY: (&str, &str) = ("idempotency-key", "key-1");

#[tokio::test]
async fn every_malformed_body_is_refused_by_the_pointer_of_its_field() {
    let amount = "/events/0/data/amount";
    let ten_to_the_30 = format!("1{}.00", "0".repeat(30));
    let unknown_field = json!({ "amount": "1.00", "currency": "EUR", "ammount": "1.00" });
    let many: Vec<Value> = (0..26).map(|_| deposited("1.00")).collect();
    let second_opening = json!({ "events": [deposited("1.00"), opened()] });
    let cases = [
        ("an array", json!([]), ""),
        ("no events", json!({}), "/events"),
        ("an empty list", json!({ "events": [] }), "/events"),
        ("26 events", json!({ "events": many }), "/events"),
        (
            "an unknown field of the body",
            json!({ "events": [deposited("1.00")], "extra": 1 }),
            "/extra",
        ),
        (
            "an unknown field of an event",
            with("extra", json!(1)),
            "/events/0/extra",
        ),
        (
            "an unknown field of the data",
            with("data", unknown_field),
            "/events/0/data/ammount",
        ),
        (
            "an unknown event type",
            with("type", json!("MoneyTeleported")),
            "/events/0/type",
        ),
        (
            "a type that is ours to derive",
            with("type", json!("AccountOverdrawn")),
            "/events/0/type",
        ),
        ("12.345 EUR", eur("12.345"), amount),
        ("1e3 EUR", eur("1e3"), amount),
        ("-1.00 EUR", eur("-1.00"), amount),
        ("0.00 EUR", eur("0.00"), amount),
        ("NaN EUR", eur("NaN"), amount),
        ("10^30 EUR", eur(&ten_to_the_30), amount),
        (
            "a number for an amount",
            movement(json!(12.5), "EUR"),
            amount,
        ),
        ("1250.00 JPY", movement(json!("1250.00"), "JPY"), amount),
        (
            "currency XXX1",
            movement(json!("1.00"), "XXX1"),
            "/events/0/data/currency",
        ),
        (
            "another currency than the account's",
            movement(json!("1.00"), "USD"),
            "/events/0/data/currency",
        ),
        (
            "a time without zone",
            with("occurred_at", json!("2026-11-22T10:00:00")),
            "/events/0/occurred_at",
        ),
        (
            "a time that is none",
            with("occurred_at", json!("yesterday")),
            "/events/0/occurred_at",
        ),
        (
            "an opening in second place",
            second_opening,
            "/events/1/type",
        ),
        (
            "a reversal of nothing",
            json!({ "events": [{
            "type": "TransactionReversed", "occurred_at": "2026-11-22T10:00:00Z",
            "data": { "reverses": "00000000-0009-85eb-8766-88ef9ab65883" } }]}),
            "/events/0/data/reverses",
        ),
    ];
    let client = Client::with_account().await;
    let stored = client.world.store.log();
    let mut problems = Vec::new();
    for (what, body, pointer) in cases {
        let answer = client.json(Method::POST, PATH, &[KEY], &body).await;
        assert_eq!(
            answer.status,
            StatusCode::BAD_REQUEST,
            "{what}: {:#}",
            answer.body
        );
        assert_eq!(answer.places(), [pointer], "{what}");
        problems.push(json!({ "what": what, "problem": answer.body }));
    }
    assert_eq!(client.world.store.log(), stored);
    // No refusal has used up the key.
    assert_eq!(
        client
            .append("ACC-1", KEY.1, &[deposited("1.00")])
            .await
            .status,
        StatusCode::CREATED
    );
    insta::assert_json_snapshot!(problems);
}

#[tokio::test]
async fn every_malformed_header_and_path_is_refused_by_its_name() {
    let key_of_256 = "k".repeat(256);
    let good = eur("1.00").to_string();
    let key_name = "header Idempotency-Key";
    let account = "parameter account_id";
    let long_account = format!("/v1/accounts/{}/events", "a".repeat(65));
    let cases: [(&str, &str, Headers, u16, &str); 16] = [
        ("no key", PATH, &[JSON], 400, key_name),
        (
            "an empty key",
            PATH,
            &[JSON, ("idempotency-key", "")],
            400,
            key_name,
        ),
        (
            "a key with a space",
            PATH,
            &[JSON, ("idempotency-key", "a b")],
            400,
            key_name,
        ),
        (
            "a key of 256 characters",
            PATH,
            &[JSON, ("idempotency-key", &key_of_256)],
            400,
            key_name,
        ),
        ("no content type", PATH, &[KEY], 415, "header Content-Type"),
        (
            "text",
            PATH,
            &[KEY, ("content-type", "text/plain")],
            415,
            "header Content-Type",
        ),
        (
            "a version without quotes",
            PATH,
            &[JSON, KEY, ("if-match", "1")],
            400,
            "header If-Match",
        ),
        (
            "a weak version",
            PATH,
            &[JSON, KEY, ("if-match", "W/\"1\"")],
            400,
            "header If-Match",
        ),
        (
            "a version below zero",
            PATH,
            &[JSON, KEY, ("if-match", "\"-1\"")],
            400,
            "header If-Match",
        ),
        (
            "a correlation id with a space",
            PATH,
            &[JSON, KEY, ("x-correlation-id", "a b")],
            400,
            "header X-Correlation-Id",
        ),
        (
            "an account id with a slash",
            "/v1/accounts/a/b/events",
            &[JSON, KEY],
            404,
            account,
        ),
        (
            "an account id with a hidden slash",
            "/v1/accounts/a%2Fb/events",
            &[JSON, KEY],
            400,
            account,
        ),
        (
            "an account id with a NUL",
            "/v1/accounts/a%00b/events",
            &[JSON, KEY],
            400,
            account,
        ),
        (
            "an account id that is no UTF-8",
            "/v1/accounts/a%FFb/events",
            &[JSON, KEY],
            400,
            account,
        ),
        (
            "an account id that starts with a dot",
            "/v1/accounts/.a/events",
            &[JSON, KEY],
            400,
            account,
        ),
        (
            "an account id of 65 characters",
            &long_account,
            &[JSON, KEY],
            400,
            account,
        ),
    ];
    let client = Client::with_account().await;
    let stored = client.world.store.log();
    let mut problems = Vec::new();
    for (what, path, headers, status, place) in cases {
        let answer = post_raw(&client, path, headers, good.clone()).await;
        assert_eq!(answer.status.as_u16(), status, "{what}: {:#}", answer.body);
        assert_eq!(answer.places(), [place], "{what}");
        problems.push(json!({ "what": what, "problem": answer.body }));
    }
    assert_eq!(client.world.store.log(), stored);
    insta::assert_json_snapshot!(problems);
}

#[tokio::test]
async fn what_is_not_json_or_too_much_is_refused_as_a_whole() {
    let client = Client::with_account().await;
    let deep = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
    for text in [
        "",
        "nonsense",
        "{\"events\": [",
        "{\"events\": NaN}",
        "\u{0}",
        deep.as_str(),
    ] {
        let answer = post_raw(&client, PATH, &[JSON, KEY], text.to_owned()).await;
        assert_eq!(
            (answer.status, answer.places()),
            (StatusCode::BAD_REQUEST, vec![String::new()]),
            "{text:.20}"
        );
    }
    let not_utf8 = post_raw(&client, PATH, &[JSON, KEY], vec![b'"', 0xff, b'"']).await;
    assert_eq!(not_utf8.status, StatusCode::BAD_REQUEST);

    for size in [64 * 1024 + 1, 1024 * 1024] {
        let answer = post_raw(&client, PATH, &[JSON, KEY], " ".repeat(size)).await;
        assert_eq!(
            (answer.status, answer.places()),
            (StatusCode::PAYLOAD_TOO_LARGE, vec![String::new()])
        );
    }
    let mut padded = eur("1.00").to_string();
    padded.push_str(&" ".repeat(64 * 1024 - padded.len()));
    assert_eq!(client.world.store.log().len(), 1);
    let answer = post_raw(&client, PATH, &[JSON, KEY], padded).await;
    assert_eq!(answer.status, StatusCode::CREATED, "64 KiB are allowed");
}
