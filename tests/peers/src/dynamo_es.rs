//! dynamo-es, as its README and the user guide of cqrs-es have it: an aggregate, commands, and a `CqrsFramework`.

use std::collections::{BTreeMap, HashMap};
use std::convert::Infallible;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use aws::Meter;
use aws_sdk_dynamodb::Client;
use cqrs_es::event_sink::EventSink;
use cqrs_es::persist::{PersistedEventStore, QueryReplay};
use cqrs_es::{
    Aggregate, AggregateError, CqrsFramework, DomainEvent, EventEnvelope, EventStore, Query,
};
use dynamo_es::{DynamoCqrs, DynamoEventRepository};
use serde::{Deserialize, Serialize};

use crate::capacity::Spent;
use crate::engine::{OwnEngine, Table};
use crate::retry;
use crate::store::{CURRENCY, Failure, Loaded, Store, texts};

/// Not its default names: the engine has a table `events` of ours, and SQLite does not tell them apart.
const EVENTS: &str = "AggregateEvents";
const SNAPSHOTS: &str = "AggregateSnapshots";
/// Events between two snapshots.
pub const SNAPSHOT_SIZE: usize = 100;

#[derive(Debug, Default, Serialize, Deserialize)]
struct Account {
    customer_id: String,
    balance: i64,
}

enum Command {
    Open,
    Deposit(Vec<i64>),
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
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

impl DomainEvent for AccountEvent {
    fn event_type(&self) -> String {
        match self {
            AccountEvent::Opened { .. } => "AccountOpened".to_owned(),
            AccountEvent::Deposited { .. } => "MoneyDeposited".to_owned(),
        }
    }

    fn event_version(&self) -> String {
        "1.0".to_owned()
    }
}

impl Aggregate for Account {
    const TYPE: &'static str = "Account";
    type Command = Command;
    type Event = AccountEvent;
    type Error = Infallible;
    type Services = ();

    async fn handle(
        &mut self,
        command: Command,
        (): &(),
        sink: &EventSink<Self>,
    ) -> Result<(), Infallible> {
        match command {
            Command::Open => {
                let event = AccountEvent::Opened {
                    customer_id: "ana".to_owned(),
                    currency: CURRENCY.to_owned(),
                };
                sink.write(event, self).await;
            }
            Command::Deposit(amounts) => {
                for amount in amounts {
                    let (counterparty, reference) = texts();
                    let event = AccountEvent::Deposited {
                        amount,
                        currency: CURRENCY.to_owned(),
                        counterparty,
                        reference,
                    };
                    sink.write(event, self).await;
                }
            }
        }
        Ok(())
    }

    fn apply(&mut self, event: AccountEvent) {
        match event {
            AccountEvent::Opened { customer_id, .. } => self.customer_id = customer_id,
            AccountEvent::Deposited { amount, .. } => self.balance += amount,
        }
    }
}

/// What the framework takes an account from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// All of its events.
    Events,
    /// A snapshot every [`SNAPSHOT_SIZE`] events, and the events since.
    Snapshots,
    /// The aggregate itself, written with each commit.
    Aggregate,
}

pub struct DynamoEs {
    source: Source,
    _engine: Arc<OwnEngine>,
    client: Client,
    meter: Meter,
    framework: DynamoCqrs<Account>,
}

impl DynamoEs {
    pub async fn start(source: Source) -> Result<Self, Failure> {
        let engine = Arc::new(OwnEngine::start().await?);
        let meter = Meter::default();
        let client = engine.client(&meter);
        let table = |name, range| Table {
            name,
            hash: "AggregateTypeAndId",
            range,
            index: None,
            stream: false,
        };
        table(EVENTS, Some("AggregateIdSequence"))
            .create(&client)
            .await?;
        table(SNAPSHOTS, None).create(&client).await?;
        Ok(Self::on(source, engine, client, meter))
    }

    /// The same tables, read from another source.
    #[must_use]
    pub fn from(&self, source: Source) -> Self {
        Self::on(
            source,
            self._engine.clone(),
            self.client.clone(),
            self.meter.clone(),
        )
    }

