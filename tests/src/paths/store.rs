//! The store of one machine, in this process.

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use aws::{DynamoCustomers, DynamoEventStore};
use chrono::Utc;
use domain::CustomerId;
use embedded::Engine;
use futures::stream::{self, StreamExt};
use handlers::append::{Append, Appender};
use handlers::customers::read_person;
use handlers::ports::{CustomerRevision, Customers, Saved, SystemClock};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::world::{fill, request};

pub(super) struct Store {
    engine: Engine,
    appender: Appender,
    customers: DynamoCustomers,
    keys: AtomicU64,
    _folder: TempDir,
}

impl Store {
    pub(super) async fn new() -> Self {
        let folder = tempfile::tempdir().expect("there is room for a folder");
        let engine = Engine::start(&folder.path().join("dynamodb.sqlite"))
            .await
            .expect("the engine starts");
        let store = Arc::new(DynamoEventStore(engine.client()));
        let appender = Appender::new(store, Arc::new(SystemClock));
        let customers = DynamoCustomers(engine.client());
        Store {
            engine,
            appender,
            customers,
            keys: AtomicU64::new(0),
            _folder: folder,
        }
    }

    pub(super) async fn stop(self) {
        self.engine.stop().await;
    }

    /// Commits of `size` events each, by so many writers at once; each commit to the next of the accounts. Answers with how
    /// long it took.
    pub(super) async fn commit(
        &self,
        commits: u32,
        size: u32,
        writers: u32,
        account: impl Fn(u32) -> String,
    ) -> Duration {
        let deposit = json!({
            "type": "MoneyDeposited", "occurred_at": "2026-01-01T12:00:00Z",
            "data": { "amount": "2.00", "currency": "EUR", "reference": "salary" },
        });
        let events = vec![deposit; size as usize];
        let requests = (0..commits).map(|number| self.request(&account(number), events.clone()));
        let started = Instant::now();
        fill(&self.appender, writers as usize, requests).await;
        started.elapsed()
    }

    pub(super) async fn open(&self, accounts: Range<u32>, name: impl Fn(u32) -> String) {
        let opening = json!({
            "type": "AccountOpened", "occurred_at": "2026-01-01T00:00:00Z",
            "data": { "customer_id": "customer", "currency": "EUR" },
        });
        let requests = accounts.map(|number| self.request(&name(number), vec![opening.clone()]));
        fill(&self.appender, 16, requests).await;
    }

    /// Customers with all that the API takes of them.
    pub(super) async fn add_customers(&self, numbers: Range<u32>) {
        stream::iter(numbers)
            .for_each_concurrent(16, |number| async move {
                let person = json!({ "email": format!("{number}@bank.example"), "name": "Ana Example", "locale": "fr" });
                let revision = CustomerRevision {
                    customer_id: customer(number),
                    revision: 1,
                    in_force_from: Utc::now(),
                    person: Some(Ok(read_person(person).expect("a person"))),
                };
                let added = self.customers.add(&revision).await;
                assert_eq!(added, Ok(Saved::Written), "nobody else adds");
            })
            .await;
    }

    /// Reads the customer to notify, as the notify function does. Returns how long it took.
    pub(super) async fn read_customers(&self, numbers: impl Iterator<Item = u32>) -> Duration {
        let (started, now) = (Instant::now(), Utc::now());
        stream::iter(numbers)
            .for_each_concurrent(16, |number| async move {
                let found = self.customers.at(&customer(number), now).await;
                assert!(found.expect("it is read").is_some(), "it is there");
            })
            .await;
        started.elapsed()
    }

    fn request(&self, account: &str, events: Vec<Value>) -> Append {
        let key = self.keys.fetch_add(1, Ordering::Relaxed);
        let account = account.parse().expect("an account id");
        request(&account, &format!("key-{key}"), events)
    }
}

fn customer(number: u32) -> CustomerId {
    format!("customer-{number}").parse().expect("an id")
}
