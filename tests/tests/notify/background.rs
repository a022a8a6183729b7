//! What a mail says about an earlier movement, which is read once and may be missing.

use crate::given::*;
use handlers::composition::Composition;
use serde_json::{Value, json};
use std::time::Duration;
use tests::world::{Fault, World, account, deposited, event, opened};

fn paid(event_type: &str, amount: &str) -> Value {
    let data = json!({
        "amount": amount, "currency": "EUR", "counterparty": "Tesco", "reference": "Card 9 Nov",
    });
    event(event_type, data)
}

/// An account with one payment of 40, whose reversal is on the bus and not handed on yet.
async fn undone(event_type: &str) -> World {
    let world = World::default();
    world.customer_with("ana@example.com", json!({})).await;
    let mut opening = opened();
    opening["data"]["opening_balance"] = json!("100.00");
    let appender = world.appender();
    for (key, event) in [("open", opening), ("pay", paid(event_type, "40.00"))] {
        let appended = world.append(&appender, &account(1), key, [event]).await;
        appended.unwrap();
    }
    world.project(world.stream()).await;
    world.settle().await;
    let original = only(&world).source().event_id;
    let reversal = event("TransactionReversed", json!({ "reverses": original }));
    world
        .append(&appender, &account(1), "undo", [reversal])
        .await
        .unwrap();
    world.project(world.stream()).await;
    world.faults.forget_trace();
    world
}

async fn last_mail(world: &World) -> handlers::ports::Mail {
    world.settle().await;
    world.mailer.accepted().pop().unwrap()
}

fn reads(world: &World) -> usize {
    let trace = world.faults.trace();
    trace
        .iter()
        .filter(|call| call.contains("commit_holding"))
        .count()
}

#[tokio::test]
async fn a_reversal_names_the_payment_that_it_undoes_with_one_read_more() {
    for (event_type, subject, sentence) in [
        (
            "MoneyWithdrawn",
            "€40.00 was paid back into your account",
            "This undoes the payment to Tesco of November 22, 2026.",
        ),
        (
            "MoneyDeposited",
            "€40.00 was taken back out of your account",
            "This undoes the payment from Tesco of November 22, 2026.",
        ),
    ] {
        let world = undone(event_type).await;
        let mail = last_mail(&world).await;
        assert!(mail.subject.starts_with(subject), "{}", mail.subject);
        assert!(mail.text.contains(sentence), "{}", mail.text);
        assert_eq!(reads(&world), 1);
    }
}

#[tokio::test]
async fn a_reversal_whose_original_cannot_be_read_is_told_without_that_sentence() {
    let world = undone("MoneyWithdrawn").await;
    let unreadable = handlers::error::Error::Permanent("the item is broken".into());
    world
        .faults
        .at("store.commit_holding", 0, Fault::FailBefore(unreadable));
    world.deliver_bus().await;
    let mail = last_mail(&world).await;
    assert!(mail.subject.contains("was paid back"), "{}", mail.subject);
    assert!(!mail.text.contains("undoes"), "{}", mail.text);
}

#[tokio::test]
async fn a_store_that_does_not_answer_delays_the_mail_of_a_reversal_and_makes_no_second_one() {
    let world = undone("MoneyWithdrawn").await;
    let silent = handlers::error::Error::Retryable("no answer".into());
    world
        .faults
        .at("store.commit_holding", 0, Fault::FailBefore(silent));
    world.deliver_bus().await;
    assert_eq!(world.mailer.accepted().len(), 1);
    world.clock.advance(Duration::from_secs(90));
    let mail = last_mail(&world).await;
    assert!(mail.text.contains("to Tesco"), "{}", mail.text);
    assert_eq!(world.mailer.accepted().len(), 2);
    assert_at_most_once(&world, "delayed");
}

#[tokio::test]
async fn an_overdrawn_account_names_the_payment_that_overdrew_it() {
    let world = World::default();
    world.customer_with("ana@example.com", json!({})).await;
    move_money(&world, "pay", paid("MoneyWithdrawn", "140.00")).await;
    let mails: Vec<_> = {
        world.settle().await;
        let mails = world.mailer.accepted();
        let about = |mail: &handlers::ports::Mail| mail.subject.contains("is overdrawn");
        mails.into_iter().filter(about).collect()
    };
    let [mail] = &mails[..] else {
        panic!("{} mails", mails.len())
    };
    for said in [
        "Amount: −€140.00\n",
        "To: Tesco\n",
        "Reference: Card 9 Nov\n",
    ] {
        assert!(mail.text.contains(said), "{said}: {}", mail.text);
    }
}

#[tokio::test]
async fn a_mail_about_a_deposit_reads_no_earlier_event() {
    let world = deposit().await;
    world.faults.forget_trace();
    let mail = last_mail(&world).await;
    assert!(mail.subject.contains("was paid into"), "{}", mail.subject);
    assert_eq!(reads(&world), 0);
    move_money(&world, "more", deposited("1.00")).await;
    world.settle().await;
    assert_eq!(world.mailer.accepted().len(), 2);
}
