//! JSONTestSuite and naughty strings, against every body: nothing answers 5xx, and nothing is stored of what is refused.

use std::fs;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode};
use handlers::composition::Composition;
use handlers::http::router;
use handlers::ports::Customers;
use serde_json::{Map, Value, json};
use tests::world::{World, account, customer};
use tower::ServiceExt;

/// Methods, paths and a good body of all that take JSON.
pub fn bodies() -> [(&'static str, &'static str, Value); 6] {
    let deposit = json!({ "events": [{
        "type": "MoneyDeposited", "occurred_at": "2026-11-22T10:00:00Z",
        "data": { "amount": "1.00", "currency": "EUR", "channel": "sepa", "counterparty": "Example Homes",
                  "reference": "Rent", "value_date": "2026-11-22" },
    }]});
    let customer = json!({
        "email": "ana@example.com", "name": "Ana", "locale": "en", "time_zone": "Europe/Paris",
        "preferences": { "delivery": "daily", "quiet_hours": { "from": "22:00", "to": "07:00" },
                         "kinds": { "deposit": { "enabled": true, "min_amount": { "EUR": "10.00" } } } },
    });
    let schedule = json!({
        "operation": { "type": "MoneyWithdrawn", "data": { "amount": "1.00", "currency": "EUR", "reference": "Rent" } },
        "when": { "cron": "cron(0 9 1 * ? *)" }, "time_zone": "Europe/Paris",
    });
    let replay = json!({
        "kind": "events", "from": "2026-11-01T00:00:00Z", "to": "2026-12-01T00:00:00Z", "accounts": ["ACC-1"], "target": "audit",
    });
    let redrive = json!({ "ids": ["1c4d1c6b-6e6c-5d58-b2ac-1f2f1b2f7a53"], "dry_run": true });
    let what_if = json!({
        "from": "2026-11-01T00:00:00Z", "to": "2026-12-01T00:00:00Z", "account_id": "ACC-1",
        "preferences": { "delivery": "weekly" },
    });
    [
        ("POST", "/v1/accounts/ACC-1/events", deposit),
        ("PUT", "/v1/customers/CUST-42", customer),
        ("PUT", "/v1/accounts/ACC-1/schedules/rent", schedule),
        ("POST", "/v1/replays", replay),
        ("POST", "/v1/dead-letters/redrive", redrive),
        ("POST", "/v1/what-if", what_if),
    ]
}

fn data(path: &str) -> Value {
    let text = fs::read(xtask::root().join(path)).unwrap();
    serde_json::from_slice(&text).unwrap()
}

/// JSONTestSuite's cases, and those of its cases that are no UTF-8, which no JSON file can hold.
fn suite() -> Vec<(String, Vec<u8>)> {
    let written = data("tests/data/json-test-suite/parsing.json");
    let written: &Map<String, Value> = written.as_object().unwrap();
    let mut cases: Vec<(String, Vec<u8>)> = written
        .iter()
        .map(|(name, text)| (name.clone(), text.as_str().unwrap().as_bytes().to_vec()))
        .collect();
    let not_utf8: [(&str, &[u8]); 12] = [
        (
            "i_string_UTF-16LE_with_BOM",
            b"\xff\xfe[\0\"\0\xe9\0\"\0]\0",
        ),
        (
            "i_string_UTF-8_invalid_sequence",
            b"[\"\xe6\x97\xa5\xd1\x88\xfa\"]",
        ),
        ("i_string_UTF8_surrogate_U+D800", b"[\"\xed\xa0\x80\"]"),
        ("i_string_iso_latin_1", b"[\"\xe9\"]"),
        ("i_string_overlong_sequence_2_bytes", b"[\"\xc0\xaf\"]"),
        (
            "i_string_overlong_sequence_6_bytes",
            b"[\"\xfc\x83\xbf\xbf\xbf\xbf\"]",
        ),
        ("i_string_truncated-utf-8", b"[\"\xe0\xff\"]"),
        ("i_string_utf16BE_no_BOM", b"\0[\0\"\0\xe9\0\"\0]"),
        ("n_number_invalid-utf-8-in-exponent", b"[1e1\xe5]"),
        ("n_string_invalid_utf8_after_escape", b"[\"\\\xe5\"]"),
        ("n_structure_incomplete_UTF8_BOM", b"\xef\xbb{}"),
        ("n_structure_lone-invalid-utf-8", b"\xe5"),
    ];
    cases.extend(not_utf8.map(|(name, bytes)| (name.to_owned(), bytes.to_vec())));
    cases.push((
        "n_structure_100000_opening_arrays".to_owned(),
        b"[".repeat(60_000),
    ));
    cases.push((
        "n_structure_open_array_object".to_owned(),
        b"[{\"\":".repeat(10_000),
    ));
    cases
}

