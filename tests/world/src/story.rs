//! The steps of a test's story: accounts are opened, money moves, streams are
//! delivered.

use std::time::Duration;

use domain::{AccountId, Commit, CustomerId};
use handlers::append::{Appender, Recorded};
use handlers::composition::Composition;
use handlers::customers::read_person;
use handlers::error::Result;
use handlers::ports::BusEntry;
use handlers::project::StreamRecord;
use serde_json::{Value, json};

use super::World;
use super::requests::request;

/// Deliveries of an event before a test fails.
const MAX_ROUNDS: u32 = 50;

/// Returns the account `ACC-number`.
///
/// # Panics
/// Never: the text is an account id.
pub fn account(number: u32) -> AccountId {
    format!("ACC-{number}").parse().expect("an account id")
}

/// Returns the customer who owns every account.
///
/// # Panics
/// Never: the text is a customer id.
pub fn customer() -> CustomerId {
    "CUST-42".parse().expect("a customer id")
}

/// Returns an event of a request.
pub fn event(event_type: &str, data: Value) -> Value {
    json!({ "type": event_type, "occurred_at": "2026-11-22T09:30:00Z", "data": data })
}

/// Returns the opening of an account in euros with an overdraft limit of 100.
pub fn opened() -> Value {
    event(
        "AccountOpened",
        json!({ "customer_id": customer(), "currency": "EUR", "overdraft_limit": "100.00" }),
    )
}

/// Returns a deposit in euros.
pub fn deposited(amount: &str) -> Value {
    event(
        "MoneyDeposited",
        json!({ "amount": amount, "currency": "EUR" }),
    )
}

/// Returns a withdrawal in euros.
pub fn withdrawn(amount: &str) -> Value {
    event(
        "MoneyWithdrawn",
        json!({ "amount": amount, "currency": "EUR" }),
    )
}

/// Whether the template's rules pass this entry to `notify`.
pub fn reaches_notify(entry: &BusEntry) -> bool {
    let types = [
        "MoneyDeposited",
        "MoneyWithdrawn",
        "TransactionReversed",
        "AccountOverdrawn",
        "OperationSkipped",
        "AccountClosed",
    ];
    let metadata = &entry.detail["metadata"];
    types.contains(&entry.event_type.as_str())
        && metadata["replay"].is_null()
        && (metadata["target"].is_null() || metadata["target"] == "notify")
}

impl World {
    /// Appends events under this key, by this process.
    ///
    /// # Errors
    /// Those of the append.
    pub async fn append(
        &self,
        appender: &Appender,
        account: &AccountId,
        key: &str,
        events: impl IntoIterator<Item = Value> + Send,
    ) -> Result<Recorded> {
        appender.append(&request(account, key, events)).await
    }

    /// Opens the account and deposits these amounts, each in a commit of its own.
    /// Returns the commits.
    ///
    /// # Panics
    /// If an append fails, as by a planned fault.
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

    /// Sets the customer's address and preferences.
    pub async fn customer_with(&self, email: &str, preferences: Value) {
        let person = json!({
            "email": email, "name": "Ana Martín", "locale": "en", "time_zone": "Europe/Paris",
            "preferences": preferences,
        });
        self.customer_with_all(person).await;
    }

    /// Sets the customer's person, in the form of the API.
    ///
    /// # Panics
    /// If the person is not well-formed, or the write fails, as by a planned fault.
    pub async fn customer_with_all(&self, person: Value) {
        let person = read_person(person).expect("a person");
        self.customer_service()
            .put(&customer(), person, None)
            .await
            .expect("the customer is kept");
    }

    /// Passes waiting bus entries to `notify` according to the rules. Failed ones
    /// wait again. Returns their number.
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

    /// Cancels all faults and delivers until nothing waits any more.
    ///
    /// # Panics
    /// If events still wait after 50 deliveries.
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

    /// Projects the records and delivers failed ones again, like a stream.
    ///
    /// # Panics
    /// If records still fail after 50 deliveries.
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

    /// Returns the stream of all commits so far, in the order in which they were
    /// written.
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
