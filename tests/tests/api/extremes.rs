//! Numbers at the ends of their ranges: an answer or a refusal, never a panic,
//! which would drop the connection.

use axum::http::StatusCode;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use tests::world::{deposited, withdrawn};

use crate::client::{Answer, Client};

const NUMBERS: [u64; 9] = [
    0,
    1,
    24,
    25,
    1 << 48,
    i64::MAX as u64,
    i64::MAX as u64 + 1,
    u64::MAX - 1,
    u64::MAX,
];
const TIMES: [&str; 6] = [
    "-262143-01-01T00:00:00Z",
    "0000-01-01T00:00:00Z",
    "1970-01-01T00:00:00.000000001Z",
    "2262-04-11T23:47:16.854775808Z",
    "9999-12-31T23:59:59.999999999Z",
    "+262142-12-31T23:59:59.999999999Z",
];

fn cursor(place: &Value) -> String {
    URL_SAFE_NO_PAD.encode(place.to_string())
}

async fn two_movements() -> Client {
    let client = Client::with_account().await;
    client
        .append("ACC-1", "one", &[deposited("2.00"), withdrawn("1.00")])
        .await;
    client
        .world
        .clock
        .advance(std::time::Duration::from_secs(60));
    client
}

#[track_caller]
fn is_answered(what: &str, answer: &Answer) {
    let answered = [
        StatusCode::OK,
        StatusCode::BAD_REQUEST,
        StatusCode::NOT_FOUND,
    ];
    assert!(
        answered.contains(&answer.status),
        "{what}: {} {:#}",
        answer.status,
        answer.body
    );
}

#[tokio::test]
async fn every_question_answers_for_the_highest_and_lowest_numbers() {
    let client = two_movements().await;
    for number in NUMBERS {
        for question in [
            format!("accounts/ACC-1/events?after_version={number}"),
            format!("accounts/ACC-1/events?after_version={number}&order=desc"),
            format!("accounts/ACC-1/events?after_version={number}&limit=1000"),
            format!("accounts/ACC-1/commits?after_version={number}"),
            format!("accounts/ACC-1?as_of_version={number}"),
            format!("accounts?limit={number}"),
            format!("events?limit={number}"),
            format!("commits?limit={number}"),
            format!("dead-letters?limit={number}"),
        ] {
            let answer = client.get(&format!("/v1/{question}")).await;
            is_answered(&question, &answer);
        }
    }
}

#[tokio::test]
async fn every_cursor_of_places_answers_for_the_ends_of_its_numbers_and_times() {
    let client = two_movements().await;
    for time in TIMES {
        for number in NUMBERS {
            let place =
                json!({ "recorded_at": time, "account_id": "ACC-1", "first_version": number });
            let commits = cursor(&place);
            let what_if = [
                cursor(&json!({ "after": place })),
                cursor(&json!({ "after-version": number })),
            ];
            for skip in [0, 1, 24, number] {
                let events = cursor(&json!({ "after": place, "skip": skip }));
                for order in ["asc", "desc"] {
                    let question = format!("events?cursor={events}&order={order}&limit=1000");
                    let answer = client.get(&format!("/v1/{question}")).await;
                    is_answered(&format!("events after {place}, skip {skip}"), &answer);
                }
            }
            let answer = client.get(&format!("/v1/commits?cursor={commits}")).await;
            is_answered(&format!("commits after {place}"), &answer);
            for scope in [json!({}), json!({ "account_id": "ACC-1" })] {
                let mut body = json!({ "from": "2026-11-01T00:00:00Z", "to": "2026-12-01T00:00:00Z",
                    "preferences": {} });
                body.as_object_mut()
                    .unwrap()
                    .extend(scope.as_object().unwrap().clone());
                for position in &what_if {
                    let path = format!("/v1/what-if?cursor={position}");
                    let answer = client.post(&path, &body).await;
                    is_answered(&format!("what-if after {place}"), &answer);
                }
            }
        }
    }
}

#[tokio::test]
async fn a_cursor_that_skips_more_than_a_commit_can_hold_is_refused() {
    let client = two_movements().await;
    let events = cursor(&json!({ "after": null, "skip": 25 }));
    let answer = client.get(&format!("/v1/events?cursor={events}")).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    assert_eq!(answer.places(), ["parameter cursor"]);
}
