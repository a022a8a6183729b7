//! The index of the customers. Each function takes the index and the customers, which are one store.

use chrono::TimeDelta;
use domain::CustomerId;
use handlers::customers::{TermKind, email_prefix, id_prefix, name_prefix, read_person, words};
use handlers::ports::{CustomerIndex, CustomerRevision, Customers, Saved};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, TestRunner};
use serde_json::json;

use crate::history::start;

fn revision(id: &str, number: u64, person: Option<(&str, &str)>) -> CustomerRevision {
    let person = person.map(|(name, email)| {
        let further = json!([{ "email": format!("further.{email}"), "kinds": ["deposit"] }]);
        let person =
            json!({ "name": name, "email": email, "preferences": { "addresses": further } });
        Ok(read_person(person).unwrap())
    });
    CustomerRevision {
        customer_id: id.parse().unwrap(),
        revision: number,
        in_force_from: start() + TimeDelta::hours(number as i64),
        person,
    }
}

async fn add(store: &impl Customers, id: &str, number: u64, person: Option<(&str, &str)>) {
    let saved = store.add(&revision(id, number, person)).await;
    assert_eq!(saved, Ok(Saved::Written), "{id} {number}");
}

/// Reads all pages.
async fn found(store: &impl CustomerIndex, kind: TermKind, prefix: &str) -> Vec<String> {
    let (mut all, mut cursor) = (Vec::new(), None);
    loop {
        let (page, next): (Vec<CustomerId>, _) = store
            .find(kind, prefix, cursor.as_deref(), 2)
            .await
            .unwrap();
        assert!(page.len() <= 2);
        all.extend(page.iter().map(CustomerId::to_string));
        if next.is_none() {
            return all;
        }
        cursor = next;
    }
}

async fn all_terms(store: &impl CustomerIndex) -> Vec<String> {
    let mut all = Vec::new();
    for kind in [
        TermKind::Name,
        TermKind::Word,
        TermKind::Email,
        TermKind::Id,
    ] {
        all.extend(found(store, kind, "").await);
    }
    all
}

pub async fn a_customer_is_found_by_each_word_of_the_name_by_each_address_and_by_the_id(
    store: &(impl CustomerIndex + Customers),
) {
    add(store, "ana-1", 1, Some(("Ana Martín", "Ana@example.com"))).await;
    add(store, "ben.2", 1, Some(("Ben Martins", "ben@example.com"))).await;
    let word = async |kind, text: &str| found(store, kind, &name_prefix(&words(text))).await;
    assert_eq!(word(TermKind::Name, "ANA").await, ["ana-1"]);
    assert_eq!(word(TermKind::Name, "ana martin").await, ["ana-1"]);
    assert_eq!(word(TermKind::Word, "mart").await, ["ana-1", "ben.2"]);
    assert_eq!(word(TermKind::Word, "martin ana").await, ["ana-1"]);
    assert_eq!(word(TermKind::Word, "m").await, [""; 0]);
    for address in ["ana@example.com", "FURTHER.ANA@example.com"] {
        assert_eq!(
            found(store, TermKind::Email, &email_prefix(address)).await,
            ["ana-1"]
        );
    }
    assert_eq!(
        found(store, TermKind::Email, &email_prefix("ana@example")).await,
        [""; 0]
    );
    assert_eq!(
        found(store, TermKind::Id, &id_prefix("Ana 1")).await,
        ["ana-1"]
    );
    assert_eq!(found(store, TermKind::Id, &id_prefix("ana")).await, [""; 0]);
}

pub async fn customers_are_listed_by_name_each_once(store: &(impl CustomerIndex + Customers)) {
    let names = ["Zoë", "ana lind", "Ana Lind", "Ána", "Ben", "李"];
    for (number, name) in names.iter().enumerate() {
        let id = format!("c-{number}");
        add(store, &id, 1, Some((name, "same@example.com"))).await;
    }
    let listed = found(store, TermKind::Name, "").await;
    assert_eq!(listed, ["c-3", "c-1", "c-2", "c-4", "c-0", "c-5"]);
}

