//! Projecting: writes of balances.

use crate::bank::{Bank, Regression, request, salary};
use crate::spent::{Spent, at_most};

/// As many records as one batch of the stream can have.
const BATCH: u64 = 100;

/// What a batch of commits of one account costs, an event in each.
pub async fn of_a_batch(bank: &Bank, records: u64) -> Spent {
    let appender = bank.appender();
    let projector = bank.projector();
    let before = bank.stream(0).await;
    let versions = before.iter().map(|record| record.first_version).max();
    assert_eq!(projector.project(before).await, [""; 0]);
    for key in 1..=records {
        appender.append(&request(key, [salary()])).await.unwrap();
    }
    let batch = bank.stream(versions.unwrap_or(0)).await;
    assert_eq!(batch.len() as u64, records);
    bank.world.bus.take_waiting();
    let mut reading = bank.reading();
    bank.project(&projector, batch).await;
    assert_eq!(bank.world.bus.take_waiting().len() as u64, records);
    reading.spent()
}

pub async fn check(regression: Option<Regression>) -> Result<(), String> {
    let bank = Bank::open().await.with(regression);
    let hot = of_a_batch(&bank, BATCH).await;
    at_most(
        "writes of balances for 100 events of one account",
        hot.writes,
        BATCH * 5 / 100,
    )?;
    let units = hot.write_units() / 1000;
    at_most("write units of these", units, BATCH * 5 / 100)
}

#[tokio::test]
async fn a_hot_account_s_balance_is_written_for_a_batch_and_not_for_each_event() {
    check(None).await.unwrap();
}
