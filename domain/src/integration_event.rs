//! The events as the bus carries them to whoever acts on them.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::chain::{self, ChainError};
use crate::commit::Commit;
use crate::event::{Event, MovementKind, SCHEMA};
use crate::money::MoneyError;
use crate::schedule_event::Occurrence;
use crate::{AccountId, CorrelationId, Currency, CustomerId, EventId, Money, ScheduleId, Version};

/// Says that a movement took the balance below the overdraft limit. It follows
/// from the movement and is not stored.
pub const ACCOUNT_OVERDRAWN: &str = "AccountOverdrawn";

/// One fact, addressed to whoever subscribes. Holds no name and no address of
/// the customer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IntegrationEvent {
    #[serde(skip)]
    pub event_type: String,
    pub metadata: Metadata,
    pub data: Data,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Metadata {
    pub event_id: EventId,
    pub account_id: AccountId,
    pub version: Version,
    pub occurred_at: DateTime<Utc>,
    pub recorded_at: DateTime<Utc>,
    pub correlation_id: CorrelationId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub causation_id: Option<EventId>,
    pub schema: u32,
    /// The replay that published it again; the mail rules leave it alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replay: Option<String>,
    /// The one consumer it is meant for; all, when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
    /// The dead letter that this is the second delivery of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub redrive: Option<String>,
    /// Whether customers are told of it; present only where they are not.
    #[serde(
        default = "crate::commit::told",
        skip_serializing_if = "crate::commit::is_told"
    )]
    pub notify: bool,
}

/// What happened. Amounts and balances are decimal strings of the currency.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Data {
    pub customer_id: CustomerId,
    pub currency: Currency,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<String>,
    pub balance_before: String,
    pub balance_after: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub overdraft_limit: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub opening_balance: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channel: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub counterparty: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value_date: Option<NaiveDate>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reverses: Option<EventId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub movement: Option<MovementKind>,
    /// The schedule that it is about, or that made the movement.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schedule_id: Option<ScheduleId>,
    /// For when the schedule had it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub occurrence: Option<DateTime<Utc>>,
    /// What a schedule does: `{type, data}`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operation: Option<Value>,
    /// When a schedule does it: `{at}`, `{rate}` or `{cron}`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<Value>,
    /// The zone of a schedule's local times.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_zone: Option<String>,
    /// After this a schedule runs no more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end: Option<DateTime<Utc>>,
}

impl Data {
    pub fn money(&self, text: &str) -> Result<Money, MoneyError> {
        Money::parse_signed(text, self.currency)
    }

    fn set_occurrence(&mut self, occurrence: &Occurrence) {
        self.schedule_id = Some(occurrence.schedule_id.clone());
        self.occurrence = Some(occurrence.at);
    }

    fn balances(customer_id: CustomerId, before: Money, after: Money) -> Self {
        Data {
            customer_id,
            currency: after.currency(),
            amount: None,
            balance_before: before.to_decimal(),
            balance_after: after.to_decimal(),
            overdraft_limit: None,
            opening_balance: None,
            channel: None,
            counterparty: None,
            reference: None,
            value_date: None,
            reverses: None,
            reason: None,
            movement: None,
            schedule_id: None,
            occurrence: None,
            operation: None,
            when: None,
            time_zone: None,
            end: None,
        }
    }
}

impl IntegrationEvent {
    /// The domain events of a commit, from the commit alone: the balance that
    /// is kept with it gives the balances around each of its events.
    pub fn of_commit(commit: &Commit) -> Result<Vec<IntegrationEvent>, ChainError> {
        let mut after = commit.after.balance;
        let mut published = Vec::with_capacity(commit.events.len());
        for (version, event) in chain::decode(commit)?.into_iter().rev() {
            let before = event
                .delta()
                .map_or(Some(after), |delta| after.checked_sub(delta))
                .ok_or(ChainError::Account(version))?;
            // Backwards, so what follows from an event stands before it here.
            published.extend(overdrawn(commit, version, before, after));
            published.push(integration_event(commit, version, &event, before, after));
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

fn integration_event(
    commit: &Commit,
    version: Version,
    event: &Event,
    before: Money,
    after: Money,
) -> IntegrationEvent {
    let mut data = Data::balances(commit.after.customer_id.clone(), before, after);
    match event {
        Event::AccountOpened(opening) => {
            data.overdraft_limit = Some(opening.overdraft_limit.to_decimal());
            data.opening_balance = Some(opening.opening_balance.to_decimal());
        }
        Event::MoneyDeposited(movement) | Event::MoneyWithdrawn(movement) => {
            data.amount = Some(movement.amount.to_decimal());
            data.channel = movement.channel.clone();
            data.counterparty = movement.counterparty.clone();
            data.reference = movement.reference.clone();
            data.value_date = movement.value_date;
            if let Some(occurrence) = &movement.scheduled {
                data.set_occurrence(occurrence);
            }
        }
        Event::TransactionReversed(reversal) => {
            data.amount = Some(reversal.amount.to_decimal());
            data.reverses = Some(reversal.reverses);
            data.reason = reversal.reason.clone();
            data.movement = Some(reversal.movement);
        }
        Event::AccountClosed => {}
        Event::OperationScheduled(scheduled) => {
            let schedule = &scheduled.schedule;
            data.schedule_id = Some(scheduled.schedule_id.clone());
            data.operation = Some(schedule.operation.to_json());
            data.when = Some(schedule.when.to_json());
            data.time_zone = Some(schedule.time_zone.name().to_owned());
            data.end = schedule.end;
        }
        Event::OperationCancelled(schedule_id) => data.schedule_id = Some(schedule_id.clone()),
        Event::OperationSkipped(skipped) => {
            data.set_occurrence(&skipped.occurrence);
            data.reason = Some(skipped.reason.as_str().to_owned());
            data.movement = Some(skipped.movement);
            data.amount = Some(skipped.amount.to_decimal());
        }
    }
    IntegrationEvent {
        event_type: event.type_name().to_owned(),
        metadata: metadata(commit, version),
        data,
    }
}

/// Told when the limit is crossed, not each time the balance moves below it.
fn overdrawn(
    commit: &Commit,
    version: Version,
    before: Money,
    after: Money,
) -> Option<IntegrationEvent> {
    let floor = commit.after.overdraft_limit.checked_neg()?;
    if before.minor() < floor.minor() || after.minor() >= floor.minor() || version == 1 {
        return None;
    }
    let mut data = Data::balances(commit.after.customer_id.clone(), before, after);
    let moved = before.checked_sub(after)?;
    data.amount = Some(moved.to_decimal());
    data.overdraft_limit = Some(commit.after.overdraft_limit.to_decimal());
    let mut metadata = metadata(commit, version);
    let cause = metadata.event_id;
    metadata.event_id = cause.derived(ACCOUNT_OVERDRAWN);
    metadata.causation_id = Some(cause);
    Some(IntegrationEvent {
        event_type: ACCOUNT_OVERDRAWN.to_owned(),
        metadata,
        data,
    })
}
