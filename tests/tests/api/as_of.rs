//! An account at a version or a time, however long its history is.

use axum::http::StatusCode;
use handlers::composition::Composition;
use handlers::query::MAX_PAGE;
use projections::AsOf;
use serde_json::{Value, json};
use tests::world::{World, account, deposited, opened, withdrawn};

use crate::client::Client;

#[tokio::test]
async fn any_year_has_an_answer_or_is_refused() {
    let client = Client::with_account().await;
    for year in [
        "0000", "0001", "1677", "1900", "1969", "2262", "2263", "9999",
    ] {
        for basis in ["recorded", "occurred"] {
            let time = format!("{year}-12-31T23:59:59.999999999Z");
            let answer = client
                .get(&format!("/v1/accounts/ACC-1?as_of={time}&basis={basis}"))
                .await;
            let expected = [
                StatusCode::OK,
                StatusCode::NOT_FOUND,
                StatusCode::BAD_REQUEST,
            ];
            assert!(expected.contains(&answer.status), "{time}: {}", answer.body);
            if year > "2026" {
                assert_eq!(answer.status, StatusCode::OK, "{time}: {}", answer.body);
            }
        }
    }
}

#[tokio::test]
async fn what_adds_up_to_more_than_a_balance_by_a_time_is_refused_by_its_field() {
    let client = Client::new();
    let at = |day: &str, mut event: Value| {
        event["occurred_at"] = json!(format!("2026-11-{day}T10:00:00Z"));
        event
    };
    let mut opening = opened();
    opening["data"]["opening_balance"] = json!("92233720368547758.07");
    let events = [
        at("01", opening),
        at("05", withdrawn("1.00")),
        at("02", deposited("1.00")),
    ];
    let answer = client.append("ACC-1", "open", &events).await;
    assert_eq!(answer.status, StatusCode::CREATED);
    let path = "/v1/accounts/ACC-1?as_of=2026-11-03T00:00:00Z&basis=";
    let refused = client.get(&format!("{path}occurred")).await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{}", refused.body);
    assert_eq!(refused.places(), ["parameter as_of"]);
}

/// What a question holds in memory at once is a page of it.
#[tokio::test]
async fn a_version_is_found_without_the_history_behind_it() {
    let world = World::default();
    let appender = world.appender();
    let id = account(1);
    world
        .append(&appender, &id, "open", [opened()])
        .await
        .unwrap();
    for number in 0..2 * MAX_PAGE {
        let key = format!("deposit-{number}");
        world
            .append(&appender, &id, &key, [deposited("1.00")])
            .await
            .unwrap();
    }
    world.faults.forget_trace();
    let queries = world.queries();
    let found = queries.account_as_of(&id, AsOf::Version(3)).await.unwrap();
    assert_eq!((found.version, found.balance.as_str()), (3, "2.00"));
    assert_eq!(world.faults.calls("store.commits"), 1);
}
