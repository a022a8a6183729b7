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
