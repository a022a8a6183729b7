//! A time or a date that not every reader of the history knows is refused by
//! its field, wherever a caller can give one.

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};
use tests::world::deposited;

use crate::client::Client;

/// Times of RFC 3339's form that are none here.
const REFUSED: [&str; 9] = [
    "2016-12-31T23:59:60Z",
    "2016-12-31T23:59:60.5Z",
    "2017-01-01T00:59:60+01:00",
    "0000-01-01T00:00:00Z",
    "0001-01-01T00:00:00Z",
    "1899-12-31T23:59:59.999999999Z",
    "1900-01-01T00:00:00+01:00",
    "1899-12-31T23:59:59-01:00",
    "9999-12-31T23:59:59-01:00",
];

fn encoded(text: &str) -> String {
    text.replace('+', "%2B")
}

#[tokio::test]
async fn a_time_with_the_second_60_or_of_a_year_before_1900_is_refused_by_its_field() {
    let client = Client::with_account().await;
    let stored = client.world.store.log();
    for time in REFUSED {
        let mut event = deposited("1.00");
        event["occurred_at"] = json!(time);
        let refused = client.append("ACC-1", "key-1", &[event]).await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{time}");
        assert_eq!(refused.places(), ["/events/0/occurred_at"], "{time}");

        let path = format!("/v1/accounts/ACC-1?as_of={}", encoded(time));
        let refused = client.get(&path).await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{time}");
        assert_eq!(refused.places(), ["parameter as_of"], "{time}");

        let later = "2030-01-01T00:00:00Z";
        let replay = json!({ "kind": "events", "from": time, "to": later, "target": "notify" });
        let refused = client.post("/v1/replays", &replay).await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{time}");
        assert_eq!(refused.places(), ["/from"], "{time}");

        let schedule = |at: &str, end: &str| -> Value {
            json!({ "operation": { "type": "MoneyWithdrawn", "data": { "amount": "1.00", "currency": "EUR" } },
                "when": { "at": at }, "time_zone": "UTC", "end": end })
        };
        for (at, end, place) in [(time, later, "/when/at"), (later, time, "/end")] {
            let path = "/v1/accounts/ACC-1/schedules/rent";
            let refused = client
                .json(Method::PUT, path, &[], &schedule(at, end))
                .await;
            assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{time} {place}");
            assert_eq!(refused.places(), [place], "{time}");
        }
    }
    assert_eq!(client.world.store.log(), stored);
}

#[tokio::test]
async fn a_date_of_a_year_before_1900_is_refused_by_its_field() {
    let client = Client::with_account().await;
    for (date, status) in [
        ("0000-01-01", StatusCode::BAD_REQUEST),
        ("1899-12-31", StatusCode::BAD_REQUEST),
        ("1900-01-01", StatusCode::CREATED),
        ("9999-12-31", StatusCode::CREATED),
        ("2026-02-29", StatusCode::BAD_REQUEST),
    ] {
        let mut event = deposited("1.00");
        event["data"]["value_date"] = json!(date);
        let answer = client.append("ACC-1", date, &[event]).await;
        assert_eq!(answer.status, status, "{date}");
        if status == StatusCode::BAD_REQUEST {
            assert_eq!(answer.places(), ["/events/0/data/value_date"], "{date}");
        }
    }
}

#[tokio::test]
async fn the_ends_of_the_range_are_taken_and_answered_as_they_were_given() {
    let client = Client::with_account().await;
    for time in [
        "1900-01-01T00:00:00Z",
        "2016-12-31T23:59:59.999999999Z",
        "9999-12-31T23:59:59.999999999Z",
    ] {
        let mut event = deposited("1.00");
        event["occurred_at"] = json!(time);
        let answer = client.append("ACC-1", time, &[event]).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{time}");
        let history = client
            .get("/v1/accounts/ACC-1/events?limit=1&order=desc")
            .await;
        assert_eq!(history.body["events"][0]["occurred_at"], time);
    }
}

/// The deposit with a date in the place of its time.
fn deposited_on(date: Value) -> Value {
    let mut event = deposited("1.00");
    event.as_object_mut().unwrap().remove("occurred_at");
    event["occurred_on"] = date;
    event
}

#[tokio::test]
async fn a_date_without_a_time_is_answered_as_it_was_given_beside_its_midnight_in_utc() {
    let client = Client::with_account().await;
    for date in ["1900-01-01", "2003-10-20", "9999-12-31"] {
        let event = deposited_on(json!(date));
        let answer = client.append("ACC-1", date, &[event]).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{date}");
        let path = "/v1/accounts/ACC-1/events?limit=1&order=desc";
        let shown = client.get(path).await.body["events"][0].clone();
        assert_eq!(shown["occurred_on"], date);
        assert_eq!(shown["occurred_at"], format!("{date}T00:00:00Z"));
    }
    let time = client.get("/v1/accounts/ACC-1/events?limit=1").await;
    assert_eq!(time.body["events"][0].get("occurred_on"), None);
    let verified = client.get("/v1/accounts/ACC-1/verification").await;
    assert_eq!(verified.body["valid"], true, "{:#}", verified.body);
}

#[tokio::test]
async fn an_event_has_a_time_or_a_date_and_what_is_neither_is_refused_by_its_field() {
    let client = Client::with_account().await;
    let stored = client.world.store.log();
    let mut both = deposited("1.00");
    both["occurred_on"] = json!("2026-11-22");
    let mut neither = deposited("1.00");
    neither.as_object_mut().unwrap().remove("occurred_at");
    let mut cases = vec![
        (both, "/events/0/occurred_on"),
        (neither, "/events/0/occurred_at"),
    ];
    for date in [
        json!("2003-02-30"),
        json!("2003-10-20T00:00"),
        json!("2003-10-20T00:00:00Z"),
        json!("0000-01-01"),
        json!("1899-12-31"),
        json!("2003-1-2"),
        json!(""),
        json!(20_031_020),
        json!(null),
    ] {
        cases.push((deposited_on(date), "/events/0/occurred_on"));
    }
    for (event, place) in cases {
        let refused = client
            .append("ACC-1", "key-1", std::slice::from_ref(&event))
            .await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{event}");
        assert_eq!(refused.places(), [place], "{event}");
    }
    assert_eq!(client.world.store.log(), stored);
}

/// Versions before `occurred_on` imported a statement's booking as a midnight, under the key that it has today.
#[tokio::test]
async fn a_date_is_a_repeat_of_its_midnight_under_the_same_key() {
    let client = Client::with_account().await;
    let mut midnight = deposited("1.00");
    midnight["occurred_at"] = json!("2003-10-20T00:00:00Z");
    let first = client.append("ACC-1", "import-1", &[midnight]).await;
    assert_eq!(first.status, StatusCode::CREATED);
    let date = deposited_on(json!("2003-10-20"));
    let again = client.append("ACC-1", "import-1", &[date]).await;
    assert_eq!(again.status, StatusCode::OK, "{:#}", again.body);
    assert_eq!(again.body["events"], first.body["events"]);
    let other = deposited_on(json!("2003-10-21"));
    let other = client.append("ACC-1", "import-1", &[other]).await;
    assert_eq!(other.status, StatusCode::UNPROCESSABLE_ENTITY);
}
