//! A bus event in a file, and what mails say of it.

use std::path::Path;

use chrono::TimeDelta;
use domain::{Event, IntegrationEvent, Money, Occurred};
use mail::{
    Amount, DigestItem, DigestNotice, Direction, Envelope, Kind, Notice, Scheduled, StatementEntry,
    StatementNotice,
};

use crate::exit::Failure;

pub(super) fn read(path: &Path) -> Result<IntegrationEvent, Failure> {
    let wrong = |reason: String| Failure::WrongUse(format!("{}: {reason}", path.display()));
    let text = std::fs::read(path).map_err(|error| wrong(error.to_string()))?;
    let event = domain::json::read(&text).map_err(|error| wrong(format!("is {error}")))?;
    let Some(event_type) = event["detail-type"].as_str() else {
        return Err(wrong(
            "is not a bus event: it has no detail-type".to_owned(),
        ));
    };
    IntegrationEvent::from_wire(event_type, &event["detail"])
        .map_err(|error| wrong(error.to_string()))
}

/// Returns the notice of a kind about this event.
pub(super) fn notice(event: &IntegrationEvent, kind: Kind, envelope: Envelope) -> Notice {
    let (fact, metadata) = (&event.fact, &event.metadata);
    let movement = fact.movement();
    Notice {
        kind,
        also: Vec::new(),
        envelope,
        account_id: metadata.account_id.to_string(),
        amount: fact.amount().map(amount),
        direction: direction(event),
        balance_after: amount(event.balances.after()),
        overdraft_limit: fact.overdraft_limit().map(amount),
        threshold: None,
        reference: reference(event),
        counterparty: movement.and_then(|movement| movement.counterparty.clone()),
        // An event of the bus is all that there is: its earlier events are in the store.
        reversed: None,
        scheduled: fact.occurrence().map(|occurrence| Scheduled {
            schedule_id: occurrence.schedule_id.to_string(),
            occurrence: occurrence.at,
            skipped: match fact.reported() {
                Some(Event::OperationSkipped(skipped)) => Some(skipped.reason),
                _ => None,
            },
        }),
        occurred: metadata.occurred,
        recorded_at: metadata.recorded_at,
        value_date: movement.and_then(|movement| movement.value_date),
    }
}

/// Returns a digest of this event only, with the kinds that are on by default.
pub(super) fn digest(event: &IntegrationEvent, envelope: Envelope) -> Result<DigestNotice, String> {
    let (metadata, movement) = (&event.metadata, event.fact.movement());
    let kinds = domain::notification::kinds(event).iter().copied();
    let kinds: Vec<Kind> = kinds.filter(|kind| kind.is_on_by_default()).collect();
    if kinds.is_empty() {
        return Err(format!("no notification is about {}", event.type_name()));
    }
    Ok(DigestNotice {
        envelope,
        from: metadata
            .recorded_at
            .checked_sub_signed(TimeDelta::days(1))
            .unwrap_or(metadata.recorded_at),
        to: metadata.recorded_at,
        items: vec![DigestItem {
            kinds,
            account_id: metadata.account_id.to_string(),
            amount: event.fact.amount().map(amount),
            direction: direction(event),
            counterparty: movement.and_then(|movement| movement.counterparty.clone()),
            reference: movement.and_then(|movement| movement.reference.clone()),
            balance_after: amount(event.balances.after()),
            occurred: metadata.occurred,
        }],
    })
}

/// Returns a statement of the event's day with this event only.
pub(super) fn statement(
    event: &IntegrationEvent,
    envelope: Envelope,
) -> Result<StatementNotice, String> {
    let (metadata, balances) = (&event.metadata, event.balances);
    let (Some(moved), Some(direction)) = (event.fact.amount(), direction(event)) else {
        return Err(format!("{} moves no money", event.type_name()));
    };
    let day = match metadata.occurred {
        Occurred::At(time) => time.with_timezone(&envelope.time_zone).date_naive(),
        Occurred::On(date) => date,
    };
    let kind = match (event.fact.reported(), direction) {
        (Some(Event::TransactionReversed(_)), _) => Kind::Reversal,
        (_, Direction::In) => Kind::Deposit,
        (_, Direction::Out) => Kind::Withdrawal,
    };
    let movement = event.fact.movement();
    Ok(StatementNotice {
        envelope,
        account_id: metadata.account_id.to_string(),
        from: day,
        to: day,
        opening_balance: amount(balances.before()),
        closing_balance: amount(balances.after()),
        entries: vec![StatementEntry {
            event_id: metadata.event_id.to_string(),
            kind,
            amount: amount(moved),
            direction,
            balance_after: amount(balances.after()),
            occurred: metadata.occurred,
            value_date: movement.and_then(|movement| movement.value_date),
            reference: reference(event),
            counterparty: movement.and_then(|movement| movement.counterparty.clone()),
        }],
    })
}

fn reference(event: &IntegrationEvent) -> Option<String> {
    match event.fact.reported()? {
        Event::TransactionReversed(reversal) => reversal.reason.clone(),
        _ => event.fact.movement()?.reference.clone(),
    }
}

fn direction(event: &IntegrationEvent) -> Option<Direction> {
    match event.balances.change().signum() {
        1 => Some(Direction::In),
        -1 => Some(Direction::Out),
        _ => None,
    }
}

fn amount(money: Money) -> Amount {
    Amount {
        minor: money.minor(),
        currency: money.currency().code().to_owned(),
        digits: money.currency().digits(),
    }
}
