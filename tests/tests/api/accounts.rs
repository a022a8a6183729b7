//! Appending and asking, as the contract says.

use axum::http::{Method, StatusCode};
use handlers::error::{Contended, Error};
use serde_json::{Value, json};
use tests::world::{Fault, account, deposited, opened, withdrawn};

use crate::client::{Answer, Client};

const PATH: &str = "/v1/accounts/ACC-1/events";

#[tokio::test]
async fn an_append_answers_201_with_its_place_and_its_retry_200_with_the_same() {
    let client = Client::new();
    let first = client
        .append("ACC-1", "open", &[opened(), deposited("125.50")])
        .await;
    assert_eq!(
        (first.status, first.header("etag")),
        (StatusCode::CREATED, Some("\"2\""))
    );
    assert_eq!(first.header("idempotency-replayed"), None);
    // The hash covers the correlation id, which is made up here.
    let mut shown = first.body.clone();
    assert_eq!(shown["hash"].take().as_str().map(str::len), Some(64));
    insta::assert_json_snapshot!(shown);

    client.append("ACC-1", "more", &[deposited("1.00")]).await;
    let again = client
        .append("ACC-1", "open", &[opened(), deposited("125.50")])
        .await;
    assert_eq!(
        (again.status, again.header("etag")),
        (StatusCode::OK, Some("\"2\""))
    );
    assert_eq!(again.header("idempotency-replayed"), Some("true"));
    assert_eq!(again.body, first.body);
}

#[tokio::test]
async fn each_refusal_has_its_own_status() {
    let client = Client::with_account().await;
    client.append("ACC-1", "one", &[deposited("1.00")]).await;
    let post =
        |path: &'static str, headers: Vec<(&'static str, &'static str)>, events: Vec<Value>| {
            let client = &client;
            async move {
                client
                    .json(Method::POST, path, &headers, &json!({ "events": events }))
                    .await
            }
        };
    let mut problems = Vec::new();
    for (status, place, answer) in [
        (
            422,
            Some("header Idempotency-Key"),
            post(
                PATH,
                vec![("idempotency-key", "one")],
                vec![deposited("2.00")],
            )
            .await,
        ),
        (
            412,
            Some("header If-Match"),
            post(
                PATH,
                vec![("idempotency-key", "two"), ("if-match", "\"1\"")],
                vec![deposited("2.00")],
            )
            .await,
        ),
        (
            412,
            Some("header If-Match"),
            post(
                PATH,
                vec![("idempotency-key", "two"), ("if-match", "\"0\"")],
                vec![opened()],
            )
            .await,
        ),
        (
            404,
            None,
            post(
                "/v1/accounts/ACC-2/events",
                vec![("idempotency-key", "two")],
                vec![deposited("2.00")],
            )
            .await,
        ),
        (
            409,
            None,
            post(PATH, vec![("idempotency-key", "two")], vec![opened()]).await,
        ),
    ] {
        assert_eq!(answer.status.as_u16(), status, "{:#}", answer.body);
        assert_eq!(
            answer.places(),
            place.map(str::to_owned).into_iter().collect::<Vec<_>>()
        );
        problems.push(answer.body);
    }
    insta::assert_json_snapshot!(problems);
    assert_eq!(client.world.store.log().len(), 2);
}

#[tokio::test]
async fn a_store_that_does_not_answer_gives_503_and_a_broken_one_500_without_its_inside() {
    for (error, status, retry_after) in [
        (
            Error::Retryable("secret table throttled".into()),
            503,
            Some("1"),
        ),
        (
            Error::Unknown("secret table timed out".into()),
            503,
            Some("1"),
        ),
        (
            Error::Permanent("secret table is corrupt".into()),
            500,
            None,
        ),
    ] {
        let client = Client::with_account().await;
        for _ in 0..50 {
            client
                .world
                .faults
                .at("store.append", 0, Fault::FailBefore(error.clone()));
        }
        let answer = client.append("ACC-1", "one", &[deposited("1.00")]).await;
        assert_eq!(
            (answer.status.as_u16(), answer.header("retry-after")),
            (status, retry_after)
        );
        assert!(
            !answer.body.to_string().contains("secret"),
            "{:#}",
            answer.body
        );
    }
}

