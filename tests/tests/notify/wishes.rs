//! Who is told: the customer's wishes then and now.

use crate::given::*;
use chrono::TimeDelta;
use domain::notification::Phase;
use handlers::composition::Composition;
use handlers::ports::{CLOCKS_DIFFER, Clock};
use serde_json::json;
use std::time::Duration;
use tests::world::{Answer, Fault, World, customer, deposited};

#[tokio::test]
async fn who_was_not_known_when_it_happened_is_not_told_afterwards() {
    let world = World::default();
    move_money(&world, "one", deposited("1.00")).await;
    world.customer_with("ana@example.com", json!({})).await;
    world.settle().await;
    assert_skipped(&world, "no-contact");
}

/// The customer is entered by one process, and money moved by another whose
/// clock is behind by so much.
async fn entered_first_by_a_clock_ahead(by: TimeDelta) -> World {
    let world = World::default();
    world.customers.let_clocks_differ(CLOCKS_DIFFER);
    world.customer_with("ana@example.com", json!({})).await;
    world.clock.set(world.clock.now() - by);
    move_money(&world, "one", deposited("1.00")).await;
    world.settle().await;
    world
}

#[tokio::test]
async fn a_customer_who_was_entered_first_is_told_though_another_clock_is_behind() {
    for minutes in [1, 59] {
        let world = entered_first_by_a_clock_ahead(TimeDelta::minutes(minutes)).await;
        assert_eq!(only(&world).phase(), Phase::Sent, "{:?}", only(&world));
    }
    let world = entered_first_by_a_clock_ahead(TimeDelta::minutes(61)).await;
    assert_skipped(&world, "no-contact");
}

#[tokio::test]
async fn what_was_judged_without_contact_stays_so_though_clocks_differ() {
    let world = World::default();
    world.customers.let_clocks_differ(CLOCKS_DIFFER);
    move_money(&world, "one", deposited("1.00")).await;
    world.deliver_bus().await;
    assert_skipped(&world, "no-contact");
    // Not told of a kind either that leaves no trace unless it is asked for.
    let large = json!({ "enabled": true, "min_amount": { "EUR": "1.00" } });
    let wishes = json!({ "kinds": { "large-amount": large } });
    world.customer_with("ana@example.com", wishes).await;
    world.project(world.stream()).await;
    world.settle().await;
    assert_skipped(&world, "no-contact");
}

#[tokio::test]
async fn a_customers_revisions_are_in_force_in_their_order_though_the_clock_steps_back() {
    let world = World::default();
    world.customer_with("ana@example.com", json!({})).await;
    let an_hour = TimeDelta::hours(1);
    world.clock.set(world.clock.now() - an_hour);
    world.customer_with("new@example.com", json!({})).await;
    let desk = world.customer_service();
    world.clock.set(world.clock.now() - an_hour);
    desk.erase(&customer()).await.unwrap();
    let times: Vec<_> = (world.customers.all().iter())
        .map(|revision| revision.in_force_from)
        .collect();
    assert!(times.len() == 3 && times.is_sorted(), "{times:?}");
}

#[tokio::test]
async fn the_preferences_of_then_decide_what_was_asked_for() {
    let off = json!({ "kinds": { "deposit": { "enabled": false } } });
    let world = deposit_for(off).await;
    world.customer_with("ana@example.com", json!({})).await;
    world.settle().await;
    assert_skipped(&world, "preference-off");

    let minimum =
        json!({ "kinds": { "deposit": { "enabled": true, "min_amount": { "EUR": "1000.00" } } } });
    let world = deposit_for(minimum).await;
    world.customer_with("ana@example.com", json!({})).await;
    world.settle().await;
    assert_skipped(&world, "below-minimum");
}

