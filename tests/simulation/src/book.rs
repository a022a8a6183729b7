//! What the simulation keeps beside the system, to hold it against.

use domain::email::AddressHash;
use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use domain::notification::{Kind, ProviderEventKind};
use domain::recipient::Recipient;
use domain::{
    AccountId, Commit, CustomerId, Event, EventId, Hash, IdempotencyKey, NotificationId,
    RequestHash, Version,
};
use handlers::append::Recorded;
use handlers::ports::CustomerRevision;

use crate::kernel::{Micros, TaskId};
use crate::ports::customers::is_in_force;

/// Part of every planted address and name: where it turns up, personal data has leaked.
pub const CANARY: &str = "canary";

/// A broken promise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    pub invariant: &'static str,
    pub detail: String,
    pub at: Micros,
}

/// An account as the simulation itself adds it up.
#[derive(Debug, Default)]
pub struct Ledger {
    /// The balance after each version, from version 1, in minor units.
    pub balances: Vec<i128>,
    /// The commits by their first versions, and when each took effect.
    pub commits: BTreeMap<Version, (Hash, Micros)>,
    /// When the last of them says that it was recorded.
    pub recorded_at: Option<DateTime<Utc>>,
}

/// A revision of a customer, and when it really came and went.
#[derive(Debug, Clone)]
pub struct KnownRevision {
    pub revision: CustomerRevision,
    pub written_at: Micros,
    pub replaced_at: Option<Micros>,
}

/// A request without notifications: account, key and body's hash.
pub type Silent = (AccountId, IdempotencyKey, RequestHash);

/// Something that the provider told of a mail.
#[derive(Debug, Clone)]
pub struct ProviderTold {
    pub notification_id: NotificationId,
    pub attempt: u32,
    pub kind: ProviderEventKind,
    /// The hash of the address that is to get no mail any more.
    pub suppresses: Option<AddressHash>,
}

#[derive(Debug, Default)]
pub struct Book {
    pub ledgers: BTreeMap<AccountId, Ledger>,
    pub keys: BTreeMap<(AccountId, IdempotencyKey), Version>,
    /// What callers were told, by account and key.
    pub told: BTreeMap<(AccountId, IdempotencyKey), Recorded>,
    /// Requests that load history.
    pub silent: BTreeSet<Silent>,
    pub customers: BTreeMap<CustomerId, Vec<KnownRevision>>,
    /// How often the mailer took each notification.
    pub taken: BTreeMap<NotificationId, u32>,
    /// Which digest has told each notification.
    pub told_by: BTreeMap<NotificationId, NotificationId>,
    /// Which mail told of each event, for each recipient, and whether that is a digest for which it waited.
    pub mails_of: BTreeMap<(AccountId, Version, Recipient), (NotificationId, bool)>,
    /// Which statement told each movement, for each of those who get statements.
    pub stated: BTreeMap<(EventId, Recipient), NotificationId>,
    /// When each address, by its hash, was suppressed.
    pub suppressed: BTreeMap<AddressHash, Micros>,
    /// What the provider told, and the bus took.
    pub provider: Vec<ProviderTold>,
    /// Letters of unknown mails that an operator named, by notification and attempt.
    pub named: BTreeMap<NotificationId, BTreeSet<u32>>,
    /// Mails that are in a worker's hands, by notification: who, and since when.
    pub sending: BTreeMap<NotificationId, (TaskId, Micros)>,
    /// When the delivery began that first claimed a notification.
    pub first_claims: BTreeMap<NotificationId, Micros>,
    /// When the delivery of a notify task began.
    pub began: BTreeMap<TaskId, Micros>,
    /// Replays of events: what each has to publish, and what it has published.
    pub replayed: BTreeMap<String, BTreeSet<EventId>>,
    pub mails: u64,
    pub appended: u64,
    pub acknowledged: u64,
    pub redriven: u64,
}

impl Book {
    /// The event at a version of an account.
    pub fn balance_at(&self, account: &AccountId, version: Version) -> Option<i128> {
        let index = usize::try_from(version).ok()?.checked_sub(1)?;
        self.ledgers.get(account)?.balances.get(index).copied()
    }

    /// Adds a commit up. `Err` tells what does not follow.
    pub fn write(&mut self, commit: &Commit, at: Micros) -> Result<(), (&'static str, String)> {
        let ledger = self.ledgers.entry(commit.account_id.clone()).or_default();
        let next = ledger.balances.len() as Version + 1;
        if commit.first_version != next {
            let detail = format!(
                "{} has {} versions, and a commit came at {}",
                commit.account_id,
                next - 1,
                commit.first_version
            );
            return Err(("versions are 1..n", detail));
        }
        if let Some(last) = ledger.recorded_at
            && commit.recorded_at < last
        {
            let detail = format!(
                "{} version {} at {}, after {last}",
                commit.account_id, commit.first_version, commit.recorded_at
            );
            return Err(("recorded time never goes back within an account", detail));
        }
        ledger.recorded_at = Some(commit.recorded_at);
        let mut balance = ledger.balances.last().copied().unwrap_or(0);
        for recorded in &commit.events {
            balance += moved(recorded.decode().ok().as_ref());
            ledger.balances.push(balance);
        }
        ledger
            .commits
            .insert(commit.first_version, (commit.hash, at));
        self.appended += 1;
        Ok(())
    }

    /// When the commit that holds this version took effect.
    pub fn written_at(&self, account: &AccountId, version: Version) -> Option<Micros> {
        let commits = &self.ledgers.get(account)?.commits;
        let (_, (_, at)) = commits.range(..=version).next_back()?;
        Some(*at)
    }

    /// Whether its events were loaded as history.
    pub fn is_silent(&self, commit: &Commit) -> bool {
        let Commit {
            account_id,
            idempotency_key,
            request_hash,
            ..
        } = commit;
        !self.silent.is_empty()
            && self
                .silent
                .contains(&(account_id.clone(), idempotency_key.clone(), *request_hash))
    }

    /// The customer's revision in force at that recorded time.
    pub fn in_force(
        &self,
        customer: &CustomerId,
        time: DateTime<Utc>,
    ) -> Option<&CustomerRevision> {
        self.customers
            .get(customer)?
            .iter()
            .map(|known| &known.revision)
            .rfind(|revision| is_in_force(revision, time))
    }
}

/// What an event adds to the balance, in minor units, read off it anew.
fn moved(event: Option<&Event>) -> i128 {
    match event {
        Some(Event::AccountOpened(opening)) => i128::from(opening.opening_balance.minor()),
        Some(Event::MoneyDeposited(movement)) => i128::from(movement.amount.minor()),
        Some(Event::MoneyWithdrawn(movement)) => -i128::from(movement.amount.minor()),
        Some(Event::TransactionReversed(reversal)) => match reversal.movement {
            domain::MovementKind::Deposit => -i128::from(reversal.amount.minor()),
            domain::MovementKind::Withdrawal => i128::from(reversal.amount.minor()),
        },
        _ => 0,
    }
}

/// The kinds for which an event must have decisions, for every customer.
pub fn always_decided(kinds: &[Kind]) -> impl Iterator<Item = Kind> {
    kinds.iter().copied().filter(|kind| kind.is_on_by_default())
}
