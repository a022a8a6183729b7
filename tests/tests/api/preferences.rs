//! What a customer may wish of each kind: what is followed, and nothing else.

use std::collections::BTreeSet;

use axum::http::{Method, StatusCode};
use domain::notification::{AmountField, Kind};
use handlers::http::OPENAPI;
use handlers::ports::{CustomerRevision, Customers, Person, Saved};
use serde_json::{Value, json};
use tests::world::customer;

use crate::client::Client;

const CUSTOMER: &str = "/v1/customers/CUST-42";

fn person(preferences: &Value) -> Value {
    json!({ "email": "ana@example.com", "name": "Ana Martín", "preferences": preferences })
}

#[test]
fn the_document_has_for_each_kind_the_amounts_that_are_followed_and_no_others() {
    let document: Value = serde_json::from_str(OPENAPI).unwrap();
    let schemas = &document["components"]["schemas"];
    let kinds = schemas["Preferences"]["properties"]["kinds"]["properties"]
        .as_object()
        .unwrap();
    let named: BTreeSet<&str> = kinds.keys().map(String::as_str).collect();
    assert_eq!(named, Kind::ALL.map(Kind::as_str).into());
    for kind in Kind::ALL {
        let reference = kinds[kind.as_str()]["$ref"].as_str().unwrap();
        let schema = document.pointer(reference.trim_start_matches('#')).unwrap();
        assert_eq!(schema["additionalProperties"], false, "{kind}");
        let fields: BTreeSet<&str> = schema["properties"]
            .as_object()
            .unwrap()
            .keys()
            .map(String::as_str)
            .collect();
        let amounts = kind.amounts().iter().map(|field| field.as_str());
        assert_eq!(fields, amounts.chain(["enabled"]).collect(), "{kind}");
    }
}

#[tokio::test]
async fn a_preference_that_would_not_be_followed_is_refused_by_its_place() {
    let client = Client::new();
    let mut refused = 0;
    for kind in Kind::ALL {
        for field in AmountField::ALL {
            let amounts = json!({ field.as_str(): { "EUR": "1.00" } });
            let body = person(&json!({ "kinds": { kind.as_str(): amounts } }));
            let answer = client.json(Method::PUT, CUSTOMER, &[], &body).await;
            if kind.amounts().contains(&field) {
                assert!(answer.status.is_success(), "{kind} {field:?}");
                continue;
            }
            assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{kind} {field:?}");
            let pointer = format!("/preferences/kinds/{kind}/{}", field.as_str());
            assert_eq!(answer.places(), [pointer]);
            refused += 1;
        }
    }
    assert_eq!(refused, 24);
}

#[tokio::test]
async fn what_was_stored_before_it_was_refused_is_read_and_can_be_put_back_as_it_is_shown() {
    let client = Client::new();
    let amounts = json!({ "EUR": "1.00" });
    let all = json!({
        "enabled": true, "min_amount": amounts, "threshold": amounts, "margin": amounts,
    });
    let kinds: Value = Kind::ALL
        .into_iter()
        .map(|kind| (kind.as_str(), all.clone()))
        .collect();
    let stored = Person {
        email: "ana@example.com".parse().unwrap(),
        name: "Ana Martín".to_owned(),
        locale: "en".parse().unwrap(),
        time_zone: "UTC".parse().unwrap(),
        // As the store reads it.
        preferences: serde_json::from_value(json!({ "kinds": kinds })).unwrap(),
    };
    let revision = CustomerRevision {
        customer_id: customer(),
        revision: 1,
        in_force_from: "2026-11-22T10:00:00Z".parse().unwrap(),
        person: Some(Ok(stored)),
    };
    let saved = client.world.customers.add(&revision).await;
    assert_eq!(saved, Ok(Saved::Written));
    let shown = client.get(CUSTOMER).await;
    let deposit = &shown.body["preferences"]["kinds"]["deposit"];
    assert_eq!(*deposit, json!({ "enabled": true, "min_amount": amounts }));
    let put = client.json(Method::PUT, CUSTOMER, &[], &shown.body).await;
    assert_eq!((put.status, put.body), (StatusCode::OK, shown.body));
}
