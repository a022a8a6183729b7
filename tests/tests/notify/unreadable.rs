//! A customer whose entry another version has stored, and this one refuses.

use domain::notification::Phase;
use handlers::composition::Composition;
use handlers::customers::Person;
use handlers::error::Error;
use handlers::ports::{Clock, CustomerRevision, Customers, Saved};
use serde_json::json;
use tests::world::{World, customer, deposited};

use crate::given::*;

async fn deposit_of_an_unreadable_customer() -> World {
    let world = World::default();
    let stored = json!({ "email": "ana@example.com", "name": "Ana Martín", "locale": "en",
        "time_zone": "Nowhere/Land", "preferences": {} });
    let revision = CustomerRevision {
        customer_id: customer(),
        revision: 1,
        in_force_from: world.clock.now(),
        person: Some(Person::from_stored(stored)),
    };
    let saved = world.customers.add(&revision).await;
    assert_eq!(saved, Ok(Saved::Written));
    move_money(&world, "one", deposited("1.00")).await;
    assert_eq!(world.deliver_bus().await, 1, "the event is delivered again");
    assert!(world.notifications.all().is_empty());
    world
}

#[tokio::test]
async fn nothing_is_sent_until_the_customer_is_entered_anew_and_then_what_had_failed_is() {
    let world = deposit_of_an_unreadable_customer().await;
    world.customer_with("new@example.com", json!({})).await;
    world.settle().await;
    assert_eq!(only(&world).phase(), Phase::Sent);
    assert_eq!(world.mailer.accepted()[0].to.as_str(), "new@example.com");
}

#[tokio::test]
async fn the_fault_is_named_and_the_customer_can_be_erased_all_the_same() {
    let world = deposit_of_an_unreadable_customer().await;
    let desk = world.customer_service();
    let error = desk.get(&customer()).await.unwrap_err();
    assert!(matches!(error, Error::Permanent(_)), "{error:?}");
    let text = error.to_string();
    assert!(text.contains("/time_zone must be"), "{text}");
    assert!(!text.contains("Nowhere"), "{text}");
    desk.erase(&customer()).await.unwrap();
    world.settle().await;
    assert_skipped(&world, "erased");
}
