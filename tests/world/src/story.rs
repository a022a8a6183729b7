//! What tests tell: accounts opened, money moved, streams delivered.

use std::time::Duration;

use domain::record::ProposedEvents;
use domain::{AccountId, Commit, CustomerId};
use handlers::append::{Append, Appender, Recorded};
use handlers::composition::Composition;
use handlers::customers::read_person;
use handlers::error::Result;
use handlers::ports::BusEntry;
use handlers::project::StreamRecord;
use serde_json::{Value, json};

use super::World;

/// How often an event is delivered again before a test gives up on it.
const MAX_ROUNDS: u32 = 50;

pub fn account(number: u32) -> AccountId {
    format!("ACC-{number}").parse().expect("an account id")
}

pub fn customer() -> CustomerId {
    "CUST-42".parse().expect("a customer id")
}

pub fn event(event_type: &str, data: Value) -> Value {
    json!({ "type": event_type, "occurred_at": "2026-11-22T09:30:00Z", "data": data })
}

pub fn opened() -> Value {
    event(
        "AccountOpened",
        json!({ "customer_id": customer(), "currency": "EUR", "overdraft_limit": "100.00" }),
    )
}

pub fn deposited(amount: &str) -> Value {
    event(
        "MoneyDeposited",
        json!({ "amount": amount, "currency": "EUR" }),
    )
}

pub fn withdrawn(amount: &str) -> Value {
    event(
        "MoneyWithdrawn",
        json!({ "amount": amount, "currency": "EUR" }),
    )
}

pub fn reports(events: impl IntoIterator<Item = Value>) -> ProposedEvents {
    let events: Vec<Value> = events.into_iter().collect();
    ProposedEvents::read(json!({ "events": events })).expect("well-formed reports")
}

/// Whether the rules of the template hand this entry to notify.
pub fn reaches_notify(entry: &BusEntry) -> bool {
    let told = [
        "MoneyDeposited",
        "MoneyWithdrawn",
        "TransactionReversed",
        "AccountOverdrawn",
        "OperationSkipped",
        "AccountClosed",
    ];
    let metadata = &entry.detail["metadata"];
    told.contains(&entry.event_type.as_str())
        && metadata["replay"].is_null()
        && (metadata["target"].is_null() || metadata["target"] == "notify")
}

impl World {
    pub fn request(
        &self,
        account: &AccountId,
        key: &str,
        events: impl IntoIterator<Item = Value>,
    ) -> Append {
        Append {
            account_id: account.clone(),
            idempotency_key: key.parse().expect("an idempotency key"),
            if_match: None,
            source: "core-banking".to_owned(),
            correlation_id: format!("corr-{key}").parse().expect("an id"),
            proposed: reports(events),
        }
    }

    /// Appends under this key, through this process.
    pub async fn append(
        &self,
        appender: &Appender,
        account: &AccountId,
        key: &str,
        events: impl IntoIterator<Item = Value> + Send,
    ) -> Result<Recorded> {
        let request = self.request(account, key, events);
        appender.append(&request).await
    }

    /// The account is opened and these amounts are deposited, each in a commit
    /// of its own; answers with the commits.
    pub async fn account_with(&self, account: &AccountId, deposits: &[&str]) -> Vec<Commit> {
        let appender = self.appender();
        self.append(&appender, account, "open", [opened()])
            .await
            .expect("the account opens");
        for (index, amount) in deposits.iter().enumerate() {
            let key = format!("deposit-{index}");
            self.append(&appender, account, &key, [deposited(amount)])
                .await
                .expect("the deposit is recorded");
        }
        self.store.of(account)
    }

    /// The customer is known with this address and these preferences.
    pub async fn customer_with(&self, email: &str, preferences: Value) {
        let person = json!({
            "email": email, "name": "Ana Martín", "locale": "en", "time_zone": "Europe/Paris",
            "preferences": preferences,
        });
        self.customer_with_all(person).await;
    }

    /// The customer is this person, as the API takes one.
    pub async fn customer_with_all(&self, person: Value) {
        let person = read_person(person).expect("a person");
        self.customer_service()
            .put(&customer(), person, None)
            .await
            .expect("the customer is kept");
    }

    /// Hands waiting bus entries to notify, as the rules have it. What fails
    /// waits again; answers with how many that were.
    pub async fn deliver_bus(&self) -> usize {
        let notifier = self.notifier();
        let mut failed = 0;
        for entry in self.bus.take_waiting() {
            if reaches_notify(&entry)
                && notifier
                    .deliver(&entry.event_type, &entry.detail)
                    .await
                    .is_err()
            {
                failed += 1;
                self.bus.wait_again(entry);
            }
        }
        failed
    }

    /// Without faults, until nothing waits any more.
    pub async fn settle(&self) {
        self.faults.clear();
        for _ in 0..MAX_ROUNDS {
            self.deliver_bus().await;
            if !self.bus.has_waiting() {
                return;
            }
            self.clock.advance(Duration::from_secs(90));
        }
        panic!("events still wait after {MAX_ROUNDS} deliveries");
    }

    /// Projects the records and delivers again what failed, as a stream does.
    pub async fn project(&self, records: Vec<StreamRecord>) {
        let projector = self.projector();
        let mut left = records;
        for _ in 0..MAX_ROUNDS {
            let failed = projector.project(left.clone()).await;
            if failed.is_empty() {
                return;
            }
            let first = left
                .iter()
                .position(|record| failed.contains(&record.sequence_number));
            left.drain(..first.unwrap_or(0));
        }
        panic!("records still fail after {MAX_ROUNDS} deliveries");
    }

    /// The stream of all commits so far, in the order they were written.
    pub fn stream(&self) -> Vec<StreamRecord> {
        let record = |(index, commit): (usize, Commit)| StreamRecord {
            sequence_number: format!("{index:06}"),
            account_id: commit.account_id.clone(),
            first_version: commit.first_version,
            commit: Ok(commit),
        };
        self.store
            .log()
            .into_iter()
            .enumerate()
            .map(record)
            .collect()
    }
}
