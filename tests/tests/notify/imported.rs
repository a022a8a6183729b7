//! History that was loaded: nobody is told of it, whatever happens to it later.

use std::time::Duration;

use domain::notification::{Kind, Phase};
use domain::record::ProposedEvents;
use handlers::append::Append;
use handlers::composition::Composition;
use handlers::redrive::Selection;
use handlers::replay::{REQUESTED, ReplayRequest};
use serde_json::{Value, json};
use tests::world::{World, account, deposited, opened, request, withdrawn};

fn wishes() -> Value {
    json!({
        "kinds": {
            "large-amount": { "enabled": true, "min_amount": { "EUR": "50.00" } },
            "low-balance": { "enabled": true, "threshold": { "EUR": "100.00" } },
            "statement": { "enabled": true },
        },
        "addresses": [{ "email": "second@example.com", "kinds": ["withdrawal"] }],
    })
}

async fn ana() -> World {
    let world = World::default();
    world.customer_with("ana@example.com", wishes()).await;
    let mut opening = opened();
    opening["data"]["opening_balance"] = json!("500.00");
    send(&world, "open", vec![opening], true).await;
    world
}

async fn send(world: &World, key: &str, events: Vec<Value>, notify: bool) {
    let body = json!({ "events": events, "notify": notify });
    let request = Append {
        proposed: ProposedEvents::read(body).unwrap(),
        ..request(&account(1), key, [opened()])
    };
    world.appender().append(&request).await.unwrap();
}

/// What became of each notification but the statements, once all is done.
async fn told(world: &World) -> Vec<(Kind, String)> {
    world.settle().await;
    let mut all = world.notifications.all();
    all.retain(|notification| notification.kind() != Kind::Statement);
    all.sort_by_key(|notification| (notification.source().version, notification.kind()));
    all.into_iter()
        .map(|notification| {
            let state = notification.phase().as_str().to_owned();
            (
                notification.kind(),
                notification.reason().map_or(state, str::to_owned),
            )
        })
        .collect()
}

#[tokio::test]
async fn nobody_is_told_of_history_and_each_notification_says_why() {
    let world = ana().await;
    // A withdrawal that is large, makes the balance low, and then overdraws the account.
    send(
        &world,
        "old",
        vec![withdrawn("450.00"), withdrawn("200.00")],
        false,
    )
    .await;
    world.project(world.stream()).await;
    let imported = |kind: Kind| (kind, "imported".to_owned());
    let mut expected = vec![
        imported(Kind::Withdrawal),
        imported(Kind::Withdrawal),
        imported(Kind::LargeAmount),
        imported(Kind::LowBalance),
    ];
    expected.extend([Kind::Withdrawal, Kind::Withdrawal, Kind::Overdrawn].map(imported));
    expected.extend([Kind::LargeAmount, Kind::LowBalance].map(imported));
    let mut found = told(&world).await;
    found.sort();
    expected.sort();
    assert_eq!(found, expected);
    assert_eq!(world.mailer.accepted(), []);
}

#[tokio::test]
async fn no_redelivery_replay_redrive_or_later_wish_tells_of_history() {
    let world = ana().await;
    send(&world, "old", vec![deposited("70.00")], false).await;
    // Its projection fails permanently, and an operator has it resumed.
    let mut stream = world.stream();
    stream.truncate(1);
    world.project(stream).await;
    world.projector().resume(&account(1)).await.unwrap();
    world.project(world.stream()).await;
    told(&world).await;
    // The wishes change, and the event comes once more.
    world.customer_with("ana@example.com", json!({})).await;
    world.project(world.stream()).await;
    told(&world).await;
    world.clock.advance(Duration::from_secs(3600));
    for target in ["notify", "analytics"] {
        let body = json!({ "kind": "events", "from": "2026-01-01T00:00:00Z",
                           "to": "2027-01-01T00:00:00Z", "target": target });
        let body = ReplayRequest::read(body).unwrap();
        world.replayer().request(body).await.unwrap();
        for call in world.bus.take_waiting() {
            assert_eq!(call.event_type, REQUESTED);
            let budget = Duration::from_secs(600);
            world
                .replayer()
                .deliver(&call.detail, budget)
                .await
                .unwrap();
        }
        assert!(world.bus.has_waiting(), "the replay has published it");
        told(&world).await;
    }
    let any = Selection {
        max: 10,
        ..Selection::default()
    };
    world.redriver().redrive(&any).await.unwrap();
    for (kind, reason) in told(&world).await {
        assert_eq!(reason, "imported", "{kind}");
    }
    assert_eq!(world.mailer.accepted(), []);
}

#[tokio::test]
async fn a_low_balance_that_nobody_was_told_of_does_not_use_up_the_days_alert() {
    let world = ana().await;
    send(
        &world,
        "old",
        vec![withdrawn("450.00"), deposited("450.00")],
        false,
    )
    .await;
    send(&world, "new", vec![withdrawn("430.00")], true).await;
    world.project(world.stream()).await;
    let alerts: Vec<String> = told(&world)
        .await
        .into_iter()
        .filter(|(kind, _)| *kind == Kind::LowBalance)
        .map(|(_, outcome)| outcome)
        .collect();
    // The second in the mail of its withdrawal.
    assert_eq!(alerts, ["imported", "digest"]);
    let mails = world.mailer.accepted();
    let said = |mail: &&handlers::ports::Mail| mail.text.contains("Your balance is");
    assert_eq!(mails.iter().filter(said).count(), 1, "{mails:?}");
}

#[tokio::test]
async fn the_statement_of_the_month_has_what_was_loaded_in_it_and_past_months_get_none() {
    let world = ana().await;
    let mut old = deposited("70.00");
    old["occurred_at"] = json!("2025-03-04T00:00:00Z");
    send(&world, "old", vec![old], false).await;
    world.project(world.stream()).await;
    told(&world).await;
    world.clock.set("2026-12-01T07:00:00Z".parse().unwrap());
    world
        .notifier()
        .run_due(Duration::from_secs(60))
        .await
        .unwrap();
    let mails = world.mailer.accepted();
    assert_eq!(mails.len(), 1, "one statement, of this month");
    let entries = String::from_utf8(mails[0].attachments[0].bytes.clone()).unwrap();
    assert!(entries.contains("70.00"), "{entries}");
    let statements = world.notifications.all().into_iter();
    let sent = statements
        .filter(|notification| notification.kind() == Kind::Statement)
        .filter(|notification| notification.phase() == Phase::Sent)
        .count();
    assert_eq!(sent, 1);
}
