//! More than one address, answers to earlier mails, and what rather comes
//! twice than never.

use crate::given::*;
use domain::notification::Phase;
use handlers::composition::Composition;
use handlers::unsubscribe::Unsubscriber;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use tests::world::{
    Answer, Fault, LEASE, UNKNOWN_WINDOW, World, account, customer, deposited, event, withdrawn,
};

fn with_second() -> Value {
    json!({
        "kinds": { "low-balance": { "enabled": false, "threshold": { "EUR": "50.00" } } },
        "addresses": [{ "email": "second@example.com", "kinds": ["deposit", "low-balance"] }],
    })
}

async fn happen(world: &World, key: &str, movement: Value) {
    let appender = world.appender();
    world
        .append(&appender, &account(1), key, [movement])
        .await
        .unwrap();
    world.project(world.stream()).await;
    world.settle().await;
}

fn told(world: &World) -> Vec<(String, String)> {
    let kind = |id| {
        let all = world.notifications.all();
        let found = all.into_iter().find(|found| found.id() == id);
        found.unwrap().kind().to_string()
    };
    let mails = world.mailer.accepted();
    mails
        .into_iter()
        .map(|mail| (mail.to.into(), kind(mail.notification_id)))
        .collect()
}

fn pair(to: &str, kind: &str) -> (String, String) {
    (format!("{to}@example.com"), kind.to_owned())
}

#[tokio::test]
async fn each_address_gets_its_own_kinds_each_once() {
    let world = deposit_for(with_second()).await;
    world.settle().await;
    happen(&world, "low", withdrawn("100.00")).await;
    world.project(world.stream()).await;
    world.settle().await;
    assert_eq!(
        told(&world),
        [
            pair("ana", "deposit"),
            pair("second", "deposit"),
            pair("ana", "withdrawal"),
            pair("second", "low-balance"),
        ]
    );
}

#[tokio::test]
async fn a_further_address_is_told_of_no_cent_where_no_amounts_are_set() {
    let world = deposit_for(json!({
        "addresses": [{ "email": "second@example.com", "kinds": ["large-amount", "low-balance"] }],
    }))
    .await;
    happen(&world, "low", withdrawn("200.00")).await;
    assert_eq!(
        told(&world),
        [pair("ana", "deposit"), pair("ana", "withdrawal")]
    );
    let all = world.notifications.all();
    let further = all.iter().filter(|found| !found.recipient().is_customer());
    let reasons: Vec<_> = further
        .map(|found| (found.kind().as_str(), found.reason().unwrap_or("told")))
        .collect();
    assert_eq!(
        reasons,
        [
            ("large-amount", "below-minimum"),
            ("large-amount", "below-minimum"),
            ("low-balance", "not-crossed"),
        ]
    );
}

#[tokio::test]
async fn a_further_address_is_told_by_the_customers_amounts_also_where_the_customer_is_not() {
    let world = deposit_for(json!({
        "kinds": {
            "large-amount": { "enabled": false, "min_amount": { "EUR": "150.00" } },
            "low-balance": { "enabled": false, "threshold": { "EUR": "0.00" } },
        },
        "addresses": [{ "email": "second@example.com", "kinds": ["large-amount", "low-balance"] }],
    }))
    .await;
    happen(&world, "low", withdrawn("200.00")).await;
    assert_eq!(told(&world)[2..], [pair("second", "large-amount")],);
    let mail = world.mailer.accepted().pop().unwrap();
    assert!(
        mail.text.contains("Your balance is now below"),
        "{}",
        mail.text
    );
}

#[tokio::test]
async fn an_address_that_was_taken_away_gets_nothing_more() {
    let world = deposit_for(with_second()).await;
    world.customer_with("ana@example.com", json!({})).await;
    world.settle().await;
    assert_eq!(told(&world), [pair("ana", "deposit")]);
    let all = world.notifications.all();
    let skipped = all.iter().find(|found| !found.recipient().is_customer());
    assert_eq!(skipped.unwrap().reason(), Some("preference-off"));
}

#[tokio::test]
async fn what_was_begun_for_a_further_address_is_ended_when_the_customer_is_erased() {
    for call in 0..3 {
        let world = deposit_for(with_second()).await;
        // The third and the fourth write are of the second address: claimed, sending, sent.
        world
            .faults
            .at("notifications.save", 3 + call, Fault::StopAfter);
        for entry in world.bus.take_waiting() {
            let notifier = world.notifier();
            let delivery = notifier.deliver(&entry.event_type, &entry.detail);
            world.faults.until_crash(delivery).await;
            world.bus.wait_again(entry);
        }
        let begun = world.notifications.all();
        assert!(begun.iter().any(|found| !found.recipient().is_customer()));
        world.customer_service().erase(&customer()).await.unwrap();
        world.clock.advance(LEASE);
        world.settle().await;
        world
            .notifier()
            .run_due(Duration::from_secs(60))
            .await
            .unwrap();
        let unfinished = world.notifications.all().into_iter().find(|found| {
            matches!(
                found.phase(),
                Phase::Claimed | Phase::Sending | Phase::RetryAt
            )
        });
        assert_eq!(unfinished, None, "after write {call}");
    }
}

