//! The notifications of all accounts.

use std::time::Duration;

use axum::http::StatusCode;
use chrono::{DateTime, TimeDelta, Utc};
use domain::notification::{
    Content, Draft, EventRef, Kind, Notification, Pending, SkipReason, Subject,
};
use domain::recipient::Recipient;
use domain::{EventId, NotificationId};
use handlers::ports::{Clock, DecidedPosition, Notifications, Versioned, decision_shard};
use handlers::query::decided::{MAX_EXAMINED, MAX_READ};
use serde_json::{Value, json};
use tests::world::{account, deposited, event, opened, withdrawn};

use crate::client::Client;

const ALL: &str = "/v1/notifications";

/// Two accounts of one customer who wants no mail of deposits, and one of a stranger.
async fn bank() -> Client {
    let client = Client::new();
    let wishes = json!({ "kinds": { "deposit": { "enabled": false } } });
    client.world.customer_with("ana@example.com", wishes).await;
    let of_a_stranger = event(
        "AccountOpened",
        json!({ "customer_id": "STRANGER", "currency": "EUR" }),
    );
    for (id, opening) in [
        ("ACC-1", opened()),
        ("ACC-2", opened()),
        ("ACC-3", of_a_stranger),
    ] {
        client.append(id, "open", &[opening]).await;
        let movements = [deposited("60.00"), withdrawn("10.00"), withdrawn("20.00")];
        client.append(id, "movements", &movements).await;
        client.world.project(client.world.stream()).await;
        client.world.settle().await;
        client.world.clock.advance(Duration::from_secs(60));
    }
    client
}

/// All pages of this size.
async fn pages(client: &Client, query: &str, limit: usize) -> Vec<Value> {
    let mut listed = Vec::new();
    let mut next = String::new();
    loop {
        let path = format!("{ALL}?limit={limit}&{query}{next}");
        let answer = client.get(path.trim_end_matches('&')).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}");
        let page = answer.body["notifications"].as_array().unwrap();
        assert!(page.len() <= limit);
        listed.extend(page.iter().cloned());
        match answer.body["next"].as_str() {
            Some(cursor) => next = format!("&cursor={cursor}"),
            None => return listed,
        }
    }
}

/// As `account kind state reason`, in the order of the list.
fn rows(listed: &[Value]) -> Vec<String> {
    let row = |entry: &Value| {
        let of = |name: &str| {
            entry["notification"][name]
                .as_str()
                .unwrap_or("-")
                .to_owned()
        };
        let account = entry["account_id"].as_str().unwrap();
        [account.to_owned(), of("kind"), of("state"), of("reason")].join(" ")
    };
    listed.iter().map(row).collect()
}

#[tokio::test]
async fn the_notifications_of_all_accounts_are_listed_newest_decided_first() {
    let client = bank().await;
    let all = pages(&client, "", 1000).await;
    assert_eq!(all.len(), 9);
    let times: Vec<&str> = (all.iter())
        .map(|entry| entry["notification"]["decided_at"].as_str().unwrap())
        .collect();
    assert!(times.iter().rev().is_sorted(), "{times:?}");
    let accounts: Vec<&Value> = all.iter().map(|entry| &entry["account_id"]).collect();
    assert_eq!(
        [accounts[0], accounts[3], accounts[6]],
        ["ACC-3", "ACC-2", "ACC-1"]
    );
    for limit in [1, 2, 4, 9] {
        assert_eq!(pages(&client, "", limit).await, all, "{limit}");
    }
    let id = all[0]["notification"]["notification_id"].as_str().unwrap();
    let alone = client.get(&format!("{ALL}/{id}")).await.body;
    assert_eq!(alone, all[0]);
    // A page that ends exactly at the end says so.
    let whole = client.get("/v1/notifications?limit=9").await.body;
    assert_eq!(whole["next"], Value::Null);
}

#[tokio::test]
async fn each_filter_leaves_what_it_names_and_all_must_match() {
    let client = bank().await;
    let all = pages(&client, "", 1000).await;
    let decided = |index: usize| all[index]["notification"]["decided_at"].as_str().unwrap();
    let from_to = format!("from={}&to={}", decided(5), decided(2));
    for (query, is) in [
        (
            "kind=deposit",
            (|row| row.contains(" deposit ")) as fn(&str) -> bool,
        ),
        ("state=SENT", |row| row.contains(" SENT ")),
        ("reason=no-contact", |row| row.contains(" no-contact")),
        ("reason=preference-off&kind=deposit", |row| {
            row.contains("preference-off")
        }),
        ("state=SENT&reason=no-contact", |_| false),
        ("account_id=ACC-2", |row| row.starts_with("ACC-2")),
        ("customer_id=CUST-42", |row| !row.starts_with("ACC-3")),
        ("customer_id=CUST-42&account_id=ACC-1", |row| {
            row.starts_with("ACC-1")
        }),
        ("customer_id=CUST-42&account_id=ACC-3", |_| false),
        ("customer_id=NEVER", |_| false),
        (&from_to, |row| row.starts_with("ACC-2")),
    ] {
        let expected: Vec<String> = rows(&all).into_iter().filter(|row| is(row)).collect();
        for limit in [1, 100] {
            assert_eq!(
                rows(&pages(&client, query, limit).await),
                expected,
                "{query}"
            );
        }
    }
    for query in [
        "state=sent",
        "kind=nothing",
        "reason=",
        "account_id=a%20b",
        "customer_id=%00",
        "from=yesterday",
        "to=1",
        "limit=1001",
        "cursor=x",
        "order=asc",
    ] {
        let refused = client.get(&format!("{ALL}?{query}")).await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{query}");
    }
}