#[tokio::test]
async fn a_409_says_by_its_type_whether_a_retry_may_succeed() {
    let client = Client::with_account().await;
    let busy = Error::Busy {
        what: Contended::Account(account(1)),
        attempts: 12,
    };
    client
        .world
        .faults
        .at("store.append", 0, Fault::FailBefore(busy));
    let told = |answer: &Answer| {
        assert_eq!(answer.status, StatusCode::CONFLICT);
        let problem_type = answer.body["type"].as_str().map(str::to_owned);
        (
            problem_type.unwrap(),
            answer.header("retry-after").map(str::to_owned),
        )
    };
    let lost = client.append("ACC-1", "one", &[deposited("1.00")]).await;
    assert_eq!(
        told(&lost),
        (
            "urn:ledgerbell:problem:busy".to_owned(),
            Some("1".to_owned())
        )
    );
    let again = client.append("ACC-1", "one", &[deposited("1.00")]).await;
    assert_eq!(again.status, StatusCode::CREATED);
    let refused = client.append("ACC-1", "two", &[opened()]).await;
    assert_eq!(
        told(&refused),
        ("urn:ledgerbell:problem:conflict".to_owned(), None)
    );
}

#[tokio::test]
async fn a_correlation_id_comes_back_and_is_recorded() {
    let client = Client::with_account().await;
    let body = json!({ "events": [deposited("1.00")] });
    let headers = [
        ("idempotency-key", "one"),
        ("x-correlation-id", "payroll-7"),
    ];
    let answer = client.json(Method::POST, PATH, &headers, &body).await;
    assert_eq!(answer.header("x-correlation-id"), Some("payroll-7"));
    assert_eq!(
        client.world.store.log()[1].correlation_id.as_str(),
        "payroll-7"
    );
    let refused = client
        .json(
            Method::POST,
            PATH,
            &[("x-correlation-id", "payroll-8")],
            &body,
        )
        .await;
    assert_eq!(refused.header("x-correlation-id"), Some("payroll-8"));
}

/// ACC-1 with four versions, projected.
async fn moved() -> Client {
    let client = Client::with_account().await;
    client
        .append("ACC-1", "one", &[deposited("10.00"), withdrawn("2.50")])
        .await;
    client.append("ACC-1", "two", &[deposited("0.25")]).await;
    client.world.project(client.world.stream()).await;
    client
}

#[tokio::test]
async fn an_account_is_shown_now_and_as_of_then() {
    let client = moved().await;
    let now = client.get("/v1/accounts/ACC-1").await;
    assert_eq!(now.header("etag"), Some("\"4\""));
    assert_eq!(
        (
            &now.body["balance"],
            &now.body["version"],
            &now.body["status"]
        ),
        (&json!("7.75"), &json!(4), &json!("open"))
    );
    for (query, balance) in [
        ("as_of_version=1", "0.00"),
        ("as_of_version=2", "10.00"),
        ("as_of_version=3", "7.50"),
        ("as_of_version=99", "7.75"),
        ("as_of=2026-11-23T00:00:00Z", "7.75"),
        ("as_of=2026-11-23T00:00:00Z&basis=recorded", "7.75"),
        ("as_of=2026-11-22T09:30:00Z&basis=occurred", "7.75"),
    ] {
        let then = client.get(&format!("/v1/accounts/ACC-1?{query}")).await;
        assert_eq!(then.body["balance"], balance, "{query}");
    }
    for query in [
        "as_of=2020-01-01T00:00:00Z",
        "as_of=2026-11-22T09:29:59Z&basis=occurred",
    ] {
        assert_eq!(
            client
                .get(&format!("/v1/accounts/ACC-1?{query}"))
                .await
                .status,
            StatusCode::NOT_FOUND,
            "{query}"
        );
    }
}

