//! Addresses that get no mail any more.

use chrono::TimeDelta;
use domain::NotificationId;
use domain::email::AddressHash;
use handlers::ports::{Suppression, SuppressionReason, Suppressions};

use crate::history::start;

fn after(seconds: i64, reason: SuppressionReason) -> Suppression {
    Suppression {
        reason,
        at: start() + TimeDelta::seconds(seconds),
        notification_id: NotificationId::from_u128(seconds.unsigned_abs().into()),
    }
}

fn ana() -> AddressHash {
    AddressHash::of("ana@example.com")
}

pub async fn the_latest_event_counts_in_whatever_order_it_comes(store: &dyn Suppressions) {
    let bounce = after(1, SuppressionReason::PermanentBounce);
    let complaint = after(2, SuppressionReason::Complaint);
    for (address, order) in [
        (ana(), [bounce, complaint]),
        (AddressHash::of("zoe@example.com"), [complaint, bounce]),
    ] {
        assert_eq!(store.get(&address).await.unwrap(), None);
        for event in order.into_iter().chain(order) {
            store.add(&address, &event).await.unwrap();
        }
        assert_eq!(store.get(&address).await.unwrap(), Some(complaint));
    }
    assert_eq!(
        store
            .get(&AddressHash::of("ann@example.com"))
            .await
            .unwrap(),
        None
    );
}

pub async fn what_was_lifted_is_not_suppressed_again_by_what_happened_before(
    store: &dyn Suppressions,
) {
    let address = ana();
    let bounce = after(1, SuppressionReason::PermanentBounce);
    store.add(&address, &bounce).await.unwrap();
    store
        .lift(&address, start() + TimeDelta::seconds(5))
        .await
        .unwrap();
    assert_eq!(store.get(&address).await.unwrap(), None);
    store.add(&address, &bounce).await.unwrap();
    assert_eq!(store.get(&address).await.unwrap(), None, "told again");
    // A lifting that comes late takes nothing back.
    store.lift(&address, start()).await.unwrap();
    store.add(&address, &bounce).await.unwrap();
    assert_eq!(store.get(&address).await.unwrap(), None);
    let again = after(9, SuppressionReason::PermanentBounce);
    store.add(&address, &again).await.unwrap();
    assert_eq!(store.get(&address).await.unwrap(), Some(again));
}

pub async fn lifting_what_was_never_suppressed_leaves_it_open(store: &dyn Suppressions) {
    store.lift(&ana(), start()).await.unwrap();
    let bounce = after(-5, SuppressionReason::PermanentBounce);
    store.add(&ana(), &bounce).await.unwrap();
    assert_eq!(store.get(&ana()).await.unwrap(), Some(bounce));
}
