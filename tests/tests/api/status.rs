//! How things stand, and whether anything has changed.

use std::time::Duration;

use axum::body::Body;
use axum::http::{Request, StatusCode};
use handlers::ports::DeadLetterQueue;
use handlers::query::status::MAX_COUNTED;
use serde_json::{Value, json};
use tests::world::{deposited, opened};

use crate::client::Client;

/// An account whose customer wants mails of deposits of 100 EUR and more.
async fn bank() -> Client {
    let client = Client::new();
    let wishes =
        json!({ "kinds": { "deposit": { "enabled": true, "min_amount": { "EUR": "100.00" } } } });
    client.world.customer_with("ana@example.com", wishes).await;
    client.append("ACC-1", "open", &[opened()]).await;
    client
}

async fn deposit(client: &Client, key: &str, amount: &str) {
    client.append("ACC-1", key, &[deposited(amount)]).await;
    client.world.project(client.world.stream()).await;
    client.world.settle().await;
}

async fn status(client: &Client, query: &str) -> Value {
    let answer = client.get(&format!("/v1/status{query}")).await;
    assert_eq!(answer.status, StatusCode::OK, "{:#}", answer.body);
    answer.body
}

/// The mark, or nothing if it is still the known one.
async fn mark(client: &Client, known: Option<&str>) -> Option<String> {
    let mut request = Request::get("/v1/changes");
    if let Some(known) = known {
        request = request.header("if-none-match", known);
    }
    let answer = client.send(request.body(Body::empty()).unwrap()).await;
    let tag = answer.header("etag").unwrap().to_owned();
    match answer.status {
        StatusCode::NOT_MODIFIED => {
            assert_eq!(answer.body, Value::Null);
            assert!(known.unwrap().ends_with(&tag), "{tag}");
            None
        }
        other => {
            assert_eq!(other, StatusCode::OK);
            assert_eq!(
                tag,
                format!("\"{}\"", answer.body["mark"].as_str().unwrap())
            );
            Some(tag)
        }
    }
}

#[tokio::test]
async fn the_status_of_a_day_counts_what_was_recorded_and_what_became_of_it_exactly() {
    let client = bank().await;
    deposit(&client, "older", "500.00").await;
    client.world.clock.advance(Duration::from_secs(25 * 3600));
    for (key, amount) in [("a", "150.00"), ("b", "10.00"), ("c", "20.00")] {
        deposit(&client, key, amount).await;
        client.world.clock.advance(Duration::from_secs(60));
    }
    let day = status(&client, "").await;
    assert_eq!(day["events"]["count"], 3);
    assert_eq!(day["events"]["since"], day["from"]);
    assert_eq!(
        day["notifications"]["by_state"],
        json!([
            { "state": "SKIPPED", "reason": "below-minimum", "count": 2 },
            { "state": "SENT", "reason": null, "count": 1 },
        ])
    );
    assert_eq!(day["notifications"]["count"], 3);
    assert_eq!(day["notifications"]["lag"]["mails"], 1);
    assert_eq!(day["oldest_unprojected"], Value::Null);
    assert_eq!(day["dead_letters"], 0);
    let periods = day["periods"].as_array().unwrap();
    let recorded: u64 = periods
        .iter()
        .map(|one| one["events"].as_u64().unwrap())
        .sum();
    assert_eq!(recorded, 3);
    // All of the last minutes, in one period of 24 minutes.
    assert_eq!(periods.last().unwrap()["events"], 3);

    let two_days = status(&client, "?hours=48").await;
    assert_eq!(two_days["events"]["count"], 5);
    assert_eq!(two_days["notifications"]["count"], 4);
}

#[tokio::test]
async fn the_status_names_what_has_not_come_through() {
    let client = bank().await;
    deposit(&client, "a", "150.00").await;
    client
        .world
        .dead_letters
        .put("{}", Duration::ZERO)
        .await
        .unwrap();
    client.append("ACC-1", "late", &[deposited("1.00")]).await;
    client.append("ACC-1", "later", &[deposited("2.00")]).await;
    let found = status(&client, "?hours=1").await;
    assert_eq!(found["dead_letters"], 1);
    assert_eq!(found["oldest_unprojected"]["version"], 3);
    assert_eq!(found["oldest_unprojected"]["account_id"], "ACC-1");
    assert_eq!(found["is_projection_late"], false);
    client.world.clock.advance(Duration::from_secs(61));
    let found = status(&client, "?hours=1").await;
    assert_eq!(found["is_projection_late"], true);
}

