//! A bit of everything that can happen to the events of one customer.

use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::http::Request;
use domain::Schedule;
use handlers::composition::Composition;
use handlers::error::Error;
use handlers::http::router;
use handlers::redrive::Selection;
use handlers::replay::ReplayRequest;
use handlers::schedule::Change;
use serde_json::{Value, json};
use tests::canary::Canary;
use tests::world::{Answer, Fault, World, account, customer, opened};
use tower::ServiceExt;

const MINUTE: Duration = Duration::from_secs(60);

/// A request as the API takes it; answers with the whole answer.
pub async fn ask(world: &World, method: &str, path: &str, body: &Value) -> String {
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header("content-type", "application/json")
        .header("idempotency-key", "asked")
        .body(Body::from(if body.is_null() {
            String::new()
        } else {
            body.to_string()
        }))
        .unwrap();
    let answer = router(world.api()).oneshot(request).await.unwrap();
    let bytes = to_bytes(answer.into_body(), 1 << 22).await.unwrap();
    String::from_utf8_lossy(&bytes).into_owned()
}

async fn move_money(world: &World, key: &str, event_type: &str, amount: &str) {
    let movement = Canary::movement(event_type, amount);
    world
        .append(&world.appender(), &account(1), key, [movement])
        .await
        .unwrap();
}

fn broken() -> Fault {
    Fault::FailBefore(Error::Permanent("the item has no attribute".into()))
}

/// The customer is planted with what may not be found.
pub async fn live_through_everything(world: &World) {
    world
        .customer_with_all(Canary::person("example.com", json!({})))
        .await;
    append_with_conflicts(world).await;
    project_with_a_gap(world).await;
    mail_in_every_way(world).await;
    hear_from_the_provider(world).await;
    park_and_redrive(world).await;
    fail_when_due(world).await;
    replay(world).await;
    use_the_console(world).await;
    erase(world).await;
}

async fn append_with_conflicts(world: &World) {
    let (one, other) = (world.appender(), world.appender());
    world
        .append(&one, &account(1), "open", [opened()])
        .await
        .unwrap();
    let deposit = || [Canary::movement("MoneyDeposited", "100.00")];
    world
        .append(&other, &account(1), "first", deposit())
        .await
        .unwrap();
    // It remembers the head before that.
    world
        .append(&one, &account(1), "second", deposit())
        .await
        .unwrap();
}

async fn project_with_a_gap(world: &World) {
    let mut stream = world.stream();
    stream.remove(1);
    world.project(stream).await;
}

async fn mail_in_every_way(world: &World) {
    let later = Answer::Later(Duration::from_secs(30));
    world.mailer.answer(vec![
        Answer::Accept,
        Answer::Refuse,
        later,
        Answer::Accept,
        Answer::UnknownLost,
    ]);
    world.settle().await;
    move_money(world, "third", "MoneyWithdrawn", "1.00").await;
    world.project(world.stream()).await;
    world.settle().await;
    // One event of which nothing can be made.
    move_money(world, "fourth", "MoneyDeposited", "2.00").await;
    world.project(world.stream()).await;
    world.faults.at("customers.latest", 0, broken());
    world.deliver_bus().await;
    world.settle().await;
}

/// Of every notification that was handed over, settled or not.
async fn hear_from_the_provider(world: &World) {
    for notification in world.notifications.all() {
        let tags = json!({ "notification_id": [notification.id().to_string()], "attempt": ["1"] });
        let mail = json!({ "timestamp": "2026-11-22T12:41:01Z", "messageId": "message-1",
            "destination": ["zqcanaryown@example.com"], "tags": tags });
        for (id, event_type, name) in [("1", "Send", "send"), ("2", "Bounce", "bounce")] {
            let told = json!({
                "id": format!("{id}-{}", notification.id()), "source": "aws.ses",
                "detail-type": "Email", "time": "2026-11-22T12:41:03Z",
                "detail": { "eventType": event_type, "mail": mail, name: {
                    "timestamp": "2026-11-22T12:41:02Z", "bounceType": "Transient", "bounceSubType": "General",
                    "bouncedRecipients": [{ "emailAddress": "zqcanaryown@example.com",
                        "diagnosticCode": "smtp; 550 5.1.1 <zqcanaryown@example.com> unknown" }] } },
            });
            world.feedback().deliver(&told).await.unwrap();
        }
        let unreadable =
            json!({ "source": "aws.ses", "detail": { "eventType": "Bounce", "mail": mail } });
        let failed = world.feedback().deliver(&unreadable).await;
        if let Err(error) = failed {
            tracing::warn!(%error, "as a function's error is logged");
        }
    }
}

