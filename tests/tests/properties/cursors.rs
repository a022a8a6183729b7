//! Any cursor, to every question that takes one, on the store of one machine:
//! an answer or a refusal. What was given out never has such numbers and texts;
//! who makes them up is told so, and loses no connection.

use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use embedded::{Pipeline, Settings};
use handlers::http::router;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use tests::world::{TestClock, account, deposited, opened, request};
use tower::ServiceExt;

/// Cursors for each question.
const CURSORS: usize = 150;

const QUESTIONS: [&str; 8] = [
    "accounts?limit=2",
    "accounts/ACC-1/notifications?limit=2",
    "accounts/ACC-1/schedules?limit=2",
    "verifications?limit=2",
    "events?limit=2",
    "events?limit=2&order=desc",
    "commits?limit=2",
    "what-if?limit=2",
];

/// A value at an end of its range, or of another type.
fn extreme() -> impl Strategy<Value = Value> {
    let numbers = prop_oneof![
        Just(json!(0)),
        Just(json!(1)),
        Just(json!(-1)),
        Just(json!(u64::MAX)),
        Just(json!(u64::MAX - 1)),
        Just(json!(i64::MAX)),
        Just(json!(i64::MIN)),
        Just(json!(1e308)),
        Just(json!(-0.5)),
        any::<u64>().prop_map(|number| json!(number)),
    ];
    let texts = prop_oneof![
        Just(json!("")),
        Just(json!("ACC-1")),
        Just(json!("\u{0}")),
        Just(json!("x".repeat(3000))),
        Just(json!("2026-11-22T12:00:00Z")),
        Just(json!("-262143-01-01T00:00:00Z")),
        Just(json!("+262142-12-31T23:59:59.999999999Z")),
        Just(json!("9999-12-31T23:59:60Z")),
        "\\PC{0,12}".prop_map(|text| json!(text)),
    ];
    let others = prop_oneof![
        Just(Value::Null),
        Just(json!(true)),
        Just(json!([])),
        Just(json!({})),
    ];
    prop_oneof![4 => numbers, 4 => texts, 1 => others]
}

/// Something that looks like a cursor of one of the questions.
fn place() -> impl Strategy<Value = Value> {
    let place = (extreme(), extreme(), extreme()).prop_map(|(time, account, version)| {
        json!({ "recorded_at": time, "account_id": account, "first_version": version })
    })
    .boxed();
    // What the store itself gave, as text in a text.
    let key = (extreme(), extreme(), extreme(), 0..4_usize)
        .prop_map(|(a, b, c, fields)| {
            let names = ["account_id", "schedule_id", "position", "notification_id"];
            let fields = names.into_iter().zip([a.clone(), b, c, a]).take(fields + 1);
            json!(Value::from_iter(fields).to_string())
        })
        .boxed();
    prop_oneof![
        3 => place.clone(),
        3 => (place.clone(), extreme()).prop_map(|(after, skip)| json!({ "after": after, "skip": skip })),
        1 => place.prop_map(|after| json!({ "after": after })),
        1 => extreme().prop_map(|version| json!({ "after-version": version })),
        1 => extreme().prop_map(|account| json!({ "history": account })),
        1 => extreme().prop_map(|cursor| json!({ "readmodel": cursor })),
        3 => key.clone(),
        1 => key.prop_map(|key| json!({ "readmodel": key })),
        1 => extreme(),
    ]
}

async fn two_accounts(folder: &std::path::Path) -> Pipeline {
    let settings = Settings {
        data_dir: folder.join("data"),
        bank_name: "Example Bank".to_owned(),
        mail_from: "notices@bank.example".to_owned(),
        heartbeat: Duration::from_secs(3600),
        public_url: "http://127.0.0.1/v1".to_owned(),
        clock: Arc::new(TestClock::default()),
    };
    let pipeline = Pipeline::start(&settings).await.unwrap();
    for number in 1..=2 {
        let events = [opened(), deposited("1.00"), deposited("2.00")];
        let request = request(&account(number), "open", events);
        pipeline.api.appender.append(&request).await.unwrap();
    }
    pipeline
}

#[tokio::test(flavor = "multi_thread")]
async fn any_cursor_is_answered_or_refused_by_every_question() {
    let folder = tempfile::tempdir().unwrap();
    let pipeline = two_accounts(folder.path()).await;
    let router = router(pipeline.api.clone());
    let mut runner = TestRunner::deterministic();
    for question in QUESTIONS {
        for _ in 0..CURSORS {
            let place = place().new_tree(&mut runner).unwrap().current();
            let cursor = URL_SAFE_NO_PAD.encode(place.to_string());
            let uri = format!("/v1/{question}&cursor={cursor}");
            let request = match question.starts_with("what-if") {
                false => Request::get(uri).body(Body::empty()),
                true => Request::post(uri)
                    .header("content-type", "application/json")
                    .body(Body::from(
                        r#"{"from":"2026-01-01T00:00:00Z","to":"2027-01-01T00:00:00Z","preferences":{}}"#,
                    )),
            };
            let answer = router.clone().oneshot(request.unwrap()).await.unwrap();
            let status = answer.status();
            let body = to_bytes(answer.into_body(), 1 << 20).await.unwrap();
            let answered = [
                StatusCode::OK,
                StatusCode::BAD_REQUEST,
                StatusCode::NOT_FOUND,
            ];
            assert!(
                answered.contains(&status),
                "{question}, {place}: {status} {}",
                String::from_utf8_lossy(&body)
            );
        }
    }
    pipeline.stop().await;
}
