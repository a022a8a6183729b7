//! Requests to append, and stores that are filled with them.

use domain::AccountId;
use domain::record::ProposedEvents;
use futures::stream::{self, StreamExt};
use handlers::append::{Append, Appender};
use serde_json::{Value, json};

/// The caller as API Gateway names it: the ARN of an assumed role.
pub const CALLER: &str =
    "arn:aws:sts::123456789012:assumed-role/core-banking-eu-central-1-poster/i-0abc12";

/// Returns a request to append these events under this key.
///
/// # Panics
/// If the key or an event is not well-formed.
pub fn request(account: &AccountId, key: &str, events: impl IntoIterator<Item = Value>) -> Append {
    let events: Vec<Value> = events.into_iter().collect();
    let proposed = ProposedEvents::read(json!({ "events": events }));
    Append {
        account_id: account.clone(),
        idempotency_key: key.parse().expect("an idempotency key"),
        if_match: None,
        source: "core-banking".to_owned(),
        correlation_id: format!("corr-{key}").parse().expect("an id"),
        proposed: proposed.expect("the events are well-formed"),
    }
}

/// Returns a request with texts of the lengths that a bank's system sends through
/// API Gateway, where keys are UUIDs. Measurements of size need them.
///
/// # Panics
/// If an event is not well-formed.
pub fn request_of_a_bank(
    account: &AccountId,
    number: u64,
    events: impl IntoIterator<Item = Value>,
) -> Append {
    let uuid = format!("018f4e2a-7c3b-7d1e-9a50-{number:012}");
    Append {
        source: CALLER.to_owned(),
        correlation_id: uuid.parse().expect("an id"),
        ..request(account, &uuid, events)
    }
}

/// Appends the requests, by this number of concurrent writers.
///
/// # Panics
/// If an append fails.
pub async fn fill(appender: &Appender, writers: usize, requests: impl IntoIterator<Item = Append>) {
    let append = |request: Append| async move {
        let recorded = appender.append(&request).await;
        recorded.expect("it is recorded");
    };
    stream::iter(requests)
        .for_each_concurrent(writers, append)
        .await;
}