pub async fn the_index_follows_the_newest_revision_and_is_no_revision(
    store: &(impl CustomerIndex + Customers),
) {
    add(store, "ana", 1, Some(("Ana María Lind", "ana@example.com"))).await;
    add(store, "ana", 2, Some(("Ana Berg", "berg@example.com"))).await;
    let second = revision("ana", 2, Some(("Ana Berg", "berg@example.com")));
    assert_eq!(found(store, TermKind::Word, "").await, ["ana"]);
    assert_eq!(found(store, TermKind::Word, "berg").await, ["ana"]);
    assert_eq!(found(store, TermKind::Word, "lind").await, [""; 0]);
    let old = email_prefix("ana@example.com");
    assert_eq!(found(store, TermKind::Email, &old).await, [""; 0]);
    // A revision that is refused changes nothing of it.
    let refused = revision("ana", 2, Some(("Eve", "eve@example.com")));
    assert_eq!(store.add(&refused).await, Ok(Saved::Stale));
    assert_eq!(found(store, TermKind::Name, "eve").await, [""; 0]);
    assert_eq!(
        store.latest(&second.customer_id).await,
        Ok(Some(second.clone()))
    );
    let last = start() + TimeDelta::days(9);
    assert_eq!(store.at(&second.customer_id, last).await, Ok(Some(second)));
}

pub async fn an_erasure_leaves_nothing_in_the_index(store: &(impl CustomerIndex + Customers)) {
    add(store, "ana", 1, Some(("Ana María Lind", "ana@example.com"))).await;
    add(store, "ben", 1, Some(("Ben Lind", "ben@example.com"))).await;
    add(store, "ana", 2, None).await;
    let left = all_terms(store).await;
    assert!(left.iter().all(|customer| customer == "ben"), "{left:?}");
    let ana = "ana".parse().unwrap();
    store.erase_before(&ana, 2).await.unwrap();
    assert_eq!(all_terms(store).await, left);
    // Who is entered again is found again, whatever an interrupted erasure does when it is repeated.
    add(store, "ana", 3, Some(("Ana", "new@example.com"))).await;
    store.erase_before(&ana, 2).await.unwrap();
    assert_eq!(found(store, TermKind::Name, "ana").await, ["ana"]);
}

pub async fn the_index_is_written_anew_from_the_newest_revision_alone(
    store: &(impl CustomerIndex + Customers),
) {
    add(store, "ana", 1, Some(("Ana", "ana@example.com"))).await;
    add(store, "ana", 2, Some(("Ana Berg", "ana@example.com"))).await;
    add(store, "ben", 1, Some(("Ben", "ben@example.com"))).await;
    add(store, "eve", 1, Some(("Eve", "eve@example.com"))).await;
    add(store, "eve", 2, None).await;
    let before = all_terms(store).await;
    let (mut customers, mut cursor) = (Vec::new(), None);
    loop {
        let (page, next) = store.all(cursor.as_deref(), 2).await.unwrap();
        customers.extend(page.iter().map(CustomerId::to_string));
        if next.is_none() {
            break;
        }
        cursor = next;
    }
    customers.sort();
    assert_eq!(
        customers,
        ["ana", "ben", "eve"],
        "each once, however many revisions and terms"
    );
    for customer in customers {
        let newest = store.latest(&customer.parse().unwrap()).await.unwrap();
        for _ in 0..2 {
            assert_eq!(
                store.index(&newest.clone().unwrap()).await,
                Ok(Saved::Written)
            );
        }
    }
    assert_eq!(all_terms(store).await, before);
    let replaced = revision("ana", 1, Some(("Ana", "ana@example.com")));
    assert_eq!(store.index(&replaced).await, Ok(Saved::Stale));
    assert_eq!(all_terms(store).await, before);
}

/// Of arbitrary names: as many as the time allows.
pub async fn whatever_the_name_each_of_its_words_finds_it_until_it_is_erased(
    store: &(impl CustomerIndex + Customers),
) {
    let names = prop_oneof![
        "\\PC{1,40}",
        "[A-Za-zÀ-ž'’ .-]{1,60}",
        "(\\w{1,6} ){1,12}\\w"
    ];
    let names = names.prop_filter("a name", |name| !name.trim().is_empty());
    let mut runner = TestRunner::new(Config::default());
    for number in 0..24 {
        let name = names.new_tree(&mut runner).unwrap().current();
        let id = format!("c{number}");
        add(store, &id, 1, Some((&name, "one@example.com"))).await;
        let finds = async |word: &String| {
            let prefix = name_prefix(std::slice::from_ref(word));
            let mut all = found(store, TermKind::Name, &prefix).await;
            all.extend(found(store, TermKind::Word, &prefix).await);
            all.contains(&id)
        };
        for word in words(&name) {
            assert!(finds(&word).await, "{word:?} of {name:?}");
        }
        add(store, &id, 2, None).await;
        for word in words(&name) {
            assert!(!finds(&word).await, "{word:?} of {name:?}, erased");
        }
    }
    assert_eq!(all_terms(store).await, [""; 0]);
}
