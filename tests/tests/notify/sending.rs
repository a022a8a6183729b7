//! One mail for each notification, and the states on the way.

use crate::given::*;
use domain::event::MovementKind;
use domain::notification::{Kind, Phase};
use domain::record::{ProposedContent, ProposedEvent, ProposedEvents};
use domain::{Event, Money, Occurred, Occurrence, OccurrenceSkipReason, OperationSkipped};
use handlers::append::Append;
use handlers::composition::Composition;
use handlers::error::Error;
use handlers::ports::Priority;
use serde_json::json;
use std::time::Duration;
use tests::world::{
    Answer, Fault, LEASE, World, account, deposited, event, opened, request, withdrawn,
};

#[tokio::test]
async fn a_deposit_is_told_once_with_its_amount_and_balance() {
    let world = deposit().await;
    for _ in 0..3 {
        world.settle().await;
        world.project(world.stream()).await;
    }
    let notification = only(&world);
    assert_eq!(states(&notification), [Phase::Sending, Phase::Sent]);
    assert_eq!(notification.attempts(), 1);
    assert!(notification.template().is_some() && notification.content_hash().is_some());
    let mails = world.mailer.accepted();
    let [mail] = &mails[..] else {
        panic!("{} mails", mails.len())
    };
    assert_eq!(
        (mail.to.as_str(), mail.from.as_str()),
        ("ana@example.com", "notices@bank.example")
    );
    assert!(mail.text.contains("125.50"), "{}", mail.text);
    assert!(
        !mail.text.contains("ACC-1"),
        "the account is masked: {}",
        mail.text
    );
}

#[tokio::test]
async fn one_event_can_give_several_notifications_each_with_its_own_id_in_one_mail() {
    let world = World::default();
    let preferences = json!({ "kinds": {
        "large-amount": { "enabled": true, "min_amount": { "EUR": "50.00" } },
        "low-balance": { "enabled": true, "threshold": { "EUR": "0.00" } },
    }});
    world.customer_with("ana@example.com", preferences).await;
    move_money(&world, "one", withdrawn("150.00")).await;
    world.settle().await;
    let all = world.notifications.all();
    let (mails, of_kinds): (Vec<_>, Vec<_>) =
        all.iter().partition(|found| found.content().is_digest());
    let kinds: Vec<&str> = of_kinds.iter().map(|found| found.kind().as_str()).collect();
    assert_eq!(
        kinds,
        ["withdrawal", "overdrawn", "large-amount", "low-balance"]
    );
    let [mail] = mails[..] else {
        panic!("{mails:?}")
    };
    assert!(
        of_kinds
            .iter()
            .all(|found| found.in_digest() == Some(mail.id()))
    );
    assert_eq!(world.mailer.accepted().len(), 1);
}

#[tokio::test]
async fn a_lease_is_respected_until_it_ends() {
    let world = world_with(&(vec![], true)).await;
    world.faults.at("notifications.save", 0, Fault::StopAfter);
    assert!(
        world
            .faults
            .until_crash(world.deliver_bus())
            .await
            .is_none()
    );
    assert_eq!(only(&world).phase(), Phase::Sending);
    world.project(world.stream()).await;
    world.clock.advance(LEASE - Duration::from_secs(1));
    assert_eq!(world.deliver_bus().await, 1);
    assert_eq!(world.mailer.accepted(), []);
    world.clock.advance(Duration::from_secs(2));
    assert_eq!(world.deliver_bus().await, 0);
    assert_eq!(only(&world).phase(), Phase::Sent);
}

#[tokio::test]
async fn a_mailer_that_asks_for_patience_gets_it() {
    let world = world_with(&(vec![LATER], false)).await;
    assert_eq!(world.deliver_bus().await, 1);
    let waiting = only(&world);
    assert_eq!(
        (waiting.phase(), waiting.reason()),
        (Phase::RetryAt, Some("the sending rate is exceeded"))
    );
    world.clock.advance(Duration::from_secs(20));
    assert_eq!(world.deliver_bus().await, 1);
    assert_eq!(world.faults.calls("mailer.send"), 1);
    world.clock.advance(Duration::from_secs(11));
    assert_eq!(world.deliver_bus().await, 0);
    let sent = only(&world);
    assert_eq!((sent.phase(), sent.attempts()), (Phase::Sent, 2));
}