#[tokio::test]
async fn who_opts_out_before_the_mail_leaves_is_not_told() {
    let off = json!({ "kinds": { "deposit": { "enabled": false } } });
    let world = deposit().await;
    world.customer_with("ana@example.com", off.clone()).await;
    world.settle().await;
    assert_skipped(&world, "preference-off");

    // Also when a first attempt had been put off, or had died before it sent.
    let world = world_with(&(vec![LATER], false)).await;
    world.deliver_bus().await;
    world.customer_with("ana@example.com", off.clone()).await;
    world.settle().await;
    assert_skipped(&world, "preference-off");

    let world = world_with(&(vec![], true)).await;
    world.faults.at("notifications.save", 0, Fault::StopAfter);
    assert!(
        world
            .faults
            .until_crash(world.deliver_bus())
            .await
            .is_none()
    );
    world.customer_with("ana@example.com", off.clone()).await;
    world.project(world.stream()).await;
    world.settle().await;
    assert_skipped(&world, "preference-off");
}

#[tokio::test]
async fn a_replaced_address_gets_the_mail_and_the_old_one_none() {
    let world = world_with(&(vec![LATER], false)).await;
    world.deliver_bus().await;
    world.customer_with("new@example.com", json!({})).await;
    world.settle().await;
    let to: Vec<String> = world
        .mailer
        .accepted()
        .into_iter()
        .map(|mail| mail.to.into())
        .collect();
    assert_eq!(to, ["new@example.com"]);
}

#[tokio::test]
async fn an_erased_customer_is_told_nothing_not_even_what_was_begun() {
    let world = deposit().await;
    world.customer_service().erase(&customer()).await.unwrap();
    world.settle().await;
    assert_skipped(&world, "erased");

    let all = json!({ "kinds": { "large-amount": { "enabled": true, "min_amount": { "EUR": "1.00" } } } });
    let world = deposit_for(all).await;
    world.mailer.answer([LATER, LATER]);
    world.deliver_bus().await;
    world.customer_service().erase(&customer()).await.unwrap();
    world.settle().await;
    for line in lines(&world).await {
        assert_eq!(
            (&line["state"], &line["reason"]),
            (&json!("SKIPPED"), &json!("erased"))
        );
    }
    assert_eq!(lines(&world).await.len(), 2);
    assert_eq!(world.mailer.accepted(), []);
}

#[tokio::test]
async fn what_was_begun_ends_also_when_a_change_that_was_on_its_way_takes_it_back() {
    let world = World::default();
    let before = world.clock.now();
    let large = json!({ "kinds": { "large-amount": { "enabled": true, "min_amount": { "EUR": "100.00" } } } });
    world.customer_with("ana@example.com", large).await;
    world.clock.advance(Duration::from_secs(5));
    move_money(&world, "one", deposited("125.50")).await;
    world.mailer.answer([LATER]);
    assert_eq!(world.deliver_bus().await, 1);

    // Stamped before the event, and written after it was evaluated.
    let after = world.clock.now();
    world.clock.set(before + TimeDelta::seconds(1));
    world.customer_with("ana@example.com", json!({})).await;
    world.clock.set(after);
    world.settle().await;

    let lines = lines(&world).await;
    let mut states: Vec<_> = lines.iter().map(|line| &line["state"]).collect();
    states.sort_by_key(|state| state.to_string());
    assert_eq!(states, ["SENT", "SKIPPED"]);
    let mail = world.mailer.accepted().pop().unwrap();
    assert!(!mail.text.contains("large amounts"), "{}", mail.text);
    assert!(!mail.text.contains("alert level"), "{}", mail.text);
}

#[tokio::test]
async fn a_mail_that_was_put_off_is_sent_by_the_next_delivery_though_the_customer_has_changed_something()
 {
    let world = deposit().await;
    world
        .customer_with("ana@example.com", json!({ "hide_amounts": true }))
        .await;
    world.mailer.answer([Answer::Later(Duration::ZERO)]);
    assert_eq!(world.deliver_bus().await, 1);
    assert_eq!(only(&world).phase(), Phase::RetryAt);
    world.settle().await;
    assert_eq!(only(&world).phase(), Phase::Sent);
    assert_eq!(world.mailer.accepted().len(), 1);
}
