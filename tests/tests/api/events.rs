//! The events of all accounts by what they must have, and the commits by which
//! they are proved.

use std::time::Duration;

use domain::{Commit, Head, chain};
use serde_json::{Value, json};
use tests::world::{deposited, event, opened, withdrawn};

use crate::client::Client;

/// Two accounts of one customer and one of another, in euros and in yen.
async fn three_accounts() -> Client {
    let client = Client::new();
    client
        .append("ACC-1", "open", &[opened(), deposited("10.00")])
        .await;
    client.append("ACC-2", "open", &[opened()]).await;
    let yen = |event_type: &str, amount: &str| {
        event(event_type, json!({ "amount": amount, "currency": "JPY" }))
    };
    let opened_in_yen = json!({ "customer_id": "BEN", "currency": "JPY" });
    client
        .append("ACC-3", "open", &[event("AccountOpened", opened_in_yen)])
        .await;
    client
        .append("ACC-1", "one", &[withdrawn("2.50"), deposited("1000.00")])
        .await;
    client
        .append("ACC-3", "one", &[yen("MoneyDeposited", "1000")])
        .await;
    client.append("ACC-2", "one", &[deposited("0.01")]).await;
    client.world.clock.advance(Duration::from_secs(10));
    client
}

/// The places of the events on all pages.
async fn places(client: &Client, query: &str) -> Vec<String> {
    let mut places = Vec::new();
    let mut cursor = String::new();
    loop {
        let page = client
            .get(&format!("/v1/events?{query}{cursor}"))
            .await
            .body;
        for event in page["events"].as_array().unwrap() {
            let account = event["account_id"].as_str().unwrap();
            places.push(format!("{account} {}", event["version"]));
        }
        match page["next"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return places,
        }
    }
}

#[tokio::test]
async fn events_are_filtered_by_type_account_customer_source_currency_and_amount() {
    let client = three_accounts().await;
    for (query, expected) in [
        ("type=AccountOpened", vec!["ACC-1 1", "ACC-2 1", "ACC-3 1"]),
        ("type=MoneyWithdrawn", vec!["ACC-1 3"]),
        ("account=ACC-3", vec!["ACC-3 1", "ACC-3 2"]),
        ("account=NONE", vec![]),
        ("customer=BEN", vec!["ACC-3 1", "ACC-3 2"]),
        (
            "customer=CUST-42&type=AccountOpened",
            vec!["ACC-1 1", "ACC-2 1"],
        ),
        ("source=nobody", vec![]),
        ("currency=JPY", vec!["ACC-3 1", "ACC-3 2"]),
        (
            "currency=EUR&min_amount=2.5",
            vec!["ACC-1 2", "ACC-1 3", "ACC-1 4"],
        ),
        ("currency=EUR&max_amount=2.50", vec!["ACC-1 3", "ACC-2 2"]),
        (
            "currency=EUR&min_amount=2.51&max_amount=10.00",
            vec!["ACC-1 2"],
        ),
        ("currency=JPY&min_amount=1000", vec!["ACC-3 2"]),
    ] {
        for limit in [1, 2, 100] {
            assert_eq!(
                places(&client, &format!("limit={limit}&{query}")).await,
                expected,
                "{query}, {limit} at once"
            );
            let mut newest_first = expected.clone();
            newest_first.reverse();
            assert_eq!(
                places(&client, &format!("order=desc&limit={limit}&{query}")).await,
                newest_first,
                "{query}, {limit} at once, newest first"
            );
        }
    }
    assert_eq!(places(&client, "source=local").await.len(), 8);
    let correlation = client.world.store.log()[3].correlation_id.clone();
    let query = format!("order=desc&correlation_id={correlation}");
    assert_eq!(places(&client, &query).await, ["ACC-1 4", "ACC-1 3"]);
}

fn read(commit: &Value) -> Commit {
    let text = |name: &str| commit[name].as_str().unwrap();
    let (prev_hash, hash) = (text("prev_hash"), text("hash"));
    Commit::read(
        text("content").as_bytes(),
        prev_hash.parse().unwrap(),
        hash.parse().unwrap(),
    )
    .unwrap()
}

#[tokio::test]
async fn commits_come_in_recorded_order_with_all_that_proves_them() {
    let client = three_accounts().await;
    for limit in [1, 2, 3, 1000] {
        let mut commits = Vec::new();
        let mut cursor = String::new();
        let until = loop {
            let page = client
                .get(&format!("/v1/commits?limit={limit}{cursor}"))
                .await
                .body;
            commits.extend(page["commits"].as_array().unwrap().iter().map(read));
            match page["next"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => break page["complete_until"].as_str().unwrap().to_owned(),
            }
        };
        assert_eq!(commits, client.world.store.log(), "limit {limit}");
        let window = chrono::TimeDelta::seconds(2);
        let now = domain::time::parse_time(&until).unwrap() + window;
        assert!(
            commits
                .iter()
                .all(|commit| commit.recorded_at < now - window)
        );
    }
}

#[tokio::test]
async fn an_accounts_commits_go_on_after_a_version_and_follow_from_one_another() {
    let client = three_accounts().await;
    let whole = client.get("/v1/accounts/ACC-1/commits").await.body;
    let commits: Vec<Commit> = whole["commits"]
        .as_array()
        .unwrap()
        .iter()
        .map(read)
        .collect();
    let mut head: Option<Head> = None;
    for commit in &commits {
        head = Some(chain::follow(head.as_ref(), commit).unwrap());
    }
    assert_eq!((head.unwrap().version(), &whole["next"]), (4, &Value::Null));
    let first = client.get("/v1/accounts/ACC-1/commits?limit=1").await.body;
    assert_eq!(
        (first["commits"].as_array().unwrap().len(), &first["next"]),
        (1, &json!(2))
    );
    let rest = client
        .get("/v1/accounts/ACC-1/commits?limit=1&after_version=2")
        .await
        .body;
    assert_eq!(rest["commits"], json!([whole["commits"][1]]));
    assert_eq!(rest["next"], Value::Null);
    assert_eq!(client.get("/v1/accounts/NONE/commits").await.status, 404);
}