#[tokio::test]
async fn a_definite_refusal_is_the_end_with_its_reason() {
    let world = world_with(&(vec![Answer::Refuse], false)).await;
    world.settle().await;
    world.project(world.stream()).await;
    world.settle().await;
    let rejected = only(&world);
    assert_eq!(
        (rejected.phase(), rejected.reason()),
        (Phase::Rejected, Some("the address is invalid"))
    );
    assert_eq!(world.faults.calls("mailer.send"), 1);
}

#[tokio::test]
async fn a_replayed_event_is_not_told() {
    let world = deposit().await;
    let mut entry = world.bus.take_waiting().pop().unwrap();
    entry.detail["metadata"]["replay"] = json!("replay-1");
    world
        .notifier()
        .deliver(&entry.event_type, &entry.detail)
        .await
        .unwrap();
    assert_eq!(world.notifications.all(), []);
    assert_eq!(world.mailer.accepted(), []);
}

#[tokio::test]
async fn an_event_that_cannot_be_read_is_a_permanent_error() {
    let refused = World::default()
        .notifier()
        .deliver("MoneyDeposited", &json!({ "metadata": {} }))
        .await;
    assert!(matches!(refused, Err(Error::Permanent(_))), "{refused:?}");
}

#[tokio::test]
async fn an_event_of_a_later_version_is_an_error_and_not_passed_over() {
    let world = deposit().await;
    let mut entry = world.bus.published().pop().unwrap();
    let unknown = world.notifier().deliver("MoneyFrozen", &entry.detail).await;
    entry.detail["metadata"]["schema"] = json!(2);
    let newer = world
        .notifier()
        .deliver(&entry.event_type, &entry.detail)
        .await;
    for (refused, reason) in [(unknown, "\"MoneyFrozen\""), (newer, "schema 2")] {
        let error = refused.unwrap_err();
        assert_eq!(error.class(), "Permanent");
        assert!(error.to_string().contains(reason), "{error}");
    }
    assert_eq!(world.notifications.all(), []);
    assert_eq!(world.mailer.accepted(), []);
}

#[tokio::test]
async fn a_mail_about_security_goes_before_ordinary_ones() {
    for (movement, priority) in [
        (deposited("1.00"), Priority::Ordinary),
        (event("AccountClosed", json!({})), Priority::Security),
    ] {
        let world = World::default();
        world.customer_with("ana@example.com", json!({})).await;
        move_money(&world, "one", movement).await;
        world.settle().await;
        let mails = world.mailer.accepted();
        let priorities: Vec<Priority> = mails.iter().map(|mail| mail.priority).collect();
        assert_eq!(priorities, [priority]);
    }
}

#[tokio::test]
async fn a_redelivery_says_why_nothing_is_sent_yet() {
    let put_off = world_with(&(vec![LATER], false)).await;
    assert_eq!(put_off.deliver_bus().await, 1);
    let busy = deposit().await;
    busy.faults.at("notifications.save", 0, Fault::StopAfter);
    assert!(busy.faults.until_crash(busy.deliver_bus()).await.is_none());
    busy.project(busy.stream()).await;
    for (world, reason) in [
        (
            put_off,
            "put off by the mailer: the sending rate is exceeded",
        ),
        (busy, "another worker has this notification"),
    ] {
        let waiting = world.bus.take_waiting();
        let entry = waiting
            .iter()
            .find(|entry| entry.event_type == "MoneyDeposited");
        let entry = entry.unwrap();
        let refused = world
            .notifier()
            .deliver(&entry.event_type, &entry.detail)
            .await;
        assert_eq!(refused, Err(Error::Retryable(reason.into())));
    }
}

