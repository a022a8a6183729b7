//! What an append costs, counted on the embedded engine.

use std::sync::Arc;

use aws::DynamoEventStore;
use domain::record::ProposedEvents;
use handlers::append::{Append, Appender};
use handlers::ports::SystemClock;
use rusqlite::Connection;
use serde_json::{Value, json};

use crate::history::{account, opened};

/// What one write unit pays for.
const WRITE_UNIT_BYTES: i64 = 1024;

/// An append as a bank's system sends it through API Gateway: an IBAN, keys
/// that are UUIDs, the ARN of an assumed role.
fn request(key: u32, event: Value) -> Append {
    let uuid = format!("018f4e2a-7c3b-7d1e-9a50-{key:012}");
    let source = "arn:aws:sts::123456789012:assumed-role/core-banking-eu-central-1-poster/i-0abc12";
    assert_eq!((uuid.len(), source.len()), (36, 80));
    Append {
        account_id: account("DE89370400440532013000"),
        idempotency_key: uuid.parse().unwrap(),
        if_match: None,
        source: source.to_owned(),
        correlation_id: uuid.parse().unwrap(),
        proposed: ProposedEvents::read(json!({ "events": [event] })).unwrap(),
    }
}

fn deposit() -> Value {
    json!({
        "type": "MoneyDeposited",
        "occurred_at": "2026-11-22T09:30:00Z",
        "data": {
            "amount": "2450.00", "currency": "EUR", "counterparty": "Example Manufacturing GmbH & Co. KG",
            "reference": "Salary November 2026, personnel no. 004711",
        },
    })
}

#[tokio::test]
async fn an_append_costs_two_requests_cold_and_one_warm_and_four_write_units_and_one_of_the_index()
{
    let (engine, folder) = crate::engine().await;
    let client = engine.client();
    let meter = client.meter.clone();
    let appender =
        |client| Appender::new(Arc::new(DynamoEventStore(client)), Arc::new(SystemClock));
    let warm = appender(client.clone());
    warm.append(&request(1, opened())).await.unwrap();

    let mut before = (0, 0, 0);
    let mut spent = || {
        let now = (
            meter.requests(),
            meter.table_write_units(),
            meter.index_write_units(),
        );
        let spent = (now.0 - before.0, now.1 - before.1, now.2 - before.2);
        before = now;
        spent
    };
    let _ = spent();
    warm.append(&request(2, deposit())).await.unwrap();
    assert_eq!(
        spent(),
        (1, 4, 1),
        "requests, table units, index units: warm"
    );
    let cold = appender(client.clone());
    cold.append(&request(3, deposit())).await.unwrap();
    assert_eq!(
        spent(),
        (2, 4, 1),
        "requests, table units, index units: cold"
    );
    // A retry: the transaction itself says that it was here before.
    assert!(cold.append(&request(3, deposit())).await.unwrap().replayed);
    assert_eq!(spent().0, 1, "requests: the same key again");
    // Another process wrote: its commit comes with the refusal.
    warm.append(&request(4, deposit())).await.unwrap();
    assert_eq!(
        spent(),
        (2, 4, 1),
        "requests, table units, index units: overtaken"
    );
    engine.stop().await;

    let file = Connection::open(folder.path().join("dynamodb.sqlite")).unwrap();
    for table in ["events", "requests"] {
        let largest: i64 = file
            .query_row(&format!("SELECT MAX(item_size) FROM {table}"), [], |row| {
                row.get(0)
            })
            .unwrap();
        eprintln!("the largest item of {table}: {largest} bytes");
        assert!(
            largest <= WRITE_UNIT_BYTES,
            "an item of {table} has {largest} bytes"
        );
    }
}
