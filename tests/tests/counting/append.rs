//! Appending: round trips and write units.

use handlers::append::Appender;

use crate::bank::{Bank, Regression, bare, request, salaries};
use crate::spent::{Spent, at_most};

/// What one commit costs, by the number of events in it.
pub struct Appends {
    pub warm: Spent,
    pub cold: Spent,
}

/// Appends by a process that knows the account, and by one that does not.
pub async fn of(bank: &Bank, events: usize) -> Appends {
    let appender = bank.appender();
    let key = 1000 * events as u64;
    let first = request(key, salaries(events));
    appender.append(&first).await.unwrap();
    let mut reading = bank.reading();
    let second = request(key + 1, salaries(events));
    bank.append(&appender, &second).await;
    let warm = reading.spent();
    let third = request(key + 2, salaries(events));
    bank.append(&bank.appender(), &third).await;
    let cold = reading.spent();
    Appends { warm, cold }
}

/// The goals of an append.
pub async fn check(regression: Option<Regression>) -> Result<(), String> {
    let bank = Bank::open().await.with(regression);
    let one = of(&bank, 1).await;
    at_most("round trips of a cold append", one.cold.requests, 2)?;
    at_most("round trips of a warm append", one.warm.requests, 1)?;
    for (how, spent) in [("cold", &one.cold), ("warm", &one.warm)] {
        let what = format!("thousandths of a write unit of a {how} append");
        at_most(&what, spent.table_write_units, 4000)?;
        let what = format!("the same of its place in the time index, {how}");
        at_most(&what, spent.index_write_units, 1000)?;
    }
    at_most(
        "thousandths of a read unit of a warm append",
        one.warm.read_units,
        0,
    )?;
    at_most(
        "thousandths of a read unit of a cold append",
        one.cold.read_units,
        1000,
    )?;
    // An item of less than 1 KB, as it is packed, and one for the key; each twice in a transaction.
    let ten = of_bare(&bank).await;
    at_most(
        "thousandths of a write unit an event, at 10 a commit",
        ten.table_write_units / 10,
        500,
    )
}

/// Ten events in a commit that have an amount and nothing else.
pub async fn of_bare(bank: &Bank) -> Spent {
    let mut reading = bank.reading();
    bank.appender().append(&request(7, bare(10))).await.unwrap();
    reading.spent()
}

#[tokio::test]
async fn an_append_costs_what_it_may() {
    check(None).await.unwrap();
}

#[tokio::test]
async fn a_retry_costs_a_request_and_an_append_that_was_overtaken_two() {
    let bank = Bank::open().await;
    let (one, other) = (bank.appender(), bank.appender());
    let append = async |appender: &Appender, key| {
        let recorded = appender.append(&request(key, salaries(1))).await;
        recorded.unwrap()
    };
    append(&one, 1).await;
    append(&other, 2).await;
    let mut reading = bank.reading();
    // The transaction itself says that the key was used.
    assert!(append(&other, 2).await.replayed);
    assert_eq!(reading.spent().requests, 1);
    // The commit of the other process comes with the refusal.
    append(&one, 3).await;
    let overtaken = reading.spent();
    let units = (overtaken.table_write_units, overtaken.index_write_units);
    assert_eq!((overtaken.requests, units), (2, (4000, 1000)));
}
