//! What is asked of every store.

use std::error::Error;
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use world::payment_texts;

use crate::capacity::Spent;

pub type Failure = Box<dyn Error + Send + Sync>;

/// The longest commit of the runs. dynamo-es takes 24 events beside a snapshot, ledgerbell 25.
pub const LONGEST_COMMIT: usize = 20;

pub const CURRENCY: &str = "EUR";

/// What the next deposit tells beside its amount.
pub fn texts() -> (String, String) {
    static CALLS: AtomicU64 = AtomicU64::new(0);
    payment_texts(CALLS.fetch_add(1, Ordering::Relaxed))
}

/// An account, or all of them, as it was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Loaded {
    /// Events that were read and folded for it.
    pub events: u64,
    /// Minor units.
    pub balance: i64,
}

/// The same work, done as each store's documentation does it.
#[async_trait]
pub trait Store: Send + Sync {
    fn name(&self) -> &'static str;

    /// The account's first event.
    async fn open(&self, account: &str) -> Result<(), Failure>;

    /// Deposits of these minor units in one commit, or in as few as the store can. Tried again after a conflict until it
    /// is done; gives how often there was one.
    async fn deposit(&self, account: &str, amounts: &[i64]) -> Result<u64, Failure>;

    /// The account as the store loads it before a decision.
    async fn load(&self, account: &str) -> Result<Loaded, Failure>;

    /// The account folded from all of its events.
    async fn fold(&self, account: &str) -> Result<Loaded, Failure>;

    /// All events of these accounts, which are all that there are, folded into balances.
    async fn replay(&self, accounts: &[String]) -> Result<Loaded, Failure>;

    /// What was asked of DynamoDB so far.
    fn spent(&self) -> Spent;
}
