//! No mail goes to an address that has bounced or complained.

use chrono::TimeDelta;
use domain::NotificationId;
use domain::email::AddressHash;
use domain::notification::Phase;
use handlers::ports::{Clock, Suppression, SuppressionReason, Suppressions};
use serde_json::json;
use tests::world::World;

use crate::given::*;

async fn suppress(world: &World, address: &str) {
    let suppression = Suppression {
        reason: SuppressionReason::PermanentBounce,
        at: world.clock.now(),
        notification_id: NotificationId::from_u128(0),
    };
    world
        .suppressions
        .add(&AddressHash::of(address), &suppression)
        .await
        .unwrap();
}

#[tokio::test]
async fn a_suppressed_address_is_told_nothing_and_the_decision_says_why() {
    let world = deposit().await;
    suppress(&world, "Ana@Example.com").await;
    world.settle().await;
    assert_skipped(&world, "suppressed");
}

#[tokio::test]
async fn an_address_that_bounced_while_a_mail_was_put_off_does_not_get_it() {
    let world = world_with(&(vec![LATER], false)).await;
    world.deliver_bus().await;
    suppress(&world, "ana@example.com").await;
    world.settle().await;
    assert_skipped(&world, "suppressed");
}

#[tokio::test]
async fn a_new_address_and_one_that_was_lifted_get_their_mails() {
    let world = deposit().await;
    suppress(&world, "ana@example.com").await;
    world.customer_with("new@example.com", json!({})).await;
    world.settle().await;
    assert_eq!(only(&world).phase(), Phase::Sent);

    let world = deposit().await;
    suppress(&world, "ana@example.com").await;
    let later = world.clock.now() + TimeDelta::seconds(1);
    world
        .suppressions
        .lift(&AddressHash::of("ana@example.com"), later)
        .await
        .unwrap();
    world.settle().await;
    assert_eq!(only(&world).phase(), Phase::Sent);
}
