//! Which commit follows from a request: a pure function from an account and
//! its reports to events, or to a refusal.

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

/// What surrounds a request and is recorded with it.
#[derive(Debug, Clone)]
pub struct Context {
    /// The account that the events are reported of.
    pub account_id: AccountId,
    /// Not before the commit before it: see [`crate::Tip::next_recorded_at`].
    pub recorded_at: DateTime<Utc>,
    /// Who appends.
    pub source: String,
    /// The correlation id of the request.
    pub correlation_id: CorrelationId,
    /// The key of the request.
    pub idempotency_key: IdempotencyKey,
}

/// A movement that a report wants to reverse, as history has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Original {
    /// What it did to the balance.
    pub movement: MovementKind,
    /// How much it moved.
    pub amount: Money,
    /// The event that reversed it already.
    pub reversed_by: Option<EventId>,
}

/// The commit that follows from a request, or why there is none.
///
/// Facts come from upstream: nothing is refused because a rule of ours would
/// not have allowed it. `originals` holds the stored movements that the
/// reports reverse, as far as they exist.
///
/// # Errors
/// The caller's to mend; nothing changes with a retry:
/// - `UnknownAccount`: the account was never opened.
/// - `AlreadyOpened`: it is opened a second time.
/// - `Invalid`: an event cannot come after those before it.
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
            occurred_at: report.occurred_at,
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
        // What is stored keeps microseconds; what is hashed must be the same.
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
    let kind = match event {
        Event::MoneyWithdrawn(_) => MovementKind::Withdrawal,
        _ => MovementKind::Deposit,
    };
    Original {
        movement: kind,
        amount: movement.amount,
        reversed_by: None,
    }
}

impl Original {
    /// The movement that `event` made; `None` when it made none.
    #[must_use]
    pub fn of(event: &Event) -> Option<Self> {
        match event {
            Event::MoneyDeposited(movement) | Event::MoneyWithdrawn(movement) => {
                Some(original(event, movement))
            }
            _ => None,
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
