//! The events as the bus carries them to whoever acts on them.

mod wire;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::chain::{self, ChainError};
use crate::commit::Commit;
use crate::event::{Event, Movement, SCHEMA};
use crate::{AccountId, CorrelationId, Currency, CustomerId, EventId, Money, Occurrence, Version};
pub use wire::Detail;

/// The type of the event that says that a movement took the balance below the
/// overdraft limit.
pub const ACCOUNT_OVERDRAWN: &str = "AccountOverdrawn";

/// A fact about an account, addressed to whoever subscribes. It holds no name
/// and no address of the customer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IntegrationEvent {
    pub metadata: Metadata,
    /// The owner of the account.
    pub customer_id: CustomerId,
    pub balances: Balances,
    pub fact: Fact,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fact {
    /// An event of the account's history.
    Reported(Event),
    /// A movement took the balance below the overdraft limit. It follows from
    /// that movement and is not stored.
    Overdrawn {
        /// How much moved, not how far below the limit the balance is.
        moved: Money,
        limit: Money,
    },
}

/// The balance around an event, of one currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Balances {
    before: Money,
    after: Money,
}

/// Where an event comes from, and whom it is for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Metadata {
    /// The same at every delivery, retry and replay.
    pub event_id: EventId,
    pub account_id: AccountId,
    /// The event's place in its account; that of its cause for a derived event.
    pub version: Version,
    /// When it happened, by the bank's account.
    pub occurred_at: DateTime<Utc>,
    /// When its commit was recorded.
    pub recorded_at: DateTime<Utc>,
    pub correlation_id: CorrelationId,
    /// The event that it follows from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub causation_id: Option<EventId>,
    /// The version of its data's schema.
    pub schema: u32,
    /// The replay that published it again; the mail rules exclude it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replay: Option<String>,
    /// The one consumer it is meant for; all, when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
    /// The dead letter that it was published again for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub redrive: Option<String>,
    /// Whether customers are notified of it; written only where they are not.
    #[serde(
        default = "crate::commit::told",
        skip_serializing_if = "crate::commit::is_told"
    )]
    pub notify: bool,
}

impl Balances {
    /// The balance before the event. That of an opening is zero.
    pub fn before(self) -> Money {
        self.before
    }

    /// The balance after the event.
    pub fn after(self) -> Money {
        self.after
    }

    /// The currency of both.
    pub fn currency(self) -> Currency {
        self.after.currency()
    }

    /// How far the balance moved, in minor units; less than zero for what was paid out.
    pub fn change(self) -> i128 {
        i128::from(self.after.minor()) - i128::from(self.before.minor())
    }
}

impl Fact {
    /// The event of the account's history; `None` for what follows from one.
    pub fn reported(&self) -> Option<&Event> {
        match self {
            Fact::Reported(event) => Some(event),
            Fact::Overdrawn { .. } => None,
        }
    }

    /// The deposit or withdrawal, where it is one.
    pub fn movement(&self) -> Option<&Movement> {
        match self.reported()? {
            Event::MoneyDeposited(movement) | Event::MoneyWithdrawn(movement) => Some(movement),
            Event::AccountOpened(_)
            | Event::TransactionReversed(_)
            | Event::AccountClosed
            | Event::OperationScheduled(_)
            | Event::OperationCancelled(_)
            | Event::OperationSkipped(_) => None,
        }
    }

    /// The amount that moved, or that a schedule was to move. An opening has none.
    pub fn amount(&self) -> Option<Money> {
        match self {
            Fact::Overdrawn { moved, .. } => Some(*moved),
            Fact::Reported(event) => match event {
                Event::MoneyDeposited(movement) | Event::MoneyWithdrawn(movement) => {
                    Some(movement.amount)
                }
                Event::TransactionReversed(reversal) => Some(reversal.amount),
                Event::OperationSkipped(skipped) => Some(skipped.amount),
                Event::AccountOpened(_)
                | Event::AccountClosed
                | Event::OperationScheduled(_)
                | Event::OperationCancelled(_) => None,
            },
        }
    }

    /// The overdraft limit, where the event names it.
    pub fn overdraft_limit(&self) -> Option<Money> {
        match self {
            Fact::Overdrawn { limit, .. } => Some(*limit),
            Fact::Reported(Event::AccountOpened(opening)) => Some(opening.overdraft_limit),
            Fact::Reported(_) => None,
        }
    }

    /// The occurrence of a schedule that made the movement, or moved nothing.
    pub fn occurrence(&self) -> Option<&Occurrence> {
        match self.reported()? {
            Event::OperationSkipped(skipped) => Some(&skipped.occurrence),
            _ => self.movement()?.scheduled.as_ref(),
        }
    }
}

impl IntegrationEvent {
    /// The type by which subscribers choose it.
    pub fn type_name(&self) -> &'static str {
        match &self.fact {
            Fact::Reported(event) => event.type_name(),
            Fact::Overdrawn { .. } => ACCOUNT_OVERDRAWN,
        }
    }

    /// The events that a commit publishes, from the commit alone: the balance
    /// that is kept with it gives the balances around each of its events.
    ///
    /// # Errors
    /// An event that this version cannot read ([`ChainError::Decode`]), or a
    /// balance that its events cannot have led to ([`ChainError::Account`]).
    /// Both are in the commit, and so permanent.
    pub fn of_commit(commit: &Commit) -> Result<Vec<IntegrationEvent>, ChainError> {
        let mut after = commit.after.balance;
        let mut published = Vec::with_capacity(commit.events.len());
        for (version, event) in chain::decode(commit)?.into_iter().rev() {
            let before = event
                .delta()
                .map_or(Some(after), |delta| after.checked_sub(delta))
                .ok_or(ChainError::Account(version))?;
            let balances = Balances { before, after };
            // Backwards, so what follows from an event stands before it here.
            published.extend(overdrawn(commit, version, balances));
            published.push(IntegrationEvent {
                metadata: metadata(commit, version),
                customer_id: commit.after.customer_id.clone(),
                balances,
                fact: Fact::Reported(event),
            });
            after = before;
        }
        published.reverse();
        Ok(published)
    }
}

fn metadata(commit: &Commit, version: Version) -> Metadata {
    let index = (version - commit.first_version) as usize;
    Metadata {
        event_id: EventId::new(&commit.account_id, version),
        account_id: commit.account_id.clone(),
        version,
        occurred_at: commit.events[index].occurred_at,
        recorded_at: commit.recorded_at,
        correlation_id: commit.correlation_id.clone(),
        causation_id: None,
        schema: SCHEMA,
        replay: None,
        target: None,
        redrive: None,
        notify: commit.notify,
    }
}

/// Published when the limit is crossed, not each time the balance moves below it.
fn overdrawn(commit: &Commit, version: Version, balances: Balances) -> Option<IntegrationEvent> {
    let Balances { before, after } = balances;
    let limit = commit.after.overdraft_limit;
    let floor = limit.checked_neg()?;
    if before.minor() < floor.minor() || after.minor() >= floor.minor() || version == 1 {
        return None;
    }
    let mut metadata = metadata(commit, version);
    let cause = metadata.event_id;
    metadata.event_id = cause.derived(ACCOUNT_OVERDRAWN);
    metadata.causation_id = Some(cause);
    Some(IntegrationEvent {
        metadata,
        customer_id: commit.after.customer_id.clone(),
        balances,
        fact: Fact::Overdrawn {
            moved: before.checked_sub(after)?,
            limit,
        },
    })
}
