//! A history that is there before the pipeline looks: it was recorded over the
//! last weeks, and the stream, which keeps one day, has forgotten it. So no mails
//! are made of it, and the read model is for the rebuild to make.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use aws::DynamoEventStore;
use chrono::{DateTime, TimeDelta, Utc};
use domain::AccountId;
use embedded::Engine;
use handlers::append::{Append, Appender};
use handlers::ports::Clock;
use serde_json::{Value, json};

use super::Scale;
use super::totals::Totals;
use crate::one_machine::Folder;
use crate::world::{fill as fill_store, request};

/// By turns: statements that come in one request, and single movements.
const COMMIT_SIZES: [u32; 6] = [25, 25, 25, 15, 9, 1];
const CURRENCIES: [&str; 3] = ["EUR", "JPY", "BHD"];
/// What the store's client can do at once without failing.
const WRITERS: usize = 16;
const SPAN: TimeDelta = TimeDelta::days(30);

/// Moves on by one step for every commit, so that they are spread over the span.
struct StepClock {
    begins: DateTime<Utc>,
    step: i64,
    steps: AtomicI64,
}

#[async_trait]
impl Clock for StepClock {
    fn now(&self) -> DateTime<Utc> {
        let steps = self.steps.fetch_add(1, Ordering::Relaxed);
        self.begins + TimeDelta::microseconds(steps * self.step)
    }

    async fn sleep(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }
}

/// Fills the store of a folder on which no server runs; answers with what it
/// adds up to.
pub fn seed(folder: &Folder, scale: Scale) -> Totals {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime starts");
    let file = folder.data().join("dynamodb.sqlite");
    runtime.block_on(async {
        let engine = Engine::start(&file).await.expect("the engine starts");
        fill(&engine, scale).await;
        engine.stop().await;
    });
    let connection = rusqlite::Connection::open(&file).expect("the file is there");
    connection
        .execute("DELETE FROM _stream_records", [])
        .expect("a day has passed");
    let mut totals = Totals::default();
    for number in 0..scale.accounts {
        for event in events(number, scale) {
            totals.count(&event);
        }
    }
    totals
}

async fn fill(engine: &Engine, scale: Scale) {
    let clock = StepClock {
        begins: Utc::now() - SPAN - TimeDelta::hours(1),
        step: SPAN.num_microseconds().unwrap_or(i64::MAX) / i64::from(scale.events),
        steps: AtomicI64::new(0),
    };
    let store = Arc::new(DynamoEventStore(engine.client()));
    let appender = Appender::new(store, Arc::new(clock));
    // All accounts get their first request, then all their second, as in life.
    let total: u64 = u64::from(scale.events);
    let mut done: u64 = 0;
    for round in 0.. {
        let requests: Vec<(u32, u32)> = (0..scale.accounts)
            .filter_map(|number| Some((number, request_size(number, round, scale)?)))
            .collect();
        if requests.is_empty() {
            break;
        }
        let sent = requests.iter();
        let sent = sent.map(|(number, _)| append(*number, round, scale));
        fill_store(&appender, WRITERS, sent).await;
        done += requests
            .iter()
            .map(|(_, size)| u64::from(*size))
            .sum::<u64>();
        eprintln!("filled {done} of {total}");
    }
}

/// How many events an account has: as evenly as the numbers allow.
fn size(number: u32, scale: Scale) -> u32 {
    let rest = scale.events % scale.accounts;
    scale.events / scale.accounts + u32::from(number < rest)
}

/// From where to where a request of an account reaches in its events.
fn request_range(number: u32, round: usize, scale: Scale) -> (u32, u32) {
    let before: u32 = (0..round)
        .map(|round| COMMIT_SIZES[round % COMMIT_SIZES.len()])
        .sum();
    let size = size(number, scale);
    let end = before + COMMIT_SIZES[round % COMMIT_SIZES.len()];
    (before.min(size), end.min(size))
}

fn request_size(number: u32, round: usize, scale: Scale) -> Option<u32> {
    let (from, to) = request_range(number, round, scale);
    (to > from).then_some(to - from)
}

fn append(number: u32, round: usize, scale: Scale) -> Append {
    let (from, to) = request_range(number, round, scale);
    let events = events(number, scale)
        .skip(from as usize)
        .take((to - from) as usize);
    request(&account(number), &format!("seed-{round}"), events)
}

fn account(number: u32) -> AccountId {
    format!("DE{number:020}").parse().expect("an account id")
}

/// The events of an account: its opening, then by turns two deposits and a
/// withdrawal of amounts that no two accounts share.
fn events(number: u32, scale: Scale) -> impl Iterator<Item = Value> {
    let currency = CURRENCIES[number as usize % CURRENCIES.len()];
    let amount = move |index: u32| {
        let minor = u64::from(index) * 7919 + u64::from(number) * 31 + 1;
        match currency {
            "JPY" => minor.to_string(),
            "BHD" => format!("{}.{:03}", minor / 1000, minor % 1000),
            _ => format!("{}.{:02}", minor / 100, minor % 100),
        }
    };
    (0..size(number, scale)).map(move |index| match index {
        0 => json!({ "type": "AccountOpened", "occurred_at": "2026-01-01T00:00:00Z",
            "data": { "customer_id": format!("customer-{}", number / 2), "currency": currency } }),
        index => {
            let event_type = match index % 3 {
                0 => "MoneyWithdrawn",
                _ => "MoneyDeposited",
            };
            json!({ "type": event_type, "occurred_at": "2026-01-01T12:00:00Z", "data": {
                "amount": amount(index), "currency": currency, "channel": "transfer",
                "counterparty": "Example Manufacturing GmbH & Co. KG",
                "reference": format!("invoice {number}-{index}"), "value_date": "2026-01-02" } })
        }
    })
}