#[tokio::test]
async fn the_status_names_the_schedule_that_is_due_next() {
    let client = bank().await;
    assert_eq!(status(&client, "").await["next_run"], Value::Null);
    for (id, at) in [
        ("later", "2030-01-02T00:00:00Z"),
        ("rent", "2030-01-01T00:00:00Z"),
    ] {
        let rent = json!({
            "operation": { "type": "MoneyDeposited", "data": { "amount": "1.00", "currency": "EUR" } },
            "when": { "at": at }, "time_zone": "UTC",
        });
        let path = format!("/v1/accounts/ACC-1/schedules/{id}");
        let answer = client
            .json(axum::http::Method::PUT, &path, &[], &rent)
            .await;
        assert!(answer.status.is_success(), "{:#}", answer.body);
    }
    client.world.project(client.world.stream()).await;
    client.world.settle().await;
    let next =
        json!({ "account_id": "ACC-1", "schedule_id": "rent", "next_at": "2030-01-01T00:00:00Z" });
    assert_eq!(status(&client, "").await["next_run"], next);
}

#[tokio::test]
async fn with_more_than_it_counts_the_status_says_since_when_its_count_is_complete() {
    let client = bank().await;
    let commits = MAX_COUNTED / 25 + 40;
    for number in 0..commits {
        let events: Vec<Value> = (0..25).map(|_| deposited("1.00")).collect();
        client
            .append("ACC-1", &format!("many-{number}"), &events)
            .await;
        client.world.clock.advance(Duration::from_secs(1));
    }
    let found = status(&client, "").await;
    let count = found["events"]["count"].as_u64().unwrap();
    assert!(
        (MAX_COUNTED as u64..25 * commits as u64).contains(&count),
        "{count}"
    );
    // As the list of the events says.
    let since = found["events"]["since"].as_str().unwrap();
    assert!(since > found["from"].as_str().unwrap(), "{since}");
    let mut listed = 0;
    let mut next = String::new();
    loop {
        let page = client
            .get(&format!(
                "/v1/events?order=desc&limit=1000&from={since}{next}"
            ))
            .await;
        listed += page.body["events"].as_array().unwrap().len() as u64;
        match page.body["next"].as_str() {
            Some(cursor) => next = format!("&cursor={cursor}"),
            None => break,
        }
    }
    assert_eq!(listed, count);
}

#[tokio::test]
async fn a_status_of_no_hours_or_of_more_than_a_week_is_refused() {
    let client = bank().await;
    for hours in ["0", "169", "-1", "1.5", "day", "", "99999999999"] {
        let answer = client.get(&format!("/v1/status?hours={hours}")).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{hours}");
        assert!(
            answer.body["errors"].to_string().contains("hours"),
            "{hours}"
        );
    }
    assert_eq!(
        client.get("/v1/status?days=1").await.status,
        StatusCode::BAD_REQUEST
    );
    assert_eq!(
        client.get("/v1/changes?after=1").await.status,
        StatusCode::BAD_REQUEST
    );
}

#[tokio::test]
async fn the_mark_of_changes_stays_until_something_is_recorded_or_decided() {
    let client = Client::new();
    let empty = mark(&client, None).await.unwrap();
    assert_eq!(mark(&client, Some(&empty)).await, None);
    client.append("ACC-1", "open", &[opened()]).await;
    let recorded = mark(&client, Some(&empty))
        .await
        .expect("an event is a change");
    assert_eq!(mark(&client, Some(&recorded)).await, None);
    client
        .world
        .customer_with("ana@example.com", json!({}))
        .await;
    deposit(&client, "a", "150.00").await;
    let decided = mark(&client, Some(&recorded))
        .await
        .expect("a decision is a change");
    assert_eq!(
        mark(&client, Some(&format!("\"other\", W/{decided}"))).await,
        None,
        "one of a list"
    );
    assert_eq!(mark(&client, None).await, Some(decided.clone()));
    let refused = client.append("ACC-1", "refused", &[opened()]).await;
    assert!(refused.status.is_client_error());
    assert_eq!(
        mark(&client, Some(&decided)).await,
        None,
        "what is refused changes nothing"
    );
}

#[tokio::test]
async fn a_mail_that_several_notifications_share_has_one_lag_and_so_has_one_about_what_followed() {
    let client = Client::new();
    let wishes = json!({ "kinds": { "large-amount": { "enabled": true, "min_amount": { "EUR": "100.00" } } } });
    client.world.customer_with("ana@example.com", wishes).await;
    client.append("ACC-1", "open", &[opened()]).await;
    deposit(&client, "large", "150.00").await;
    let shared = status(&client, "").await;
    assert_eq!(shared["notifications"]["count"], 2, "{shared:#}");
    assert_eq!(shared["notifications"]["lag"]["mails"], 1);
    // Overdrawn is an event of its own on the bus, with an id that is not stored.
    client
        .append("ACC-1", "out", &[tests::world::withdrawn("900.00")])
        .await;
    client.world.project(client.world.stream()).await;
    client.world.settle().await;
    let overdrawn = status(&client, "").await;
    assert_eq!(
        overdrawn["notifications"]["lag"]["mails"], 2,
        "{overdrawn:#}"
    );
}
