//! A customer whose entry another version has stored, and this one refuses.

use axum::http::StatusCode;
use domain::CustomerId;
use domain::email::AddressHash;
use domain::notification::Kind;
use handlers::customers::Person;
use handlers::ports::{
    Clock, CustomerRevision, Customers, Saved, Suppression, SuppressionReason, Suppressions,
};
use handlers::unsubscribe::Topic;
use serde_json::{Value, json};
use tests::world::{customer, deposited, event, withdrawn};

use crate::client::{Answer, Client};
use crate::unsubscribe::{ONE_CLICK, link, post};
use crate::what_if::{append, ask, question, wishes};

const EMAIL: &str = "ana@example.com";

async fn enter_unreadable(client: &Client, customer_id: CustomerId, revision: u64) {
    let stored = json!({ "email": EMAIL, "name": "Ana Martín", "locale": "fr",
        "time_zone": "Nowhere/Land", "preferences": {} });
    let revision = CustomerRevision {
        customer_id,
        revision,
        in_force_from: client.world.clock.now(),
        person: Some(Person::from_stored(stored)),
    };
    let added = client.world.customers.add(&revision).await;
    assert_eq!(added, Ok(Saved::Written));
}

async fn with_unreadable() -> Client {
    let client = Client::new();
    enter_unreadable(&client, customer(), 1).await;
    client
}

/// It says which member is at fault, not what that holds, and what helps.
fn assert_named(answer: &Answer) {
    assert_eq!(answer.status, StatusCode::INTERNAL_SERVER_ERROR);
    let name = "urn:ledgerbell:problem:unreadable-customer";
    assert_eq!(answer.body["type"], name);
    let detail = answer.body["detail"].as_str().unwrap();
    assert!(detail.contains("/time_zone must be"), "{detail}");
    assert!(detail.contains("Enter the customer again"), "{detail}");
    assert!(!detail.contains("Nowhere"), "{detail}");
}

#[tokio::test]
async fn the_member_at_fault_is_named_and_no_suppression_is_lifted() {
    let client = with_unreadable().await;
    let hash = AddressHash::of(EMAIL);
    let suppression = Suppression {
        reason: SuppressionReason::Complaint,
        at: client.world.clock.now(),
        notification_id: domain::NotificationId::from_u128(1),
    };
    let suppressions = &client.world.suppressions;
    suppressions.add(&hash, &suppression).await.unwrap();

    let path = format!("/v1/customers/{}", customer());
    assert_named(&client.get(&path).await);
    let path = format!("{path}/suppressions");
    assert_named(&client.get(&path).await);
    assert_named(&client.delete(&path).await);
    assert_eq!(suppressions.get(&hash).await, Ok(Some(suppression)));
}

#[tokio::test]
async fn a_link_to_unsubscribe_is_shown_and_says_that_it_could_not_be_followed() {
    let client = with_unreadable().await;
    let path = link(&client, Topic::Kind(Kind::Deposit)).await;
    assert_eq!(client.get(&path).await.status, StatusCode::OK);
    let answer = post(&client, &path, ONE_CLICK).await;
    assert_eq!(answer.status, StatusCode::INTERNAL_SERVER_ERROR);
    let html = answer.body.as_str().unwrap();
    for text in ["nothing was changed", "rien n’a été modifié"] {
        assert!(html.contains(text), "{html}");
    }
    let latest = client.world.customers.latest(&customer()).await.unwrap();
    assert_eq!(latest.unwrap().revision, 1);

    // Entered anew, the same link works.
    client.world.customer_with(EMAIL, json!({})).await;
    assert_eq!(post(&client, &path, ONE_CLICK).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_what_if_about_all_accounts_counts_them_as_not_entered_and_the_others_as_ever() {
    let client = Client::new();
    wishes(&client, "CUST-7", json!({})).await;
    enter_unreadable(&client, "CUST-8".parse().unwrap(), 1).await;
    for (account, customer) in [("ACC-7", "CUST-7"), ("ACC-8", "CUST-8")] {
        let data = json!({ "customer_id": customer, "currency": "EUR" });
        append(&client, account, "open", &[event("AccountOpened", data)]).await;
        append(&client, account, "in", &[deposited("20.00")]).await;
    }
    client
        .world
        .clock
        .advance(std::time::Duration::from_secs(60));
    let off = json!({ "kinds": { "deposit": { "enabled": false } } });
    let answer = ask(&client, &question(&json!({ "preferences": off }))).await;
    let deposits = &answer["kinds"]["deposit"];
    let counts =
        |told: u64, skipped: Value| json!({ "told": told, "waiting": {}, "skipped": skipped });
    assert_eq!(deposits["before"], counts(1, json!({ "no-contact": 1 })));
    assert_eq!(
        deposits["after"]["skipped"]["no-contact"], 1,
        "whatever the preferences"
    );
    assert_eq!(deposits["after"]["told"], 0);
}

#[tokio::test]
async fn what_was_asked_for_before_an_entry_that_cannot_be_read_still_counts_for_the_day() {
    let client = Client::new();
    let clock = &client.world.clock;
    let low = json!({ "enabled": true, "threshold": { "EUR": "100.00" } });
    let low = json!({ "kinds": { "low-balance": low } });
    wishes(&client, "CUST-9", low.clone()).await;
    let data = json!({ "customer_id": "CUST-9", "currency": "EUR", "opening_balance": "500.00" });
    append(&client, "ACC-9", "open", &[event("AccountOpened", data)]).await;
    let day = [withdrawn("450.00"), deposited("450.00")];
    append(&client, "ACC-9", "first", &day).await;
    clock.advance(std::time::Duration::from_secs(60));
    enter_unreadable(&client, "CUST-9".parse().unwrap(), 2).await;
    append(&client, "ACC-9", "between", &[withdrawn("10.00")]).await;
    clock.advance(std::time::Duration::from_secs(60));
    wishes(&client, "CUST-9", low).await;
    append(&client, "ACC-9", "last", &[withdrawn("450.00")]).await;
    clock.advance(std::time::Duration::from_secs(60));

    let off = json!({ "kinds": { "deposit": { "enabled": false } } });
    let answer = ask(&client, &question(&json!({ "change": off }))).await;
    let counted = json!({ "told": 1, "waiting": {}, "skipped": { "already-told-today": 1 } });
    assert_eq!(
        answer["kinds"]["low-balance"]["before"], counted,
        "{answer:#}"
    );
}
