//! What callers get wrong: each fault is told with the name of its field, and
//! nothing of the request is stored.

use serde_json::{Value, json};
use tests::one_machine::{Answer, Api, Folder, Server, opening, raw_request};

use crate::Timed;

const PATH: &str = "/v1/accounts/ACC-BAD/events";
const JSON: (&str, &str) = ("content-type", "application/json");
const KEY: (&str, &str) = ("idempotency-key", "bad-input");

/// An opening that is right, and a deposit with one field changed: were it
/// stored in part, there would be an account.
fn with(field: &str, value: Value) -> String {
    let mut deposit = json!({
        "type": "MoneyDeposited",
        "occurred_at": "2026-11-22T10:00:00Z",
        "data": { "amount": "1.00", "currency": "EUR" },
    });
    match field.strip_prefix("data/") {
        Some(name) => deposit["data"][name] = value,
        None => deposit[field] = value,
    }
    json!({ "events": [opening("ana", "EUR"), deposit] }).to_string()
}

#[track_caller]
fn refused(what: &str, answer: &Answer, status: u16, location: &str, name: &str) {
    assert_eq!(answer.status, status, "{what}: {}", answer.text);
    assert_eq!(
        answer.header("content-type"),
        "application/problem+json",
        "{what}"
    );
    assert_eq!(answer.json["status"], status, "{what}");
    for member in ["type", "title", "detail"] {
        assert!(
            answer.json[member].is_string(),
            "{what}: no {member} in {}",
            answer.text
        );
    }
    let named = answer.json["errors"]
        .as_array()
        .into_iter()
        .flatten()
        .any(|error| error[location] == name);
    assert!(
        named,
        "{what}: {location} {name:?} is not named in {}",
        answer.text
    );
}

fn post(api: &Api, headers: &[(&str, &str)], body: &str) -> Answer {
    api.try_send("POST", PATH, headers, body).unwrap()
}

#[test]
fn bad_input_is_refused_with_the_name_of_its_field_and_nothing_is_stored() {
    let _timed = Timed::test("bad input");
    let folder = Folder::new();
    let server = Server::start(&folder);
    let api = server.api();

    let wrong_fields = [
        (
            "an unknown field",
            "data/colour",
            json!("red"),
            "/events/1/data/colour",
        ),
        (
            "an unknown member of an event",
            "more",
            json!(1),
            "/events/1/more",
        ),
        (
            "an unknown event type",
            "type",
            json!("MoneyPrinted"),
            "/events/1/type",
        ),
        (
            "three digits of euro",
            "data/amount",
            json!("12.345"),
            "/events/1/data/amount",
        ),
        (
            "an exponent",
            "data/amount",
            json!("1e3"),
            "/events/1/data/amount",
        ),
        (
            "a negative amount",
            "data/amount",
            json!("-1.00"),
            "/events/1/data/amount",
        ),
        (
            "not a number",
            "data/amount",
            json!("NaN"),
            "/events/1/data/amount",
        ),
        (
            "a number",
            "data/amount",
            json!(1.5),
            "/events/1/data/amount",
        ),
        (
            "ten to the thirty",
            "data/amount",
            json!(format!("1{}.00", "0".repeat(30))),
            "/events/1/data/amount",
        ),
        (
            "no currency",
            "data/currency",
            json!("XXX1"),
            "/events/1/data/currency",
        ),
        (
            "another currency",
            "data/currency",
            json!("USD"),
            "/events/1/data/currency",
        ),
        (
            "a time without zone",
            "occurred_at",
            json!("2026-11-22T10:00:00"),
            "/events/1/occurred_at",
        ),
        (
            "CR and LF in a text",
            "data/reference",
            json!("a\r\nBcc: b@example.com"),
            "/events/1/data/reference",
        ),
    ];
    for (what, field, value, pointer) in wrong_fields {
        refused(
            what,
            &post(&api, &[JSON, KEY], &with(field, value)),
            400,
            "pointer",
            pointer,
        );
    }

    refused(
        "not JSON",
        &post(&api, &[JSON, KEY], "{\"events\": ["),
        400,
        "pointer",
        "",
    );
    let text = [("content-type", "text/plain"), KEY];
    refused(
        "not sent as JSON",
        &post(&api, &text, &with("type", json!("x"))),
        415,
        "header",
        "Content-Type",
    );
    let many = json!({ "events": vec![opening("ana", "EUR"); 26] }).to_string();
    refused(
        "26 events",
        &post(&api, &[JSON, KEY], &many),
        400,
        "pointer",
        "/events",
    );
    let none = json!({ "events": [] }).to_string();
    refused(
        "no events",
        &post(&api, &[JSON, KEY], &none),
        400,
        "pointer",
        "/events",
    );
    let large = with("data/reference", json!("x".repeat(1024 * 1024)));
    refused(
        "a body of one megabyte",
        &post(&api, &[JSON, KEY], &large),
        413,
        "pointer",
        "",
    );

    let right = json!({ "events": [opening("ana", "EUR")] }).to_string();
    let long = "k".repeat(256);
    let keys = [
        ("a key of 256", long.as_str()),
        ("a key with a blank", "a b"),
        ("an empty key", ""),
    ];
    for (what, key) in keys {
        let answer = post(&api, &[JSON, ("idempotency-key", key)], &right);
        refused(what, &answer, 400, "header", "Idempotency-Key");
    }
    refused(
        "no key",
        &post(&api, &[JSON], &right),
        400,
        "header",
        "Idempotency-Key",
    );
    let if_match = [JSON, KEY, ("if-match", "seven")];
    refused(
        "a version that is none",
        &post(&api, &if_match, &right),
        400,
        "header",
        "If-Match",
    );

    let ids = [
        ("NUL", "a%00b", 400),
        ("a slash", "a/b", 404),
        ("an escaped slash", "a%2Fb", 400),
        ("a double slash", "/", 404),
        ("a blank", "a%20b", 400),
        ("no UTF-8", "a%FFb", 400),
        ("65 characters", &"x".repeat(65), 400),
    ];
    for (what, id, status) in ids {
        let answer = raw_request(&api, &raw(&format!("/v1/accounts/{id}/events"), &right));
        refused(what, &answer, status, "parameter", "account_id");
    }
    // No HTTP request has these in its first line; they do not come as far as our code.
    for id in ["a\0b", "a b"] {
        let answer = raw_request(&api, &raw(&format!("/v1/accounts/{id}/events"), &right));
        assert_eq!(answer.status, 400, "{id:?}: {}", answer.text);
    }

    nothing_is_stored(&api);
}

fn raw(path: &str, body: &str) -> Vec<u8> {
    format!(
        "POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nContent-Type: application/json\r\n\
         Idempotency-Key: raw\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

fn nothing_is_stored(api: &Api) {
    // Longer than the index and the projection stay behind.
    std::thread::sleep(std::time::Duration::from_secs(3));
    assert_eq!(api.get("/v1/accounts")["accounts"], json!([]));
    assert_eq!(api.get("/v1/events")["events"], json!([]));
    assert_eq!(
        api.send("GET", "/v1/accounts/ACC-BAD", &Value::Null).status,
        404
    );
    assert!(api.inbox().is_empty());
    assert!(api.dead_letters().is_empty());
    // None of the keys was used up by a request that was refused.
    let answer = post(
        api,
        &[JSON, KEY],
        &json!({ "events": [opening("ana", "EUR")] }).to_string(),
    );
    assert_eq!(answer.status, 201, "{}", answer.text);
}
