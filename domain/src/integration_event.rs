//! Events as the bus carries them to their subscribers.

mod wire;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::chain::{self, ChainError};
use crate::commit::Commit;
use crate::event::{Event, Movement, SCHEMA};
use crate::{
    AccountId, CorrelationId, Currency, CustomerId, EventId, Money, Occurred, Occurrence, Version,
};
pub use wire::Detail;

/// The type of the event that says that a movement took the balance below the
/// overdraft limit.
pub const ACCOUNT_OVERDRAWN: &str = "AccountOverdrawn";

/// A fact about an account, for its subscribers. It contains neither the
/// customer's name nor an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IntegrationEvent {
    /// The origin of the event, and its audience.
    pub metadata: Metadata,
    /// The owner of the account.
    pub customer_id: CustomerId,
    /// The balance before and after it.
    pub balances: Balances,
    /// The fact itself.
    pub fact: Fact,
}

/// The part of an event that depends on its type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fact {
    /// An event of the account's history.
    Reported(Event),
    /// A movement took the balance below the overdraft limit. It follows from
    /// that movement and is not stored.
    Overdrawn {
        /// The amount of the movement, not the distance from the limit.
        moved: Money,
        /// The amount by which the balance may be below zero.
        limit: Money,
    },
}

/// The balance around an event, of one currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Balances {
    before: Money,
    after: Money,
}

/// The origin of an event, and its audience.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Metadata {
    /// The same at every delivery, retry and replay.
    pub event_id: EventId,
    /// The account that it is about.
    pub account_id: AccountId,
    /// The event's place in its account; that of its cause for a derived event.
    pub version: Version,
    /// When it happened, according to the bank.
    #[serde(flatten)]
    pub occurred: Occurred,
    /// The time at which its commit was recorded.
    pub recorded_at: DateTime<Utc>,
    /// The caller's id of the request that led to it.
    pub correlation_id: CorrelationId,
    /// The event that it follows from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub causation_id: Option<EventId>,
    /// The version of its data's schema.
    pub schema: u32,
    /// The replay that published it again; the mail rules exclude it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replay: Option<String>,
    /// The only consumer that should act on it; `None` for all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
    /// The dead letter for which it was published again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub redrive: Option<String>,
    /// Whether customers are notified of it; written only if they are not.
    #[serde(
        default = "crate::commit::notified",
        skip_serializing_if = "crate::commit::is_notified"
    )]
    pub notify: bool,
}

impl Balances {
    /// The balance before the event. That of an opening is zero.
    #[must_use]
    pub fn before(self) -> Money {
        self.before
    }

    /// The balance after the event.
    #[must_use]
    pub fn after(self) -> Money {
        self.after
    }

    /// The currency of both.
    #[must_use]
    pub fn currency(self) -> Currency {
        self.after.currency()
    }

    /// The difference in minor units, less than zero if money was paid out.
    #[must_use]
    pub fn change(self) -> i128 {
        // Never saturates: the difference of two numbers of 64 bits has 65.
        i128::from(self.after.minor()).saturating_sub(self.before.minor().into())
    }
}

impl Fact {
    /// The event of the account's history; `None` for what follows from one.
    #[must_use]
    pub fn reported(&self) -> Option<&Event> {
        match self {
            Fact::Reported(event) => Some(event),
            Fact::Overdrawn { .. } => None,
        }
    }

    /// The movement, if the event is a deposit or a withdrawal.
    #[must_use]
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

    /// The amount that moved, or that a skipped occurrence would have moved. An
    /// opening has none.
    #[must_use]
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

    /// The overdraft limit, if the event names it.
    #[must_use]
    pub fn overdraft_limit(&self) -> Option<Money> {
        match self {
            Fact::Overdrawn { limit, .. } => Some(*limit),
            Fact::Reported(Event::AccountOpened(opening)) => Some(opening.overdraft_limit),
            Fact::Reported(_) => None,
        }
    }

    /// The occurrence of a schedule that made the movement, or moved nothing.
    #[must_use]
    pub fn occurrence(&self) -> Option<&Occurrence> {
        match self.reported()? {
            Event::OperationSkipped(skipped) => Some(&skipped.occurrence),
            Event::AccountOpened(_)
            | Event::MoneyDeposited(_)
            | Event::MoneyWithdrawn(_)
            | Event::TransactionReversed(_)
            | Event::AccountClosed
            | Event::OperationScheduled(_)
            | Event::OperationCancelled(_) => self.movement()?.scheduled.as_ref(),
        }
    }
}

impl IntegrationEvent {
    /// The type, by which the bus's rules select events.
    #[must_use]
    pub fn type_name(&self) -> &'static str {
        match &self.fact {
            Fact::Reported(event) => event.type_name(),
            Fact::Overdrawn { .. } => ACCOUNT_OVERDRAWN,
        }
    }

    /// The events that a commit publishes, in order. Nothing else has to be read:
    /// the account stored with the commit gives the balances around each event.
    ///
    /// # Errors
    /// Both are permanent, because the commit is stored like this:
    ///
    /// - [`ChainError::Decode`]: this version cannot read an event.
    /// - [`ChainError::Account`]: the events cannot have led to the account's balance.
    pub fn of_commit(commit: &Commit) -> Result<Vec<IntegrationEvent>, ChainError> {
        let mut after = commit.after.balance;
        let mut published = Vec::with_capacity(commit.events.len());
        let decoded = chain::decode(commit)?.into_iter().zip(&commit.events);
        for ((version, event), recorded) in decoded.rev() {
            let before = event
                .delta()
                .map_or(Some(after), |delta| after.checked_sub(delta))
                .ok_or(ChainError::Account(version))?;
            let event = IntegrationEvent {
                metadata: metadata(commit, version, recorded.occurred),
                customer_id: commit.after.customer_id.clone(),
                balances: Balances { before, after },
                fact: Fact::Reported(event),
            };
            // The order is reversed at the end, which puts a derived event after its cause.
            published.extend(event.overdrawn(commit.after.overdraft_limit));
            published.push(event);
            after = before;
        }
        published.reverse();
        Ok(published)
    }

    /// The derived event of a movement that crosses the limit. The next movement
    /// below the limit has none, and neither has an account that opens below it.
    fn overdrawn(&self, limit: Money) -> Option<IntegrationEvent> {
        let Balances { before, after } = self.balances;
        let floor = limit.checked_neg()?.minor();
        let crosses = before.minor() >= floor && after.minor() < floor;
        let opens = matches!(self.fact, Fact::Reported(Event::AccountOpened(_)));
        if !crosses || opens {
            return None;
        }
        let cause = self.metadata.event_id;
        Some(IntegrationEvent {
            metadata: Metadata {
                event_id: cause.derived(ACCOUNT_OVERDRAWN),
                causation_id: Some(cause),
                ..self.metadata.clone()
            },
            fact: Fact::Overdrawn {
                moved: before.checked_sub(after)?,
                limit,
            },
            ..self.clone()
        })
    }
}

fn metadata(commit: &Commit, version: Version, occurred: Occurred) -> Metadata {
    Metadata {
        event_id: EventId::new(&commit.account_id, version),
        account_id: commit.account_id.clone(),
        version,
        occurred,
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