#[tokio::test]
async fn an_account_that_is_not_projected_yet_is_shown_from_its_history() {
    let client = Client::with_account().await;
    assert_eq!(client.get("/v1/accounts/ACC-1").await.body["version"], 1);
    for path in ["", "/events", "/notifications", "/verification"] {
        let answer = client.get(&format!("/v1/accounts/ACC-9{path}")).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
    }
}

#[tokio::test]
async fn accounts_are_listed_page_by_page() {
    let client = Client::new();
    for number in 1..=5 {
        client.world.account_with(&account(number), &[]).await;
    }
    client.world.project(client.world.stream()).await;
    let mut seen = Vec::new();
    let mut path = "/v1/accounts?limit=2".to_owned();
    loop {
        let page = client.get(&path).await.body;
        let ids = page["accounts"]
            .as_array()
            .unwrap()
            .iter()
            .map(|account| account["account_id"].clone());
        seen.extend(ids);
        let Some(next) = page["next"].as_str() else {
            break;
        };
        path = format!("/v1/accounts?limit=2&cursor={next}");
    }
    assert_eq!(seen, ["ACC-1", "ACC-2", "ACC-3", "ACC-4", "ACC-5"]);
}

#[tokio::test]
async fn a_history_is_read_in_both_directions_in_pages_of_any_size() {
    let client = moved().await;
    for (order, expected) in [("asc", [1, 2, 3, 4]), ("desc", [4, 3, 2, 1])] {
        for limit in 1..=5 {
            let mut versions = Vec::new();
            let mut after = None;
            loop {
                let after_version = after
                    .map(|after: u64| format!("&after_version={after}"))
                    .unwrap_or_default();
                let page = client
                    .get(&format!(
                        "{PATH}?order={order}&limit={limit}{after_version}"
                    ))
                    .await
                    .body;
                versions.extend(
                    page["events"]
                        .as_array()
                        .unwrap()
                        .iter()
                        .map(|event| event["version"].as_u64().unwrap()),
                );
                after = page["next"].as_u64();
                if after.is_none() {
                    break;
                }
            }
            assert_eq!(versions, expected, "{order}, {limit} at once");
        }
    }
}

#[tokio::test]
async fn all_events_are_read_in_recorded_order_in_pages_of_any_size() {
    let client = moved().await;
    client
        .append(
            "ACC-2",
            "open",
            &[opened(), deposited("1.00"), deposited("2.00")],
        )
        .await;
    let place = |event: &Value| {
        (
            event["account_id"].as_str().unwrap().to_owned(),
            event["version"].as_u64().unwrap(),
        )
    };
    assert_eq!(
        client.get("/v1/events").await.body["events"],
        json!([]),
        "the safety window"
    );
    client
        .world
        .clock
        .advance(std::time::Duration::from_secs(10));
    let whole: Vec<_> = client.get("/v1/events").await.body["events"]
        .as_array()
        .unwrap()
        .iter()
        .map(place)
        .collect();
    assert_eq!(whole.len(), 7);
    for order in ["asc", "desc"] {
        let mut expected = whole.clone();
        if order == "desc" {
            expected.reverse();
        }
        for limit in 1..=8 {
            let mut seen = Vec::new();
            let mut cursor = String::new();
            loop {
                let page = client
                    .get(&format!("/v1/events?order={order}&limit={limit}{cursor}"))
                    .await
                    .body;
                let events = page["events"].as_array().unwrap();
                assert!(events.len() <= limit);
                seen.extend(events.iter().map(place));
                let Some(next) = page["next"].as_str() else {
                    break;
                };
                cursor = format!("&cursor={next}");
            }
            assert_eq!(seen, expected, "{order}, {limit} at once");
        }
    }
}
