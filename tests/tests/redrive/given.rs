//! What the tests of this folder start from and hold at the end.

use handlers::redrive::{Redriven, Selection};
use serde_json::{Value, json};
use tests::world::{World, account};

/// The event as a rule's target gets it.
pub fn delivered(world: &World) -> Value {
    let entry = world
        .bus
        .published()
        .into_iter()
        .find(tests::world::reaches_notify)
        .unwrap();
    json!({
        "version": "0",
        "id": "d49f0109-f1f6-526f-8907-a57e4d9c6f33",
        "detail-type": entry.event_type,
        "source": "ledgerbell",
        "account": "123456789012",
        "time": "2026-11-22T12:00:00Z",
        "region": "eu-west-1",
        "resources": [],
        "detail": entry.detail,
    })
}

/// What EventBridge tells in attributes beside an event that it gave up.
pub const RULE_ATTRIBUTES: [(&str, &str); 6] = [
    (
        "RULE_ARN",
        "arn:aws:events:eu-west-1:123456789012:rule/ledgerbell/deposit",
    ),
    (
        "TARGET_ARN",
        "arn:aws:lambda:eu-west-1:123456789012:function:ledgerbell-notify",
    ),
    ("ERROR_CODE", "NO_PERMISSIONS"),
    (
        "ERROR_MESSAGE",
        "User: events.amazonaws.com is not authorized to perform: lambda:InvokeFunction",
    ),
    ("EXHAUSTED_RETRY_CONDITION", "MaximumRetryAttempts"),
    ("RETRY_ATTEMPTS", "185"),
];

/// Lambda's record of an asynchronous invocation that failed permanently.
pub fn function_record(request: &Value) -> Value {
    json!({
        "version": "1.0",
        "timestamp": "2026-11-22T12:05:31.123Z",
        "requestContext": {
            "requestId": "e4b46cbf-b738-xmpl-8880-a18cdf61200e",
            "functionArn": "arn:aws:lambda:eu-west-1:123456789012:function:ledgerbell-notify:$LATEST",
            "condition": "RetriesExhausted",
            "approximateInvokeCount": 3,
        },
        "requestPayload": request,
        "responseContext": { "statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled" },
        "responsePayload": { "errorType": "Retryable", "errorMessage": "the table is throttled" },
    })
}

/// Lambda's record of a batch of the stream that it gave up.
pub fn stream_record(first: &str, last: &str) -> Value {
    json!({
        "requestContext": {
            "requestId": "316aa6d0-8154-xmpl-9af7-85d5f4a6bc81",
            "functionArn": "arn:aws:lambda:eu-west-1:123456789012:function:ledgerbell-project",
            "condition": "RetryAttemptsExhausted",
            "approximateInvokeCount": 11,
        },
        "responseContext": { "statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled" },
        "version": "1.0",
        "timestamp": "2026-11-22T12:03:10.024Z",
        "DDBStreamBatchInfo": {
            "shardId": "shardId-00000001573689847184-864758bb",
            "startSequenceNumber": "800000000003126276362",
            "endSequenceNumber": "800000000003126276364",
            "approximateArrivalOfFirstRecord": first,
            "approximateArrivalOfLastRecord": last,
            "batchSize": 3,
            "streamArn": "arn:aws:dynamodb:eu-west-1:123456789012:table/events/stream/2026-11-14T00:26:19.023",
        },
    })
}

/// A deposit that was projected and published, and a customer to tell.
pub async fn published() -> World {
    let world = World::default();
    world.customer_with("ana@example.com", json!({})).await;
    world.account_with(&account(1), &["125.50"]).await;
    world.project(world.stream()).await;
    world
}

pub fn any(max: usize) -> Selection {
    Selection {
        max,
        ..Selection::default()
    }
}

pub fn ids(ids: &[&str]) -> Selection {
    Selection {
        ids: ids.iter().map(|id| (*id).to_owned()).collect(),
        ..Selection::default()
    }
}

pub fn outcomes(redriven: &[Redriven]) -> Vec<&str> {
    redriven
        .iter()
        .map(|redriven| redriven.outcome.as_str())
        .collect()
}
