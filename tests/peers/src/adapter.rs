//! event-store-adapter-rs, as its README has it: the caller holds an aggregate with its sequence number, and hands over
//! each event, with a snapshot now and then.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use aws::Meter;
use chrono::Utc;
use event_store_adapter_rs::{
    AggregateId, DynamoDbOptions, DynamoDbTables, EventEnvelope, EventStoreError,
    EventStoreForDynamoDB, SnapshotEnvelope,
};
use serde::{Deserialize, Serialize};

use crate::capacity::Spent;
use crate::engine::{OwnEngine, Table};
use crate::retry;
use crate::store::{CURRENCY, Failure, Loaded, Store, texts};

/// Events between two snapshots.
const SNAPSHOT_SIZE: u64 = 100;

#[derive(Debug, Clone)]
struct AccountKey(String);

impl AggregateId for AccountKey {
    fn type_name(&self) -> String {
        "Account".to_owned()
    }

    fn value(&self) -> String {
        self.0.clone()
    }
}

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct Account {
    customer_id: String,
    balance: i64,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
enum AccountEvent {
    Opened {
        customer_id: String,
        currency: String,
    },
    Deposited {
        amount: i64,
        currency: String,
        counterparty: String,
        reference: String,
    },
}

impl Account {
    fn apply(&mut self, event: &AccountEvent) {
        match event {
            AccountEvent::Opened { customer_id, .. } => self.customer_id.clone_from(customer_id),
            AccountEvent::Deposited { amount, .. } => self.balance += amount,
        }
    }
}

/// An account as its caller holds it between two commands.
#[derive(Debug, Clone, Default)]
struct Held {
    account: Account,
    sequence: u64,
}

type Events = EventStoreForDynamoDB<AccountKey, Account, AccountEvent>;

pub struct Adapter {
    _engine: OwnEngine,
    meter: Meter,
    events: Events,
    /// One for each account: it is the repository's caller that writes one after another or takes conflicts.
    held: Mutex<HashMap<String, Arc<Mutex<Held>>>>,
}

impl Adapter {
    pub async fn start() -> Result<Self, Failure> {
        let engine = OwnEngine::start().await?;
        let meter = Meter::default();
        let client = engine.client(&meter);
        let tables = DynamoDbTables {
            journal_table_name: "journal".to_owned(),
            snapshot_table_name: "snapshot".to_owned(),
            head_table_name: "head".to_owned(),
            snapshot_history_index_name: "snapshot-history".to_owned(),
        };
        let table = |name, range, index, stream| Table {
            name,
            hash: "aid",
            range,
            index,
            stream,
        };
        let history = Some(("snapshot-history", "active_history_seq_nr"));
        table("journal", Some("seq_nr"), None, false)
            .create(&client)
            .await?;
        table("snapshot", Some("skey"), history, false)
            .create(&client)
            .await?;
        table("head", None, None, true).create(&client).await?;
        let events = Events::open(client, tables, DynamoDbOptions::default()).await?;
        Ok(Adapter {
            _engine: engine,
            meter,
            events,
            held: Mutex::default(),
        })
    }

    fn held(&self, account: &str) -> Arc<Mutex<Held>> {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        held.entry(account.to_owned()).or_default().clone()
    }

    /// Writes one event behind the last that the caller knows, and a snapshot where one is due.
    async fn persist(&self, account: &str, event: AccountEvent) -> Result<u64, Failure> {
        let held = self.held(account);
        let mut conflicts = 0;
        loop {
            let mut next = held.lock().unwrap_or_else(PoisonError::into_inner).clone();
            next.account.apply(&event);
            next.sequence += 1;
            let envelope = EventEnvelope::new(
                AccountKey(account.to_owned()),
                next.sequence,
                Utc::now(),
                event.clone(),
            );
            let persisted = if next.sequence % SNAPSHOT_SIZE == 0 {
                let snapshot = SnapshotEnvelope::new(next.account.clone(), next.sequence);
                self.events
                    .persist_event_and_snapshot(envelope, snapshot)
                    .await
            } else {
                self.events.persist_event(envelope).await
            };
            match persisted {
                Ok(()) => {
                    keep(&held, next);
                    return Ok(conflicts);
                }
                Err(EventStoreError::OptimisticLock { .. }) => {
                    conflicts += 1;
                    retry::pause(conflicts).await;
                    let (found, _) = self.rehydrate(account).await?;
                    keep(&held, found);
                }
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// The latest snapshot with the events since, and how many these were.
    async fn rehydrate(&self, account: &str) -> Result<(Held, u64), Failure> {
        let key = AccountKey(account.to_owned());
        let read = self.events.get_latest_snapshot_by_id(&key).await?;
        let read = read.ok_or("the account was never opened")?;
        let (mut account, from) = match read.into_parts() {
            (Some(snapshot), _) => {
                let sequence = snapshot.seq_nr();
                (snapshot.into_aggregate(), sequence + 1)
            }
            (None, _) => (Account::default(), 1),
        };
        let events = self
            .events
            .get_events_by_id_since_seq_nr(&key, from)
            .await?;
        for event in &events {
            account.apply(event.payload());
        }
        let read = events.len() as u64;
        let sequence = from - 1 + read;
        Ok((Held { account, sequence }, read))
    }
}

/// What is further on stays.
fn keep(held: &Mutex<Held>, found: Held) {
    let mut held = held.lock().unwrap_or_else(PoisonError::into_inner);
    if found.sequence > held.sequence {
        *held = found;
    }
}

#[async_trait]
impl Store for Adapter {
    fn name(&self) -> &'static str {
        "event-store-adapter-rs"
    }

    async fn open(&self, account: &str) -> Result<(), Failure> {
        let event = AccountEvent::Opened {
            customer_id: "ana".to_owned(),
            currency: CURRENCY.to_owned(),
        };
        self.persist(account, event).await.map(|_| ())
    }

    /// A call takes one event: several are as many transactions, one after another.
    async fn deposit(&self, account: &str, amounts: &[i64]) -> Result<u64, Failure> {
        let mut conflicts = 0;
        for &amount in amounts {
            let (counterparty, reference) = texts();
            let event = AccountEvent::Deposited {
                amount,
                currency: CURRENCY.to_owned(),
                counterparty,
                reference,
            };
            conflicts += self.persist(account, event).await?;
        }
        Ok(conflicts)
    }

    async fn load(&self, account: &str) -> Result<Loaded, Failure> {
        let (held, events) = self.rehydrate(account).await?;
        Ok(Loaded {
            events,
            balance: held.account.balance,
        })
    }

    async fn fold(&self, account: &str) -> Result<Loaded, Failure> {
        let key = AccountKey(account.to_owned());
        let events = self.events.get_events_by_id_since_seq_nr(&key, 1).await?;
        let mut account = Account::default();
        for event in &events {
            account.apply(event.payload());
        }
        Ok(Loaded {
            events: events.len() as u64,
            balance: account.balance,
        })
    }

    /// There is no way over all accounts: those that the caller knows, one after another.
    async fn replay(&self, accounts: &[String]) -> Result<Loaded, Failure> {
        let mut all = Loaded::default();
        for account in accounts {
            let one = self.fold(account).await?;
            all.events += one.events;
            all.balance += one.balance;
        }
        Ok(all)
    }

    fn spent(&self) -> Spent {
        Spent::by(&self.meter)
    }
}
