//! Ledgerbell, as its function for appends does it: idempotency key, hash chain, time index and stream with every commit.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use aws::{DynamoEventStore, Meter};
use chrono::Utc;
use domain::event::Opening;
use domain::record::{ProposedContent, ProposedEvent, ProposedEvents};
use domain::{Currency, Event, Money, Movement, Occurred};
use handlers::append::{Append, Appender};
use handlers::ports::{EventStore, SystemClock};
use projections::Balance;
use world::CALLER;

use crate::capacity::Spent;
use crate::engine::OwnEngine;
use crate::store::{CURRENCY, Failure, Loaded, Store, texts};

/// As many commits as the product reads at a time for a rebuild.
const PAGE: usize = 200;

pub struct Ledgerbell {
    /// It serves as long as it is kept.
    _engine: OwnEngine,
    meter: Meter,
    store: Arc<dyn EventStore>,
    appender: Appender,
    currency: Currency,
    keys: AtomicU64,
}

impl Ledgerbell {
    pub async fn start() -> Result<Self, Failure> {
        let engine = OwnEngine::start().await?;
        let client = engine.ours();
        let meter = client.meter.clone();
        let store: Arc<dyn EventStore> = Arc::new(DynamoEventStore(client));
        Ok(Ledgerbell {
            appender: Appender::new(store.clone(), Arc::new(SystemClock)),
            _engine: engine,
            meter,
            store,
            currency: CURRENCY.parse()?,
            keys: AtomicU64::default(),
        })
    }

    async fn append(&self, account: &str, events: Vec<Event>) -> Result<(), Failure> {
        let number = self.keys.fetch_add(1, Ordering::Relaxed);
        let key = format!("018f4e2a-7c3b-7d1e-9a50-{number:012}");
        let proposed = events.into_iter().map(|event| ProposedEvent {
            occurred: Occurred::At(Utc::now()),
            content: ProposedContent::Event(event),
        });
        let request = Append {
            account_id: account.parse()?,
            idempotency_key: key.parse()?,
            if_match: None,
            source: CALLER.to_owned(),
            correlation_id: key.parse()?,
            proposed: ProposedEvents::of(proposed.collect()),
        };
        let recorded = self.appender.append(&request).await?;
        match recorded.replayed {
            true => Err("a fresh key was used before".into()),
            false => Ok(()),
        }
    }
}

#[async_trait]
impl Store for Ledgerbell {
    fn name(&self) -> &'static str {
        "ledgerbell"
    }

    async fn open(&self, account: &str) -> Result<(), Failure> {
        let opening = Opening {
            customer_id: "ana".parse()?,
            currency: self.currency,
            overdraft_limit: Money::zero(self.currency),
            opening_balance: Money::zero(self.currency),
        };
        self.append(account, vec![Event::AccountOpened(opening)])
            .await
    }

    async fn deposit(&self, account: &str, amounts: &[i64]) -> Result<u64, Failure> {
        let events = amounts.iter().map(|&minor| {
            let (counterparty, reference) = texts();
            Event::MoneyDeposited(Movement {
                amount: Money::from_minor(minor, self.currency),
                channel: None,
                counterparty: Some(counterparty),
                reference: Some(reference),
                value_date: None,
                scheduled: None,
            })
        });
        // Writers of one process queue for an account: the store sees no conflict of theirs.
        self.append(account, events.collect()).await.map(|()| 0)
    }

    async fn load(&self, account: &str) -> Result<Loaded, Failure> {
        let head = self.store.head(&account.parse()?).await?;
        let head = head.ok_or("the account was never opened")?;
        Ok(Loaded {
            events: 0,
            balance: head.account().balance.minor(),
        })
    }

    async fn fold(&self, account: &str) -> Result<Loaded, Failure> {
        let account = account.parse()?;
        let mut balance: Option<Balance> = None;
        loop {
            let after = balance.as_ref().map_or(0, Balance::version);
            // As much as DynamoDB gives in one answer.
            let page = self
                .store
                .commits(&account, after, usize::from(u16::MAX))
                .await?;
            for commit in &page.commits {
                balance = Some(Balance::after(balance.as_ref(), commit)?);
            }
            if page.next.is_none() {
                break;
            }
        }
        let balance = balance.ok_or("the account was never opened")?;
        Ok(Loaded {
            events: balance.version(),
            balance: balance.head.account.balance.minor(),
        })
    }

    async fn replay(&self, accounts: &[String]) -> Result<Loaded, Failure> {
        let mut balances = BTreeMap::new();
        let mut cursor: Option<String> = None;
        loop {
            let page = self.store.scan(cursor.as_deref(), PAGE).await?;
            for commit in &page.commits {
                // The chain and each version are checked on the way.
                let next = Balance::after(balances.get(&commit.account_id), commit)?;
                balances.insert(commit.account_id.clone(), next);
            }
            cursor = page.next;
            if cursor.is_none() {
                break;
            }
        }
        if balances.len() != accounts.len() {
            return Err(
                format!("{} accounts instead of {}", balances.len(), accounts.len()).into(),
            );
        }
        Ok(balances
            .values()
            .fold(Loaded::default(), |all, one| Loaded {
                events: all.events + one.version(),
                balance: all.balance + one.head.account.balance.minor(),
            }))
    }

    fn spent(&self) -> Spent {
        Spent::by(&self.meter)
    }
}