    fn on(source: Source, engine: Arc<OwnEngine>, client: Client, meter: Meter) -> Self {
        DynamoEs {
            source,
            _engine: engine,
            framework: CqrsFramework::new(event_store(&client, source), vec![], ()),
            client,
            meter,
        }
    }

    async fn execute(&self, account: &str, command: impl Fn() -> Command) -> Result<u64, Failure> {
        let mut conflicts = 0;
        loop {
            let metadata = HashMap::from([("correlation_id".to_owned(), account.to_owned())]);
            match self
                .framework
                .execute_with_metadata(account, command(), metadata)
                .await
            {
                Ok(()) => return Ok(conflicts),
                Err(AggregateError::AggregateConflict) => {
                    conflicts += 1;
                    retry::pause(conflicts).await;
                }
                Err(error) => return Err(error.into()),
            }
        }
    }
}

fn repository(client: &Client) -> DynamoEventRepository {
    DynamoEventRepository::new(client.clone()).with_tables(EVENTS, SNAPSHOTS)
}

fn event_store(
    client: &Client,
    source: Source,
) -> PersistedEventStore<DynamoEventRepository, Account> {
    let repository = repository(client);
    match source {
        Source::Events => PersistedEventStore::new_event_store(repository),
        Source::Snapshots => PersistedEventStore::new_snapshot_store(repository, SNAPSHOT_SIZE),
        Source::Aggregate => PersistedEventStore::new_aggregate_store(repository),
    }
}

/// The balances of all accounts, as a query of the framework.
#[derive(Clone, Default)]
struct Balances(Arc<Mutex<BTreeMap<String, Loaded>>>);

#[async_trait]
impl Query<Account> for Balances {
    async fn dispatch(&self, account: &str, events: &[EventEnvelope<Account>]) {
        let mut balances = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for event in events {
            let one = balances.entry(account.to_owned()).or_default();
            one.events += 1;
            if let AccountEvent::Deposited { amount, .. } = event.payload {
                one.balance += amount;
            }
        }
    }
}

#[async_trait]
impl Store for DynamoEs {
    fn name(&self) -> &'static str {
        match self.source {
            Source::Events => "dynamo-es, events alone",
            Source::Snapshots => "dynamo-es, snapshots",
            Source::Aggregate => "dynamo-es, aggregates",
        }
    }

    async fn open(&self, account: &str) -> Result<(), Failure> {
        self.execute(account, || Command::Open).await.map(|_| ())
    }

    async fn deposit(&self, account: &str, amounts: &[i64]) -> Result<u64, Failure> {
        self.execute(account, || Command::Deposit(amounts.to_vec()))
            .await
    }

    async fn load(&self, account: &str) -> Result<Loaded, Failure> {
        let context = event_store(&self.client, self.source)
            .load_aggregate(account)
            .await?;
        Ok(Loaded {
            events: context.current_sequence as u64,
            balance: context.aggregate.balance,
        })
    }

    async fn fold(&self, account: &str) -> Result<Loaded, Failure> {
        self.from(Source::Events).load(account).await
    }

    async fn replay(&self, _accounts: &[String]) -> Result<Loaded, Failure> {
        let balances = Balances::default();
        let repository = repository(&self.client);
        let mut replay = QueryReplay::<_, _, Account>::new(repository, balances.clone());
        let failed = Arc::new(Mutex::new(None));
        let kept = failed.clone();
        replay.use_error_handler(Box::new(move |error| {
            *kept.lock().unwrap_or_else(PoisonError::into_inner) = Some(error.to_string());
        }));
        replay.replay_all().await?;
        if let Some(error) = failed.lock().unwrap_or_else(PoisonError::into_inner).take() {
            return Err(error.into());
        }
        let balances = balances.0.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(balances
            .values()
            .fold(Loaded::default(), |all, one| Loaded {
                events: all.events + one.events,
                balance: all.balance + one.balance,
            }))
    }

    fn spent(&self) -> Spent {
        Spent::by(&self.meter)
    }
}