/// The text of the only mail of this kind.
fn text_of(world: &World, kind: Kind) -> String {
    let mut all = world.notifications.all();
    all.retain(|notification| notification.kind() == kind);
    let [notification] = &all[..] else {
        panic!("{all:?}")
    };
    let mut mails = world.mailer.accepted();
    mails.retain(|mail| mail.notification_id == notification.id());
    mails.remove(0).text
}

#[tokio::test]
async fn a_mail_names_the_threshold_that_the_customer_has_set() {
    let preferences = json!({ "kinds": {
        "large-amount": { "enabled": true, "min_amount": { "EUR": "51.00" } },
        "low-balance": { "enabled": true, "threshold": { "EUR": "17.00" } },
    }});
    let world = World::default();
    world.customer_with("ana@example.com", preferences).await;
    let (appender, id) = (world.appender(), account(1));
    let mut opening = opened();
    opening["data"]["opening_balance"] = json!("500.00");
    for (key, event) in [("open", opening), ("fall", withdrawn("490.00"))] {
        let appended = world.append(&appender, &id, key, [event]).await;
        appended.unwrap();
    }
    world.project(world.stream()).await;
    world.settle().await;
    let text = world.mailer.accepted().remove(0).text;
    assert!(text.contains("alert level of €51.00"), "{text}");
    assert!(text.contains("below the level of €17.00"), "{text}");
}

#[tokio::test]
async fn a_mail_about_a_reversal_gives_its_reason() {
    let world = deposit().await;
    world.settle().await;
    let reverses = only(&world).source().event_id;
    let data = json!({ "reverses": reverses, "reason": "entered twice" });
    let appender = world.appender();
    let reversal = [event("TransactionReversed", data)];
    let appended = world.append(&appender, &account(1), "undo", reversal).await;
    appended.unwrap();
    world.project(world.stream()).await;
    world.settle().await;
    let text = text_of(&world, Kind::Reversal);
    assert!(text.contains("entered twice"), "{text}");
}

/// A payment of account 1 that a schedule did not make.
async fn payment_skipped(world: &World) {
    let skipped = OperationSkipped {
        occurrence: Occurrence {
            schedule_id: "rent".parse().unwrap(),
            at: "2026-11-22T12:00:00Z".parse().unwrap(),
        },
        reason: OccurrenceSkipReason::InsufficientFunds,
        movement: MovementKind::Withdrawal,
        amount: Money::from_minor(85_000, "EUR".parse().unwrap()),
    };
    let id = account(1);
    let appender = world.appender();
    let opened = world.append(&appender, &id, "open", [opened()]).await;
    opened.unwrap();
    let request = Append {
        proposed: ProposedEvents::of(vec![ProposedEvent {
            occurred: Occurred::At("2026-11-22T12:00:01Z".parse().unwrap()),
            content: ProposedContent::Event(Event::OperationSkipped(skipped)),
        }]),
        ..request(&id, "skip", [deposited("1.00")])
    };
    appender.append(&request).await.unwrap();
    world.project(world.stream()).await;
    world.settle().await;
}

#[tokio::test]
async fn a_mail_about_a_payment_that_was_not_made_says_why_and_a_digest_adds_it_to_nothing() {
    let world = World::default();
    world.customer_with("ana@example.com", json!({})).await;
    payment_skipped(&world).await;
    let text = text_of(&world, Kind::ScheduleSkipped);
    assert!(
        text.contains("There was not enough money in the account"),
        "{text}"
    );
    assert!(text.contains("€850.00"), "{text}");

    let world = World::default();
    let daily = json!({ "delivery": "daily" });
    world.customer_with("ana@example.com", daily).await;
    payment_skipped(&world).await;
    world.clock.set("2026-11-23T07:00:00Z".parse().unwrap());
    let beat = world.notifier().run_due(Duration::from_secs(60)).await;
    beat.unwrap();
    let text = world.mailer.accepted().remove(0).text;
    assert!(text.contains(": €850.00\n"), "{text}");
    assert!(
        !text.contains("−€850.00") && !text.contains("+€850.00"),
        "{text}"
    );
}
