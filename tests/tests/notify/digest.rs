//! Digests: what waited is told together, once for each occurrence.

use crate::given::*;
use chrono::{DateTime, Utc};
use domain::notification::{Content, Kind, Notification, Phase};
use handlers::composition::Composition;
use serde_json::{Value, json};
use std::time::Duration;
use tests::world::{
    Answer, Fault, LEASE, World, account, customer, deposited, event, opened, withdrawn,
};

/// Eight in the morning in Paris, the day after all that these tests tell.
const MORNING: &str = "2026-11-23T07:00:00Z";
const NEXT: &str = "2026-11-24T07:00:00Z";

fn time(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn daily() -> Value {
    json!({ "delivery": "daily" })
}

async fn beat(world: &World) {
    world
        .notifier()
        .run_due(Duration::from_secs(60))
        .await
        .unwrap();
}

/// Events of two accounts that wait for the digest of the morning.
async fn waiting_with(preferences: Value) -> World {
    let world = World::default();
    world.customer_with("ana@example.com", preferences).await;
    let appender = world.appender();
    for number in [1, 2] {
        let events = [opened(), deposited("100.00"), withdrawn("30.50")];
        world
            .append(&appender, &account(number), "all", events)
            .await
            .unwrap();
    }
    world
        .append(&appender, &account(1), "deep", [withdrawn("300.00")])
        .await
        .unwrap();
    world.project(world.stream()).await;
    world.settle().await;
    world
}

async fn waiting() -> World {
    waiting_with(daily()).await
}

fn digests(world: &World) -> Vec<Notification> {
    let mut all = world.notifications.all();
    all.retain(|notification| notification.content().is_digest());
    all
}

fn items(world: &World) -> Vec<Notification> {
    let mut all = world.notifications.all();
    all.retain(|notification| notification.content().is_event());
    all
}

#[tokio::test]
async fn everything_that_waited_is_told_in_one_mail_whose_totals_are_those_of_the_events() {
    let world = waiting().await;
    assert_eq!(world.mailer.accepted(), []);
    // Two deposits, three withdrawals, one overdraft.
    assert_eq!(items(&world).len(), 6);
    for item in items(&world) {
        assert_eq!(
            (item.phase(), item.reason(), item.due_at()),
            (Phase::Planned, Some("digest"), Some(time(MORNING)))
        );
    }
    world.clock.set(time(MORNING));
    beat(&world).await;
    let mails = world.mailer.accepted();
    assert_eq!(mails.len(), 1);
    let text = &mails[0].text;
    // Of the overdrawn account: 30.50 and 300.00, though the overdraft tells of the 300.00 too.
    for part in ["€330.50", "€30.50", "€100.00", "€300.00"] {
        assert!(text.contains(part), "{part} in {text}");
    }
    let digest = digests(&world).remove(0);
    assert_eq!(digest.phase(), Phase::Sent);
    let Content::Digest(content) = digest.content() else {
        panic!("{digest:?}")
    };
    assert_eq!(content.covers().len(), 6);
    for item in items(&world) {
        assert_eq!(item.in_digest(), Some(digest.id()));
    }
}

#[tokio::test]
async fn a_digest_is_sent_once_however_often_and_by_how_many_it_is_triggered() {
    let world = waiting().await;
    world.clock.set(time(MORNING));
    let (one, other) = (world.notifier(), world.notifier());
    let budget = Duration::from_secs(60);
    let (first, second) = tokio::join!(one.run_due(budget), other.run_due(budget));
    first.and(second).unwrap();
    for _ in 0..3 {
        world.clock.advance(LEASE);
        beat(&world).await;
        world.project(world.stream()).await;
        world.settle().await;
    }
    assert_eq!(world.mailer.accepted().len(), 1);
    assert_eq!(digests(&world).len(), 1);
}

#[tokio::test]
async fn a_worker_that_dies_anywhere_leaves_a_digest_that_is_sent_once() {
    for nth in 0..60 {
        for fault in [Fault::StopBefore, Fault::StopAfter] {
            let world = waiting().await;
            world.mailer.tell_outcomes();
            world.clock.set(time(MORNING));
            world.faults.at_call(nth, fault.clone());
            let notifier = world.notifier();
            let run = notifier.run_due(Duration::from_secs(60));
            let _ = world.faults.until_crash(run).await;
            world.faults.clear();
            for _ in 0..3 {
                world.clock.advance(LEASE);
                beat(&world).await;
            }
            let what = format!("{nth} {fault:?}");
            assert_eq!(world.mailer.accepted().len(), 1, "{what}");
            let digest = digests(&world).remove(0);
            assert_eq!(digest.phase(), Phase::Sent, "{what}");
            let told = Some(digest.id());
            assert!(
                items(&world).iter().all(|item| item.in_digest() == told),
                "{what}"
            );
        }
    }
}

#[tokio::test]
async fn what_the_index_shows_too_late_is_in_the_next_digest() {
    let world = waiting().await;
    let late = items(&world)[0].id();
    world.notifications.hide(late);
    world.clock.set(time(MORNING));
    beat(&world).await;
    world.notifications.show_all();
    beat(&world).await;
    let waiting: Vec<_> = items(&world)
        .into_iter()
        .filter(|item| item.due_at().is_some())
        .collect();
    assert_eq!(waiting.len(), 1);
    assert_eq!(waiting[0].due_at(), Some(time(NEXT)));
    world.clock.set(time(NEXT));
    beat(&world).await;
    assert_eq!(world.mailer.accepted().len(), 2);
    assert!(items(&world).iter().all(|item| item.in_digest().is_some()));
    assert_eq!(digests(&world).len(), 2);
}

#[tokio::test]
async fn what_is_not_wanted_any_more_is_left_out_with_its_reason() {
    let world = waiting().await;
    let off = json!({ "delivery": "daily", "kinds": { "deposit": { "enabled": false } } });
    world.customer_with("ana@example.com", off).await;
    world.clock.set(time(MORNING));
    beat(&world).await;
    let text = &world.mailer.accepted()[0].text;
    assert!(!text.contains("100.00"), "{text}");
    let items = items(&world);
    let skipped: Vec<_> = items
        .iter()
        .filter(|item| item.phase() == Phase::Skipped)
        .map(|item| (item.kind(), item.reason()))
        .collect();
    let reason = Some("preference-off");
    let deposit = Kind::Deposit;
    assert_eq!(skipped, [(deposit, reason), (deposit, reason)]);
}

#[tokio::test]
async fn what_one_attempt_has_left_out_is_not_told_by_the_next_when_it_is_wanted_again() {
    let world = waiting().await;
    world.mailer.answer([LATER]);
    world.clock.set(time(MORNING));
    beat(&world).await;
    let off = json!({ "delivery": "daily", "kinds": { "deposit": { "enabled": false } } });
    world.customer_with("ana@example.com", off).await;
    world.clock.advance(Duration::from_secs(60));
    // Of the two deposits one is noted as skipped.
    let throttled = handlers::error::Error::Retryable("throttled".into());
    let fault = Fault::FailBefore(throttled);
    world.faults.at("notifications.save", 1, fault);
    beat(&world).await;
    world.customer_with("ana@example.com", daily()).await;
    beat(&world).await;
    assert_eq!(world.mailer.accepted().len(), 1);
    let digest = digests(&world).remove(0);
    let content = digest.content().digest().unwrap();
    let skipped: Vec<_> = items(&world)
        .into_iter()
        .filter(|item| item.phase() == Phase::Skipped)
        .map(|item| item.id())
        .collect();
    assert_eq!(skipped.len(), 1);
    let mut told = content
        .covers()
        .iter()
        .map(|covered| covered.notification_id);
    assert!(told.all(|id| !skipped.contains(&id)));
    assert_eq!(content.covers().len(), 5);
}

#[tokio::test]
async fn a_digest_of_which_nothing_is_wanted_is_not_sent() {
    let world = waiting().await;
    let off = |kinds: &[&str]| -> Value {
        kinds
            .iter()
            .map(|kind| ((*kind).to_owned(), json!({ "enabled": false })))
            .collect()
    };
    let none = json!({ "kinds": off(&["deposit", "withdrawal", "overdrawn"]) });
    world.customer_with("ana@example.com", none).await;
    world.clock.set(time(MORNING));
    beat(&world).await;
    assert_eq!(world.mailer.accepted(), []);
    assert!(
        items(&world)
            .iter()
            .all(|item| item.phase() == Phase::Skipped)
    );
}

#[tokio::test]
async fn nothing_goes_to_who_was_erased_or_to_an_address_that_bounced() {
    let world = waiting().await;
    world.customer_service().erase(&customer()).await.unwrap();
    world.clock.set(time(MORNING));
    beat(&world).await;
    beat(&world).await;
    assert_eq!(world.mailer.accepted(), []);
    let digest = digests(&world).remove(0);
    assert_eq!(
        (digest.phase(), digest.reason()),
        (Phase::Skipped, Some("erased"))
    );
    assert!(items(&world).iter().all(|item| item.due_at().is_none()));
}

#[tokio::test]
async fn what_cannot_wait_does_not() {
    let world = World::default();
    world.customer_with("ana@example.com", daily()).await;
    move_money(&world, "close", event("AccountClosed", json!({}))).await;
    world.settle().await;
    assert_eq!(only(&world).phase(), Phase::Sent);
}

#[tokio::test]
async fn a_digest_of_unknown_outcome_has_a_letter_and_is_sent_again_when_it_is_named() {
    let world = waiting().await;
    world.mailer.answer([Answer::UnknownLost]);
    world.clock.set(time(MORNING));
    beat(&world).await;
    assert_eq!(digests(&world)[0].phase(), Phase::Unknown);
    world.clock.advance(tests::world::UNKNOWN_WINDOW);
    let selection = handlers::redrive::Selection {
        ids: world.dead_letters.ids(),
        ..Default::default()
    };
    world.redriver().redrive(&selection).await.unwrap();
    world.settle().await;
    let digest = digests(&world).remove(0);
    assert_eq!((digest.phase(), digest.attempts()), (Phase::Sent, 2));
    let mails = world.mailer.accepted();
    assert_eq!(mails.len(), 1);
    assert!(mails[0].text.contains("€330.50"), "{}", mails[0].text);
}

#[tokio::test]
async fn who_wishes_to_be_told_at_once_again_still_gets_what_waited_in_the_morning() {
    let world = waiting().await;
    world.customer_with("ana@example.com", json!({})).await;
    let appender = world.appender();
    world
        .append(&appender, &account(1), "now", [deposited("7.00")])
        .await
        .unwrap();
    world.project(world.stream()).await;
    world.settle().await;
    assert_eq!(world.mailer.accepted().len(), 1, "the new one, at once");
    world.clock.set(time(MORNING));
    beat(&world).await;
    assert_eq!(world.mailer.accepted().len(), 2);
}

#[tokio::test]
async fn money_in_and_out_are_added_up_apart_and_a_digest_is_gathered_once_a_beat() {
    let world = waiting().await;
    world.clock.set(time(MORNING));
    world.faults.forget_trace();
    beat(&world).await;
    assert_eq!(world.faults.calls("notifications.of_digest"), 1);
    let text = world.mailer.accepted().remove(0).text;
    for part in [
        "••••C1\n  +€100.00\n",
        "••••C1\n  −€30.50\n",
        "Movements: 3\n  Paid in: €100.00\n  Paid out: €330.50\n",
    ] {
        assert!(text.contains(part), "{part} in {text}");
    }
}

#[tokio::test]
async fn what_is_skipped_waits_for_no_digest() {
    let world = waiting_with(json!({ "delivery": "daily", "kinds": {
        "deposit": { "min_amount": { "EUR": "100.01" } },
    } }))
    .await;
    let mut deposits = items(&world);
    deposits.retain(|item| item.kind() == Kind::Deposit);
    let found: Vec<_> = deposits
        .iter()
        .map(|item| (item.phase(), item.reason()))
        .collect();
    assert_eq!(found, [(Phase::Skipped, Some("below-minimum")); 2]);
    assert!(deposits.iter().all(|item| item.digest_id().is_none()));
}
