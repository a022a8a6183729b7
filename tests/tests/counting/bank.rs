//! The use cases on the embedded engine, with the adapters that run in AWS. Bus, mailer and letters are in memory: what
//! they take is counted by their calls.

use std::sync::Arc;

use aws::{
    Dynamo, DynamoCustomers, DynamoEventStore, DynamoNotifications, DynamoReadModel,
    DynamoSuppressions,
};
use domain::{AccountId, Commit};
use embedded::Engine;
use handlers::append::{Append, Appender};
use handlers::composition::Composition;
use handlers::customers::{CustomerService, read_person};
use handlers::feedback::Feedback;
use handlers::notify::Notifier;
use handlers::ports::EventStore;
use handlers::project::{Projector, StreamRecord};
use serde_json::{Value, json};
use tempfile::TempDir;
use tests::world::{World, customer, opened, payment_texts, request_of_a_bank};

use crate::spent::Reading;

/// What makes the use cases cost more than they may.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Regression {
    /// The account is read before each append, and by the append again.
    ReadBeforeAppend,
    /// Each record of the stream is a batch of its own.
    BatchesOfOne,
    /// The embedded engine has no index for its stream.
    StreamNotIndexed,
}

pub struct Bank {
    pub regression: Option<Regression>,
    pub world: World,
    pub engine: Engine,
    pub folder: TempDir,
    dynamo: Dynamo,
}

impl Bank {
    /// An account is open; its customer wants notifications of deposits.
    pub async fn open() -> Self {
        Self::open_with(json!({})).await
    }

    pub async fn open_with(preferences: Value) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("dynamodb.sqlite");
        let engine = Engine::start(&file).await.unwrap();
        let dynamo = engine.client();
        let bank = Bank {
            regression: None,
            world: World::default(),
            engine,
            folder,
            dynamo,
        };
        let ana = json!({ "email": "ana.martin@example.com", "name": "Ana Martín", "locale": "en",
            "time_zone": "Europe/Paris", "preferences": preferences });
        let desk = CustomerService {
            customers: Arc::new(DynamoCustomers(bank.dynamo.clone())),
            clock: bank.world.clock.clone(),
        };
        let ana = read_person(ana).unwrap();
        desk.put(&customer(), ana, None).await.unwrap();
        let appender = bank.appender();
        appender.append(&request(0, [opened()])).await.unwrap();
        bank
    }

    /// The same with what makes it cost more.
    pub fn with(self, regression: Option<Regression>) -> Self {
        Bank { regression, ..self }
    }

    /// Appends, and answers with nothing but the costs.
    pub async fn append(&self, appender: &Appender, request: &Append) {
        if self.regression == Some(Regression::ReadBeforeAppend) {
            let store = DynamoEventStore(self.dynamo.clone());
            store.head(&request.account_id).await.unwrap();
        }
        appender.append(request).await.unwrap();
    }

    /// Projects a batch of the stream.
    pub async fn project(&self, projector: &Projector, batch: Vec<StreamRecord>) {
        let size = match self.regression {
            Some(Regression::BatchesOfOne) => 1,
            _ => batch.len().max(1),
        };
        for batch in batch.chunks(size) {
            assert_eq!(projector.project(batch.to_vec()).await, [""; 0]);
        }
    }

    /// What is asked from now on.
    pub fn reading(&self) -> Reading {
        let mut reading = Reading::of(self.dynamo.meter.clone());
        reading.spent();
        reading
    }

    /// Of a process that knows no account yet.
    pub fn appender(&self) -> Appender {
        Appender::new(
            Arc::new(DynamoEventStore(self.dynamo.clone())),
            self.world.clock.clone(),
        )
    }

    pub fn projector(&self) -> Projector {
        Projector {
            store: Arc::new(DynamoEventStore(self.dynamo.clone())),
            read_model: Arc::new(DynamoReadModel(self.dynamo.clone())),
            ..self.world.projector()
        }
    }

    pub fn notifier(&self) -> Notifier {
        Notifier {
            store: Arc::new(DynamoEventStore(self.dynamo.clone())),
            customers: Arc::new(DynamoCustomers(self.dynamo.clone())),
            notifications: Arc::new(DynamoNotifications(self.dynamo.clone())),
            suppressions: Arc::new(DynamoSuppressions(self.dynamo.clone())),
            ..self.world.notifier()
        }
    }

    pub fn feedback(&self) -> Feedback {
        Feedback {
            notifications: Arc::new(DynamoNotifications(self.dynamo.clone())),
            suppressions: Arc::new(DynamoSuppressions(self.dynamo.clone())),
            ..self.world.feedback()
        }
    }

    /// The account's records behind this version, as the stream has them.
    pub async fn stream(&self, after: u64) -> Vec<StreamRecord> {
        let store = DynamoEventStore(self.dynamo.clone());
        let page = store.commits(&account(), after, 1000).await.unwrap();
        assert!(page.next.is_none(), "one page has them all");
        page.commits.into_iter().map(record).collect()
    }
}

fn record(commit: Commit) -> StreamRecord {
    StreamRecord {
        sequence_number: format!("{:06}", commit.first_version),
        account_id: commit.account_id.clone(),
        first_version: commit.first_version,
        commit: Ok(commit),
    }
}

pub fn account() -> AccountId {
    "DE89370400440532013000".parse().unwrap()
}

/// An append to the account, which has an IBAN.
pub fn request(key: u64, events: impl IntoIterator<Item = Value>) -> Append {
    request_of_a_bank(&account(), key, events)
}

pub fn salary() -> Value {
    json!({
        "type": "MoneyDeposited",
        "occurred_at": "2026-11-22T09:30:00Z",
        "data": {
            "amount": "2450.00", "currency": "EUR", "counterparty": "Example Manufacturing GmbH & Co. KG",
            "reference": "Salary November 2026, personnel no. 004711",
        },
    })
}

/// Each of somebody else and in another amount: they are packed, and what is alike would cost less than it does.
pub fn salaries(count: usize) -> Vec<Value> {
    let mut random = fastrand::Rng::with_seed(count as u64);
    (0..count as u64)
        .map(|number| {
            let mut event = salary();
            let data = &mut event["data"];
            data["amount"] = json!(format!(
                "{}.{:02}",
                random.u32(800..9800),
                random.u32(..100)
            ));
            if number > 0 {
                let (counterparty, reference) = payment_texts(number);
                data["counterparty"] = json!(counterparty);
                data["reference"] = json!(reference);
            }
            let (second, millisecond) = (random.u32(..60), random.u32(..1000));
            event["occurred_at"] = json!(format!(
                "2026-11-22T09:{number:02}:{second:02}.{millisecond:03}Z"
            ));
            event
        })
        .collect()
}

/// Movements that have an amount and nothing else.
pub fn bare(count: usize) -> Vec<Value> {
    let mut events = salaries(count);
    for event in &mut events {
        let data = event["data"].as_object_mut().unwrap();
        data.remove("counterparty");
        data.remove("reference");
    }
    events
}
