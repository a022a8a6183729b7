//! The people behind the accounts.

use chrono::TimeDelta;
use domain::CustomerId;
use handlers::customers::read_person;
use handlers::ports::{CustomerRevision, Customers, Saved};
use serde_json::json;

use crate::history::start;

fn revision(number: u64) -> CustomerRevision {
    let person = json!({
        "email": format!("ana-{number}@example.com"), "name": "Ana Example", "locale": "fr",
        "time_zone": "Europe/Paris",
        "preferences": { "kinds": { "deposit": { "enabled": true, "min_amount": { "EUR": "10.00" } } } },
    });
    CustomerRevision {
        customer_id: "ana".parse().unwrap(),
        revision: number,
        in_force_from: start() + TimeDelta::hours(number as i64),
        person: Some(Ok(read_person(person).unwrap())),
    }
}

fn ana() -> CustomerId {
    "ana".parse().unwrap()
}

pub async fn a_revision_is_added_once(store: &dyn Customers) {
    assert_eq!(store.latest(&ana()).await.unwrap(), None);
    for number in 1..=12 {
        assert_eq!(store.add(&revision(number)).await.unwrap(), Saved::Written);
        let mut other = revision(number);
        other.person = None;
        assert_eq!(
            store.add(&other).await.unwrap(),
            Saved::Stale,
            "two of one revision"
        );
        assert_eq!(store.latest(&ana()).await.unwrap(), Some(revision(number)));
    }
    assert_eq!(store.latest(&"ben".parse().unwrap()).await.unwrap(), None);
}

pub async fn the_revision_of_a_time_is_the_last_one_then(store: &dyn Customers) {
    // More than one page of them.
    for number in 1..=33 {
        assert_eq!(store.add(&revision(number)).await.unwrap(), Saved::Written);
    }
    let at = async |time| {
        store
            .at(&ana(), time)
            .await
            .unwrap()
            .map(|revision| revision.revision)
    };
    let just = TimeDelta::microseconds(1);
    for number in 1..=33 {
        let from = revision(number).in_force_from;
        assert_eq!(at(from).await, Some(number));
        if number > 1 {
            assert_eq!(at(from - just).await, Some(number - 1));
        }
    }
    // Before the first one there is none, however far the clocks of two functions may differ.
    assert_eq!(at(start() - TimeDelta::hours(1)).await, None);
    assert_eq!(at(start() + TimeDelta::days(365)).await, Some(33));
}

pub async fn an_erased_person_is_in_no_revision(store: &dyn Customers) {
    for number in 1..=33 {
        assert_eq!(store.add(&revision(number)).await.unwrap(), Saved::Written);
    }
    let mut ben = revision(1);
    ben.customer_id = "ben".parse().unwrap();
    assert_eq!(store.add(&ben).await.unwrap(), Saved::Written);

    let erased = CustomerRevision {
        person: None,
        ..revision(34)
    };
    assert_eq!(store.add(&erased).await.unwrap(), Saved::Written);
    store.erase_before(&ana(), 34).await.unwrap();
    for number in 1..=34 {
        let then = store
            .at(&ana(), revision(number).in_force_from)
            .await
            .unwrap()
            .unwrap();
        // When what was in force stays: only who it was is gone.
        assert_eq!(
            then,
            CustomerRevision {
                person: None,
                ..revision(number)
            }
        );
    }
    assert_eq!(store.latest(&ana()).await.unwrap(), Some(erased));
    assert_eq!(store.latest(&ben.customer_id).await.unwrap(), Some(ben));
}
