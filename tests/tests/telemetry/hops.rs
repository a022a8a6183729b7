//! One correlation id, from the request to the reports about the mail.

use std::time::Duration;

use axum::body::Body;
use axum::http::{Request, StatusCode};
use handlers::composition::Composition;
use handlers::error::Error;
use handlers::http::router;
use handlers::redrive::Selection;
use serde_json::{Value, json};
use tests::world::{Answer, Fault, World, account, deposited, opened};
use tower::ServiceExt;

use crate::log::Log;

/// What SES tells of the world's only mail.
pub fn told_of_the_mail(world: &World, event_type: &str, name: &str) -> Value {
    let mail = world.mailer.accepted().remove(0);
    json!({
        "id": "6a7e8feb-b491-4cf7-a9f1-bf3703467718",
        "source": "aws.ses", "detail-type": "Email Delivered", "time": "2026-11-22T12:41:03Z",
        "detail": {
            "eventType": event_type,
            name: { "timestamp": "2026-11-22T12:41:02Z", "bounceType": "Permanent", "bounceSubType": "General",
                "bouncedRecipients": [{ "emailAddress": mail.to }] },
            "mail": {
                "timestamp": "2026-11-22T12:41:01Z", "messageId": "message-1", "destination": [mail.to],
                "tags": { "notification_id": [mail.notification_id.to_string()], "attempt": [mail.attempt.to_string()] },
            },
        },
    })
}

/// The messages of the lines with this correlation id, in order.
fn of(log: &Log, correlation_id: &str) -> Vec<String> {
    let lines = log.lines();
    let ours = lines
        .iter()
        .filter(|line| line["correlation_id"] == correlation_id);
    ours.map(|line| line["message"].as_str().unwrap().to_owned())
        .collect()
}

async fn post(world: &World, correlation_id: &str, events: Value) -> StatusCode {
    let request = Request::post("/v1/accounts/ACC-1/events")
        .header("content-type", "application/json")
        .header("idempotency-key", correlation_id)
        .header("x-correlation-id", correlation_id)
        .body(Body::from(json!({ "events": events }).to_string()))
        .unwrap();
    router(world.api()).oneshot(request).await.unwrap().status()
}

#[tokio::test]
async fn every_hop_of_an_event_writes_a_line_with_the_request_s_correlation_id() {
    let log = Log::start();
    let world = World::default();
    world.customer_with("ana@example.com", json!({})).await;
    assert_eq!(
        post(&world, "opening", json!([opened()])).await,
        StatusCode::CREATED
    );
    assert_eq!(
        post(&world, "corr-42", json!([deposited("1.00")])).await,
        StatusCode::CREATED
    );
    world.project(world.stream()).await;
    world.settle().await;
    let told = told_of_the_mail(&world, "Delivery", "delivery");
    world.feedback().deliver(&told).await.unwrap();
    assert_eq!(
        of(&log, "corr-42"),
        [
            "appended",
            "projected",
            "published",
            "mail sent",
            "what became of a mail"
        ]
    );
    assert_eq!(of(&log, "opening"), ["appended", "projected", "published"]);
}

#[tokio::test]
async fn a_request_that_fails_is_in_the_log_with_its_correlation_id() {
    let log = Log::start();
    let world = World::default();
    for nth in 0..20 {
        let broken = Fault::FailBefore(Error::Permanent("the table is gone".into()));
        world.faults.at("store.head", nth, broken);
    }
    let status = post(&world, "corr-42", json!([opened()])).await;
    assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(of(&log, "corr-42"), ["answered 500"]);
}

#[tokio::test]
async fn a_mail_of_unknown_outcome_keeps_its_correlation_id_through_letter_and_redrive() {
    let log = Log::start();
    let world = World::default();
    world.customer_with("ana@example.com", json!({})).await;
    world.account_with(&account(1), &["1.00"]).await;
    world.mailer.answer([Answer::UnknownLost].to_vec());
    world.project(world.stream()).await;
    world.settle().await;
    world.clock.advance(Duration::from_secs(3600));
    let ids = world.dead_letters.ids();
    let named = Selection {
        ids,
        ..Selection::default()
    };
    world.redriver().redrive(&named).await.unwrap();
    world.settle().await;
    assert_eq!(
        of(&log, "corr-deposit-0"),
        [
            "appended",
            "projected",
            "published",
            "a mail of unknown outcome waits for an operator",
            "nobody knows whether a mail was sent",
            "published",
            "redriven",
            "mail sent",
        ]
    );
}

#[tokio::test]
async fn what_had_waited_is_told_with_the_correlation_id_of_its_event() {
    let log = Log::start();
    let world = World::default();
    let quiet = json!({ "quiet_hours": { "from": "00:00", "to": "23:59" } });
    world.customer_with("ana@example.com", quiet).await;
    world.account_with(&account(1), &["1.00"]).await;
    world.project(world.stream()).await;
    world.settle().await;
    world.customer_with("ana@example.com", json!({})).await;
    world.clock.advance(Duration::from_secs(86_400));
    world
        .notifier()
        .run_due(Duration::from_secs(60))
        .await
        .unwrap();
    let sent: Vec<Value> = log
        .lines()
        .into_iter()
        .filter(|line| line["message"] == "mail sent")
        .collect();
    assert_eq!(sent.len(), 1, "{sent:#?}");
    assert_eq!(sent[0]["correlation_id"], "corr-deposit-0");
    assert_eq!(
        sent[0]["EndToEndLag"],
        Value::Null,
        "it waited because the customer wished so"
    );
}

#[tokio::test]
async fn a_replay_is_followed_by_its_own_id() {
    let log = Log::start();
    let world = World::default();
    world.account_with(&account(1), &["1.00"]).await;
    world.clock.advance(Duration::from_secs(60));
    let body = json!({ "kind": "events", "from": "2026-01-01T00:00:00Z", "to": "2027-01-01T00:00:00Z",
        "target": "warehouse" });
    let request = handlers::replay::ReplayRequest::read(body).unwrap();
    let id = world.replayer().request(request).await.unwrap();
    let call = world.bus.take_waiting().remove(0);
    world
        .replayer()
        .deliver(&call.detail, Duration::from_secs(600))
        .await
        .unwrap();
    assert_eq!(of(&log, &id), ["published", "published again"]);
}
