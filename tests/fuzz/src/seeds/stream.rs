//! Commits as the store keeps them, and as its stream brings them.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use domain::Commit;
use serde_json::{Map, Value, json};
use world::{World, account};

use crate::targets::block_on;

/// An account that is opened and has a deposit.
pub(super) fn commits() -> Vec<Commit> {
    block_on(async {
        World::default()
            .account_with(&account(1), &["125.50"])
            .await
    })
}

/// Lambda's event with these commits.
pub(super) fn batch() -> Vec<u8> {
    let records: Vec<Value> = commits().iter().zip(1_u32..).map(record).collect();
    json!({ "Records": records }).to_string().into_bytes()
}

fn record((commit, number): (&Commit, u32)) -> Value {
    let mut image = Map::new();
    let content: Value =
        serde_json::from_slice(&commit.canonical_bytes()).expect("a commit is JSON");
    for (name, value) in content.as_object().into_iter().flatten() {
        let name = if name == "first_version" {
            "version"
        } else {
            name
        };
        image.insert(name.to_owned(), attribute(value));
    }
    for (name, hash) in [
        ("prev_hash", commit.prev_hash.as_bytes()),
        ("hash", commit.hash.as_bytes()),
        ("request_hash", commit.request_hash.as_bytes()),
    ] {
        image.insert(name.to_owned(), json!({ "B": STANDARD.encode(hash) }));
    }
    image.insert(
        "slice".to_owned(),
        attribute(&json!(commit.account_id.slice())),
    );
    json!({
        "eventID": "1", "eventName": "INSERT", "eventVersion": "1.1", "eventSource": "aws:dynamodb", "awsRegion": "eu-west-1",
        "dynamodb": {
            "ApproximateCreationDateTime": 1_763_800_000,
            "Keys": { "account_id": image["account_id"], "version": image["version"] },
            "NewImage": image, "SequenceNumber": number.to_string(), "SizeBytes": 500, "StreamViewType": "NEW_IMAGE",
        },
        "eventSourceARN": "arn:aws:dynamodb:eu-west-1:123456789012:table/ledgerbell-events/stream/2026-11-22T00:00:00.000",
    })
}

/// DynamoDB's way of writing JSON.
fn attribute(value: &Value) -> Value {
    match value {
        Value::Null => json!({ "NULL": true }),
        Value::Bool(value) => json!({ "BOOL": value }),
        Value::Number(number) => json!({ "N": number.to_string() }),
        Value::String(text) => json!({ "S": text }),
        Value::Array(values) => json!({ "L": values.iter().map(attribute).collect::<Vec<_>>() }),
        Value::Object(map) => {
            let map: Map<String, Value> = map
                .iter()
                .map(|(name, value)| (name.clone(), attribute(value)))
                .collect();
            json!({ "M": map })
        }
    }
}
