//! The decision on a request: a pure function from an account and proposed events to a commit, or to a refusal.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use crate::account::Account;
use crate::commit::{Commit, Head, RecordedEvent};
use crate::event::{Event, Movement, MovementKind, Reversal, SCHEMA};
use crate::fields::FieldError;
use crate::hash::Hash;
use crate::record::{ProposedContent, ProposedEvent, ProposedEvents};
use crate::time::as_kept;
use crate::{AccountId, CorrelationId, EventId, IdempotencyKey, Money, Version};

/// Why a request was not recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// The account was never opened.
    UnknownAccount,
    /// The account was opened before.
    AlreadyOpened,
    /// The report contradicts the account.
    Invalid(Vec<FieldError>),
}

/// The circumstances of a request, which are recorded with it.
#[derive(Debug, Clone)]
pub struct Context {
    /// The account of the events.
    pub account_id: AccountId,
    /// The time of recording, not before the previous commit's: see [`crate::Tip::next_recorded_at`].
    pub recorded_at: DateTime<Utc>,
    /// The caller.
    pub source: String,
    /// The correlation id of the request.
    pub correlation_id: CorrelationId,
    /// The key of the request.
    pub idempotency_key: IdempotencyKey,
}

/// A recorded movement that a request reverses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Original {
    /// Its direction.
    pub movement: MovementKind,
    /// Its amount.
    pub amount: Money,
    /// The event that has already reversed it.
    pub reversed_by: Option<EventId>,
}

/// Decides on a request, and returns its commit.
///
/// The bank's systems report facts, so no rule of ours refuses a movement. `originals` contains the recorded movements that
/// the events reverse, as far as they exist.
///
/// # Errors
/// The request has to change; a retry does not help:
/// - `UnknownAccount`: the account was never opened.
/// - `AlreadyOpened`: the account is opened a second time.
/// - `Invalid`: an event cannot follow the previous ones.
#[expect(
    clippy::arithmetic_side_effects,
    reason = "an account has fewer than 2^64 events"
)]
pub fn decide(
    head: Option<&Head>,
    proposed: &ProposedEvents,
    originals: &BTreeMap<EventId, Original>,
    context: Context,
) -> Result<Commit, Refusal> {
    let mut account = head.map(|head| head.account.clone());
    let opens = matches!(
        proposed.events.first().map(|report| &report.content),
        Some(ProposedContent::Event(Event::AccountOpened(_)))
    );
    match (&account, opens) {
        (None, false) => return Err(Refusal::UnknownAccount),
        (Some(_), true) => return Err(Refusal::AlreadyOpened),
        _ => {}
    }
    let first_version = account.as_ref().map_or(1, |account| account.version + 1);
    let mut originals = originals.clone();
    let mut events = Vec::with_capacity(proposed.events.len());
    let mut errors = Vec::new();
    for (index, report) in proposed.events.iter().enumerate() {
        let event_id = EventId::new(&context.account_id, first_version + index as Version);
        let resolved = resolve(report, account.as_ref(), &mut originals, event_id, index);
        let event = match resolved {
            Ok(event) => event,
            Err(error) => {
                errors.push(error);
                continue;
            }
        };
        if let Event::MoneyDeposited(movement) | Event::MoneyWithdrawn(movement) = &event {
            originals.insert(event_id, original(&event, movement));
        }
        match Account::apply(account.clone(), &event) {
            Ok(after) => account = Some(after),
            Err(error) => {
                errors.push(FieldError::pointer(
                    format!("/events/{index}/data"),
                    error.to_string(),
                ));
                break;
            }
        }
        events.push(RecordedEvent {
            event_id,
            event_type: event.type_name().to_owned(),
            schema: SCHEMA,
            occurred: report.occurred,
            data: event.to_data(),
        });
    }
    let after = match account {
        Some(after) if errors.is_empty() => after,
        _ => return Err(Refusal::Invalid(errors)),
    };
    let mut commit = Commit {
        account_id: context.account_id,
        first_version,
        events,
        // Stored times have microseconds, and the hashed one must be the same.
        recorded_at: as_kept(context.recorded_at),
        source: context.source,
        correlation_id: context.correlation_id,
        idempotency_key: context.idempotency_key,
        request_hash: proposed.request_hash,
        notify: proposed.notify,
        after,
        prev_hash: head.map_or(Hash::GENESIS, |head| head.hash),
        hash: Hash::GENESIS,
    };
    commit.hash = commit.compute_hash();
    Ok(commit)
}

fn original(event: &Event, movement: &Movement) -> Original {
    let kind = if matches!(event, Event::MoneyWithdrawn(_)) {
        MovementKind::Withdrawal
    } else {
        MovementKind::Deposit
    };
    Original {
        movement: kind,
        amount: movement.amount,
        reversed_by: None,
    }
}

impl Original {
    /// Returns the movement of `event`; `None` if it is none.
    #[must_use]
    pub fn of(event: &Event) -> Option<Self> {
        match event {
            Event::MoneyDeposited(movement) | Event::MoneyWithdrawn(movement) => {
                Some(original(event, movement))
            }
            Event::AccountOpened(_)
            | Event::TransactionReversed(_)
            | Event::AccountClosed
            | Event::OperationScheduled(_)
            | Event::OperationCancelled(_)
            | Event::OperationSkipped(_) => None,
        }
    }
}

fn resolve(
    report: &ProposedEvent,
    account: Option<&Account>,
    originals: &mut BTreeMap<EventId, Original>,
    event_id: EventId,
    index: usize,
) -> Result<Event, FieldError> {
    let event = match &report.content {
        ProposedContent::Event(event) => event.clone(),
        ProposedContent::Reversal { reverses, reason } => {
            let at = |detail: String| {
                FieldError::pointer(format!("/events/{index}/data/reverses"), detail)
            };
            let original = originals
                .get_mut(reverses)
                .ok_or_else(|| at("is not a deposit or withdrawal of this account".to_owned()))?;
            if let Some(reversed_by) = original.reversed_by {
                return Err(at(format!("was reversed before, by {reversed_by}")));
            }
            original.reversed_by = Some(event_id);
            Event::TransactionReversed(Reversal {
                reverses: *reverses,
                reason: reason.clone(),
                movement: original.movement,
                amount: original.amount,
            })
        }
    };
    if let (Some(account), Event::MoneyDeposited(movement) | Event::MoneyWithdrawn(movement)) =
        (account, &event)
        && movement.amount.currency() != account.currency()
    {
        let detail = format!("must be {}, the account's currency", account.currency());
        return Err(FieldError::pointer(
            format!("/events/{index}/data/currency"),
            detail,
        ));
    }
    Ok(event)
}