#[tokio::test]
async fn an_address_unsubscribes_itself_alone() {
    let world = deposit_for(with_second()).await;
    world.settle().await;
    let mails = world.mailer.accepted();
    let link = &mails[1].headers[0].1;
    let token = link.split("token=").nth(1).unwrap().trim_end_matches('>');
    let unsubscriber = Unsubscriber {
        keys: world.keys.clone(),
        customers: Arc::new(world.customer_service()),
    };
    assert!(unsubscriber.unsubscribe(token).await.unwrap().is_some());
    happen(&world, "more", deposited("5.00")).await;
    happen(&world, "low", withdrawn("100.00")).await;
    assert_eq!(
        told(&world)[2..],
        [
            pair("ana", "deposit"),
            pair("ana", "withdrawal"),
            pair("second", "low-balance"),
        ]
    );
}

#[tokio::test]
async fn a_reversal_answers_the_mail_of_what_it_undoes() {
    let world = deposit().await;
    world.settle().await;
    let original = only(&world);
    let reversal = event(
        "TransactionReversed",
        json!({ "reverses": original.source().event_id, "reason": "error" }),
    );
    happen(&world, "undo", reversal).await;
    let mails = world.mailer.accepted();
    let header = |name: &str| {
        let mut headers = mails[1].headers.iter();
        headers
            .find(|(header, _)| header == name)
            .map(|(_, value)| value.clone())
    };
    let id = format!("<{}@mailer.example>", original.message_id().unwrap());
    assert_eq!(header("In-Reply-To"), Some(id.clone()));
    assert_eq!(header("References"), Some(id));
    assert!(
        mails[0]
            .headers
            .iter()
            .all(|(name, _)| name != "In-Reply-To")
    );
}

#[tokio::test]
async fn a_reversal_of_what_was_never_told_answers_nothing() {
    let off = json!({ "kinds": { "deposit": { "enabled": false } } });
    let world = deposit_for(off).await;
    world.settle().await;
    let original = only(&world).source().event_id;
    let reversal = event("TransactionReversed", json!({ "reverses": original }));
    happen(&world, "undo", reversal).await;
    let mails = world.mailer.accepted();
    assert_eq!(mails.len(), 1);
    assert!(
        mails[0]
            .headers
            .iter()
            .all(|(name, _)| name != "In-Reply-To")
    );
}

async fn closed_with(answers: Vec<Answer>) -> World {
    let world = World::default();
    world.customer_with("ana@example.com", json!({})).await;
    move_money(&world, "close", event("AccountClosed", json!({}))).await;
    world.mailer.answer(answers);
    world.settle().await;
    world
}

async fn beat_after_the_window(world: &World) {
    world.clock.advance(UNKNOWN_WINDOW);
    let notifier = world.notifier();
    notifier.run_due(Duration::from_secs(60)).await.unwrap();
}

#[tokio::test]
async fn a_security_mail_of_unknown_outcome_comes_once_more_and_says_so() {
    let world = closed_with(vec![Answer::UnknownAccepted]).await;
    assert_eq!(only(&world).phase(), Phase::Unknown);
    let notifier = world.notifier();
    notifier.run_due(Duration::from_secs(60)).await.unwrap();
    assert_eq!(
        world.mailer.accepted().len(),
        1,
        "its provider may still tell"
    );
    beat_after_the_window(&world).await;
    beat_after_the_window(&world).await;
    let mails = world.mailer.accepted();
    assert_eq!(mails.len(), 2);
    let repeat = "may have";
    assert!(!mails[0].text.contains(repeat), "{}", mails[0].text);
    assert!(mails[1].text.contains(repeat), "{}", mails[1].text);
    assert_eq!(only(&world).phase(), Phase::Sent);
    assert!(world.dead_letters.bodies().is_empty());
}

#[tokio::test]
async fn a_security_mail_that_is_unknown_twice_is_a_dead_letter_and_not_sent_again() {
    let world = closed_with(vec![Answer::UnknownLost, Answer::UnknownLost]).await;
    for _ in 0..3 {
        beat_after_the_window(&world).await;
    }
    assert_eq!(world.mailer.accepted(), []);
    assert_eq!(world.faults.calls("mailer.send"), 2);
    assert_eq!(only(&world).phase(), Phase::Unknown);
    assert_eq!(world.dead_letters.bodies()[0]["attempts"], 2);
}
