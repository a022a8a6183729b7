//! Addresses that get no mail any more.

use chrono::TimeDelta;
use domain::NotificationId;
use handlers::ports::{Suppression, SuppressionReason, Suppressions};

use crate::history::start;

fn after(seconds: i64, reason: SuppressionReason) -> Suppression {
    Suppression {
        reason,
        at: start() + TimeDelta::seconds(seconds),
        notification_id: NotificationId::from_u128(seconds.unsigned_abs().into()),
    }
}

pub async fn the_latest_event_counts_in_whatever_order_and_case_it_comes(store: &dyn Suppressions) {
    let bounce = after(1, SuppressionReason::PermanentBounce);
    let complaint = after(2, SuppressionReason::Complaint);
    for (address, order) in [
        ("ana@example.com", [bounce, complaint]),
        ("zoe@example.com", [complaint, bounce]),
    ] {
        assert_eq!(store.get(address).await.unwrap(), None);
        for event in order.into_iter().chain(order) {
            store.add(address, &event).await.unwrap();
        }
        assert_eq!(
            store.get(&address.to_uppercase()).await.unwrap(),
            Some(complaint)
        );
    }
    assert_eq!(store.get("ann@example.com").await.unwrap(), None);
}

pub async fn what_was_lifted_is_not_suppressed_again_by_what_happened_before(
    store: &dyn Suppressions,
) {
    let address = "ana@example.com";
    let bounce = after(1, SuppressionReason::PermanentBounce);
    store.add(address, &bounce).await.unwrap();
    store
        .lift(address, start() + TimeDelta::seconds(5))
        .await
        .unwrap();
    assert_eq!(store.get(address).await.unwrap(), None);
    store.add(address, &bounce).await.unwrap();
    assert_eq!(store.get(address).await.unwrap(), None, "told again");
    // A lifting that comes late takes nothing back.
    store.lift(address, start()).await.unwrap();
    store.add(address, &bounce).await.unwrap();
    assert_eq!(store.get(address).await.unwrap(), None);
    let again = after(9, SuppressionReason::PermanentBounce);
    store.add(address, &again).await.unwrap();
    assert_eq!(store.get(address).await.unwrap(), Some(again));
}

pub async fn lifting_what_was_never_suppressed_leaves_it_open(store: &dyn Suppressions) {
    store.lift("ana@example.com", start()).await.unwrap();
    let bounce = after(-5, SuppressionReason::PermanentBounce);
    store.add("ana@example.com", &bounce).await.unwrap();
    assert_eq!(store.get("ana@example.com").await.unwrap(), Some(bounce));
}