/// The status and the answer, not held against the document: of so many that would take minutes, and schemathesis
/// does it.
async fn send(
    api: &Router,
    (method, path): (&str, &str),
    key: &str,
    body: Vec<u8>,
) -> (StatusCode, String) {
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header("content-type", "application/json")
        .header("idempotency-key", key)
        .body(Body::from(body));
    let response = api.clone().oneshot(request.unwrap()).await.unwrap();
    let status = response.status();
    if status.is_client_error() {
        assert_eq!(
            response.headers()["content-type"],
            "application/problem+json"
        );
    }
    let bytes = to_bytes(response.into_body(), 1 << 22).await.unwrap();
    (status, String::from_utf8_lossy(&bytes).into_owned())
}

/// How much there is of all that these requests could have changed.
pub async fn stored(world: &World) -> (usize, Option<u64>, usize, usize) {
    let person = world.customers.latest(&customer()).await.unwrap();
    (
        world.store.log().len(),
        person.map(|person| person.revision),
        world.bus.published().len(),
        world.dead_letters.ids().len(),
    )
}

async fn with_account() -> (World, Router) {
    let world = World::default();
    world.account_with(&account(1), &[]).await;
    let api = router(world.api());
    (world, api)
}

#[tokio::test]
async fn no_case_of_jsontestsuite_is_a_body_and_none_is_stored_or_breaks_anything() {
    let (world, api) = with_account().await;
    let before = stored(&world).await;
    let cases = suite();
    assert!(cases.len() > 300, "{}", cases.len());
    for (method, path, good) in bodies() {
        let good = good.to_string();
        let first = good.find(':').unwrap() + 1;
        for (name, case) in &cases {
            // As the whole body, and as the value of its first field.
            let inside = [&good.as_bytes()[..first], case, b"}"].concat();
            for body in [case.clone(), inside] {
                let (status, answer) = send(&api, (method, path), "case", body).await;
                let bad = StatusCode::BAD_REQUEST;
                assert_eq!(status, bad, "{method} {path} {name}: {answer}");
            }
        }
    }
    assert_eq!(stored(&world).await, before);
}

/// The places of all strings in a body.
fn strings(value: &Value, place: &str, found: &mut Vec<String>) {
    match value {
        Value::String(_) => found.push(place.to_owned()),
        Value::Array(values) => {
            for (index, value) in values.iter().enumerate() {
                strings(value, &format!("{place}/{index}"), found);
            }
        }
        Value::Object(map) => {
            for (name, value) in map {
                strings(value, &format!("{place}/{name}"), found);
            }
        }
        _ => {}
    }
}

#[tokio::test]
async fn a_naughty_string_in_any_field_is_refused_without_a_trace_or_kept_as_it_is() {
    let mut naughty = Vec::new();
    for list in ["blns", "ours"] {
        let path = format!("handlers/mail/tests/data/naughty-strings/{list}.json");
        let list = data(&path);
        naughty.extend(
            list.as_array()
                .unwrap()
                .iter()
                .map(|text| text.as_str().unwrap().to_owned()),
        );
    }
    assert!(naughty.len() > 500);
    let (mut refused, mut taken) = (0, 0);
    let free = ["/reference", "/counterparty", "/name"];
    for (method, path, good) in bodies() {
        let mut places = Vec::new();
        strings(&good, "", &mut places);
        for (number, text) in naughty.iter().enumerate() {
            let (world, api) = with_account().await;
            // Each string in one field of every body, and in each that is free text.
            let chosen = places.iter().enumerate().filter(|(index, place)| {
                *index == number % places.len() || free.iter().any(|end| place.ends_with(end))
            });
            for (index, place) in chosen {
                let mut body = good.clone();
                *body.pointer_mut(place).unwrap() = json!(text);
                let before = stored(&world).await;
                let key = format!("naughty-{number}-{index}");
                let body = body.to_string().into_bytes();
                let (status, answer) = send(&api, (method, path), &key, body).await;
                let what = format!("{method} {path} {place} {text:?}: {status} {answer}");
                assert!(!status.is_server_error(), "{what}");
                if !status.is_success() {
                    assert_eq!(stored(&world).await, before, "{what}");
                    refused += 1;
                    continue;
                }
                taken += 1;
                if path.ends_with("/events") {
                    let last = world.store.log().pop().unwrap();
                    let kept = serde_json::to_value(&last.events[0]).unwrap();
                    let place = place.trim_start_matches("/events/0");
                    assert_eq!(kept.pointer(place), Some(&json!(text)), "{what}: {kept:#}");
                }
            }
        }
    }
    // Both happen, or nothing is tested.
    assert!(
        refused > 500 && taken > 500,
        "{refused} refused, {taken} taken"
    );
}