#[tokio::test]
async fn one_that_shares_the_mail_of_its_digest_has_its_state_and_the_digest_is_not_listed() {
    let client = Client::with_account().await;
    let daily = json!({ "delivery": "daily" });
    client.world.customer_with("ana@example.com", daily).await;
    let deposits = [deposited("60.00"), deposited("70.00")];
    client.append("ACC-1", "one", &deposits).await;
    client.world.project(client.world.stream()).await;
    client.world.settle().await;
    assert_eq!(
        pages(&client, "state=PLANNED&reason=digest", 10)
            .await
            .len(),
        2
    );
    client
        .world
        .clock
        .set("2026-11-23T07:00:00Z".parse().unwrap());
    let notifier = handlers::composition::Composition::notifier(&client.world);
    notifier.run_due(Duration::from_secs(60)).await.unwrap();
    let sent = pages(&client, "state=SENT", 10).await;
    assert_eq!(rows(&sent), ["ACC-1 deposit SENT -"; 2]);
    assert_eq!(pages(&client, "", 10).await, sent);
    assert_eq!(pages(&client, "state=PLANNED", 10).await, [json!(null); 0]);
}

/// A notification of this event of ACC-1 that was decided then.
fn skipped(at: DateTime<Utc>, version: u64) -> Notification {
    let event_id = EventId::new(&account(1), version);
    let draft = Draft::new(Subject {
        id: NotificationId::derived(event_id.uuid(), "deposit"),
        source: EventRef {
            account_id: account(1),
            event_id,
            version,
        },
        correlation_id: None,
        kind: Kind::Deposit,
        recipient: Recipient::Customer,
        content: Content::Event,
    });
    Pending::from(draft)
        .skipped(at, SkipReason::Erased)
        .unwrap()
}

fn seconds(count: u64) -> TimeDelta {
    TimeDelta::seconds(i64::try_from(count).unwrap())
}

async fn save(client: &Client, notification: Notification) {
    let notification = Versioned::new(notification);
    let saved = client.world.notifications.save(&notification).await;
    assert!(saved.unwrap().is_written());
}

#[tokio::test]
async fn a_shard_that_has_the_newest_of_all_hides_none_of_them() {
    let client = Client::with_account().await;
    let now = client.world.clock.now();
    let mut expected = Vec::new();
    for version in 2..400 {
        // Several of each time, and one shard before the others.
        let mut notification = skipped(now - seconds(version / 5), version);
        if decision_shard(&notification) != Some(0) {
            notification = skipped(now - seconds(1000 + version / 5), version);
        }
        let position = DecidedPosition::of(&notification);
        expected.push((position, notification.id().to_string()));
        save(&client, notification).await;
    }
    expected.sort_by(|one, other| other.cmp(one));
    let expected: Vec<String> = expected.into_iter().map(|(_, id)| id).collect();
    for limit in [1, 7, 20, 100] {
        let listed = pages(&client, "", limit).await;
        let ids: Vec<&str> = (listed.iter())
            .map(|entry| entry["notification"]["notification_id"].as_str().unwrap())
            .collect();
        assert_eq!(ids, expected, "{limit}");
    }
}

/// The number of requests to the end of an empty list, and the calls of the store that one takes at most.
async fn to_the_end(client: &Client, query: &str, call: &str) -> (usize, usize) {
    let (mut requests, mut most, mut next) = (0, 0, String::new());
    loop {
        client.world.faults.forget_trace();
        let answer = client.get(&format!("{ALL}?{query}{next}")).await.body;
        assert_eq!(answer["notifications"], json!([]));
        requests += 1;
        let trace = client.world.faults.trace();
        most = most.max(trace.iter().filter(|made| **made == call).count());
        match answer["next"].as_str() {
            Some(cursor) => next = format!("&cursor={cursor}"),
            None => return (requests, most),
        }
    }
}

#[tokio::test]
async fn a_filter_that_refuses_nearly_all_is_answered_in_bounds_with_a_short_page_and_the_next() {
    let client = Client::with_account().await;
    let now = client.world.clock.now();
    let stored = MAX_EXAMINED + 100;
    for version in 0..stored as u64 {
        save(&client, skipped(now - seconds(version), 2 + version)).await;
    }
    // The key shows the kind, and nothing has to be read.
    let (requests, reads) = to_the_end(&client, "kind=withdrawal", "notifications.get").await;
    assert_eq!((requests, reads), (2, 0));
    // The state is not in the key.
    let (requests, reads) = to_the_end(&client, "state=SENT", "notifications.get").await;
    assert_eq!(requests, stored / MAX_READ + 1);
    assert!((MAX_READ..MAX_READ + 100).contains(&reads), "{reads}");
}