async fn park_and_redrive(world: &World) {
    move_money(world, "fifth", "MoneyDeposited", "3.00").await;
    let mut stream = world.stream();
    let last = stream.len() - 1;
    stream[last].commit = Err("the item has no attribute events".to_owned());
    world.faults.at("store.commit_holding", 0, broken());
    world.project(stream).await;
    world.clock.advance(15 * MINUTE);
    let any = Selection {
        max: 50,
        ..Selection::default()
    };
    world.redriver().redrive(&any).await.unwrap();
    let named = Selection {
        ids: world.dead_letters.ids(),
        ..Selection::default()
    };
    if !named.ids.is_empty() {
        world.redriver().redrive(&named).await.unwrap();
    }
    world.settle().await;
}

async fn fail_when_due(world: &World) {
    let schedule = json!({ "operation": { "type": "MoneyWithdrawn", "data": { "amount": "1.00", "currency": "EUR" } },
        "when": { "rate": "rate(1 hour)" }, "time_zone": "UTC" });
    let change = Change {
        account_id: account(1),
        schedule_id: "rent".parse().unwrap(),
        schedule: Some(Schedule::read(schedule).unwrap()),
        if_match: None,
        source: "teller".to_owned(),
        correlation_id: "corr-schedule".parse().unwrap(),
    };
    world.scheduler().change(&change).await.unwrap();
    world.clock.advance(61 * MINUTE);
    world.faults.at("schedules.get", 0, broken());
    for _ in 0..2 {
        world.scheduler().run_due(MINUTE).await.unwrap();
    }
    let quiet = json!({ "quiet_hours": { "from": "00:00", "to": "23:59" } });
    world
        .customer_with_all(Canary::person("example.com", quiet))
        .await;
    move_money(world, "sixth", "MoneyDeposited", "4.00").await;
    world.project(world.stream()).await;
    world.settle().await;
    world.clock.advance(24 * 60 * MINUTE);
    world.faults.at("notifications.get", 0, broken());
    for _ in 0..2 {
        world.notifier().run_due(MINUTE).await.unwrap();
        world.clock.advance(61 * MINUTE);
    }
}

async fn replay(world: &World) {
    world.clock.advance(MINUTE);
    let events = json!({ "kind": "events", "from": "2026-01-01T00:00:00Z", "to": "2027-01-01T00:00:00Z",
        "target": "warehouse" });
    for body in [events, json!({ "kind": "projections" })] {
        world
            .replayer()
            .request(ReplayRequest::read(body).unwrap())
            .await
            .unwrap();
        for call in world.bus.take_waiting() {
            if call.event_type == handlers::replay::REQUESTED {
                world
                    .replayer()
                    .deliver(&call.detail, 10 * MINUTE)
                    .await
                    .unwrap();
            }
        }
    }
}

/// What the console and an analyst ask; the answers are theirs to see.
async fn use_the_console(world: &World) {
    let customer = format!("/v1/customers/{}", customer());
    for path in [
        customer.as_str(),
        "/v1/accounts/ACC-1/notifications",
        "/v1/accounts/ACC-1/verification",
        "/v1/dead-letters",
        "/v1/events",
        "/v1/commits",
        "/v1/unsubscribe?token=Zqcanaryname",
        "/v1/mail-codes/Zqcanaryname",
    ] {
        ask(world, "GET", path, &Value::Null).await;
    }
    let mut wrong = Canary::person("example.com", json!({}));
    wrong["email"] = json!("zqcanaryown, zqcanaryfurther");
    ask(world, "PUT", &customer, &wrong).await;
    world.faults.at("customers.latest", 0, broken());
    ask(
        world,
        "PUT",
        &customer,
        &Canary::person("example.com", json!({})),
    )
    .await;
    let what_if = json!({ "from": "2026-01-01T00:00:00Z", "to": "2027-01-01T00:00:00Z",
        "preferences": { "addresses": [{ "email": "zqcanaryfurther@example.com", "kinds": ["deposit"] }] } });
    ask(world, "POST", "/v1/what-if", &what_if).await;
    let dry_run = json!({ "events": [Canary::movement("MoneyDeposited", "5.00")] });
    ask(
        world,
        "POST",
        "/v1/accounts/ACC-1/events?dry_run=notifications",
        &dry_run,
    )
    .await;
}

async fn erase(world: &World) {
    ask(
        world,
        "DELETE",
        &format!("/v1/customers/{}", customer()),
        &Value::Null,
    )
    .await;
    move_money(world, "seventh", "MoneyDeposited", "6.00").await;
    world.project(world.stream()).await;
    world.settle().await;
}
