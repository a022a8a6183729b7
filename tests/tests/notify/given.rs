//! What the tests of this folder start from and hold at the end.

use domain::notification::{Notification, Phase};
use handlers::composition::Composition;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::Duration;
use tests::world::{Answer, World, account, deposited, opened};

pub const LATER: Answer = Answer::Later(Duration::from_secs(30));

/// A deposit of an opened account, on the bus and not handed on yet.
pub async fn deposit_for(preferences: Value) -> World {
    let world = World::default();
    world.customer_with("ana@example.com", preferences).await;
    move_money(&world, "first", deposited("125.50")).await;
    world.faults.forget_trace();
    world
}

pub async fn deposit() -> World {
    deposit_for(json!({})).await
}

pub async fn move_money(world: &World, key: &str, movement: Value) {
    let appender = world.appender();
    world
        .append(&appender, &account(1), "open", [opened()])
        .await
        .unwrap();
    world
        .append(&appender, &account(1), key, [movement])
        .await
        .unwrap();
    world.project(world.stream()).await;
}

pub fn only(world: &World) -> Notification {
    let mut all = world.notifications.all();
    assert_eq!(all.len(), 1, "{all:?}");
    all.remove(0)
}

pub fn states(notification: &Notification) -> Vec<Phase> {
    notification
        .history()
        .iter()
        .map(|step| step.state)
        .collect()
}

#[track_caller]
pub fn assert_skipped(world: &World, reason: &str) {
    let notification = only(world);
    assert_eq!(
        (notification.phase(), notification.reason()),
        (Phase::Skipped, Some(reason))
    );
    assert_eq!(world.mailer.accepted(), []);
}

pub fn is_final(state: Phase) -> bool {
    matches!(
        state,
        Phase::Sent | Phase::Rejected | Phase::Unknown | Phase::Skipped
    )
}

/// What holds whatever happened: one mail at most for each notification, every
/// one at its end, and each unknown one with a letter.
#[track_caller]
pub fn assert_at_most_once(world: &World, what: &str) {
    let mut mails = BTreeMap::new();
    for mail in world.mailer.accepted() {
        *mails.entry(mail.notification_id).or_insert(0) += 1;
    }
    assert!(mails.values().all(|count| *count == 1), "{what}: {mails:?}");
    let letters = world.dead_letters.bodies();
    for notification in world.notifications.all() {
        assert!(is_final(notification.phase()), "{what}: {notification:?}");
        let told = mails.contains_key(&notification.id());
        match notification.phase() {
            Phase::Sent => assert!(told, "{what}"),
            Phase::Unknown => {
                let id = notification.id().to_string();
                assert!(
                    letters.iter().any(|letter| letter["notification_id"] == id),
                    "{what}"
                );
            }
            _ => assert!(!told, "{what}"),
        }
    }
}

pub async fn world_with(mailer: &(Vec<Answer>, bool)) -> World {
    let world = deposit().await;
    world.mailer.answer(mailer.0.clone());
    if mailer.1 {
        world.mailer.tell_outcomes();
    }
    world
}

/// The lines of the API, by kind and recipient.
pub async fn lines(world: &World) -> Vec<Value> {
    let notifications = world.notifications.as_ref();
    let account = account(1);
    let shown =
        handlers::query::notifications::shown_of_account(notifications, &account, None, 100);
    shown.await.unwrap().0
}
