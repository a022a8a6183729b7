//! A bus event in a file, and what mails say of it.

use std::path::Path;

use chrono::TimeDelta;
use domain::money::MoneyError;
use domain::{IntegrationEvent, Money, OccurrenceSkipReason};
use mail::{
    Amount, DigestItem, DigestNotice, Direction, Envelope, Kind, Notice, Scheduled, StatementEntry,
    StatementNotice,
};

use crate::exit::Failure;

pub(super) fn read(path: &Path) -> Result<IntegrationEvent, Failure> {
    let wrong = |reason: String| Failure::WrongUse(format!("{}: {reason}", path.display()));
    let text = std::fs::read(path).map_err(|error| wrong(error.to_string()))?;
    let mut event = domain::json::read(&text).map_err(|error| wrong(format!("is {error}")))?;
    let Some(event_type) = event["detail-type"].as_str().map(str::to_owned) else {
        return Err(wrong(
            "is not a bus event: it has no detail-type".to_owned(),
        ));
    };
    let detail: IntegrationEvent = serde_json::from_value(event["detail"].take())
        .map_err(|error| wrong(format!("its detail cannot be read: {error}")))?;
    Ok(IntegrationEvent {
        event_type,
        ..detail
    })
}

/// An event with its amounts read.
pub(super) struct Facts<'a> {
    event: &'a IntegrationEvent,
    amount: Option<Amount>,
    direction: Option<Direction>,
    before: Amount,
    after: Amount,
    overdraft_limit: Option<Amount>,
}

impl<'a> Facts<'a> {
    pub(super) fn of(event: &'a IntegrationEvent) -> Result<Self, MoneyError> {
        let data = &event.data;
        let optional = |text: &Option<String>| {
            text.as_deref()
                .map(|text| data.money(text).map(amount))
                .transpose()
        };
        let before = data.money(&data.balance_before).map(amount)?;
        let after = data.money(&data.balance_after).map(amount)?;
        let direction = match after.minor.cmp(&before.minor) {
            std::cmp::Ordering::Less => Some(Direction::Out),
            std::cmp::Ordering::Equal => None,
            std::cmp::Ordering::Greater => Some(Direction::In),
        };
        Ok(Facts {
            event,
            amount: optional(&data.amount)?,
            direction,
            before,
            after,
            overdraft_limit: optional(&data.overdraft_limit)?,
        })
    }

    pub(super) fn notice(&self, kind: Kind, envelope: Envelope) -> Notice {
        let (data, metadata) = (&self.event.data, &self.event.metadata);
        let skipped = OccurrenceSkipReason::ALL
            .into_iter()
            .find(|because| data.reason.as_deref() == Some(because.as_str()));
        let scheduled = data.schedule_id.as_ref().zip(data.occurrence);
        Notice {
            kind,
            envelope,
            account_id: metadata.account_id.to_string(),
            amount: self.amount.clone(),
            balance_after: self.after.clone(),
            overdraft_limit: self.overdraft_limit.clone(),
            threshold: None,
            reference: data
                .reference
                .clone()
                .or_else(|| data.reason.clone().filter(|_| skipped.is_none())),
            counterparty: data.counterparty.clone(),
            scheduled: scheduled.map(|(schedule_id, occurrence)| Scheduled {
                schedule_id: schedule_id.to_string(),
                occurrence,
                skipped,
            }),
            occurred_at: metadata.occurred_at,
            recorded_at: metadata.recorded_at,
            value_date: data.value_date,
        }
    }

    /// A digest of this event alone.
    pub(super) fn digest(
        &self,
        kinds: Vec<Kind>,
        envelope: Envelope,
    ) -> Result<DigestNotice, String> {
        let metadata = &self.event.metadata;
        if kinds.is_empty() {
            return Err(format!(
                "no notification is about {}",
                self.event.event_type
            ));
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
                amount: self.amount.clone(),
                direction: self.direction,
                balance_after: self.after.clone(),
                occurred_at: metadata.occurred_at,
            }],
        })
    }

    /// A statement of the day of this event, with no other in it.
    pub(super) fn statement(&self, envelope: Envelope) -> Result<StatementNotice, String> {
        let (data, metadata) = (&self.event.data, &self.event.metadata);
        let (Some(amount), Some(direction)) = (&self.amount, self.direction) else {
            return Err(format!("{} moves no money", self.event.event_type));
        };
        let day = metadata
            .occurred_at
            .with_timezone(&envelope.time_zone)
            .date_naive();
        let kind = match (self.event.event_type.as_str(), direction) {
            ("TransactionReversed", _) => Kind::Reversal,
            (_, Direction::In) => Kind::Deposit,
            (_, Direction::Out) => Kind::Withdrawal,
        };
        Ok(StatementNotice {
            envelope,
            account_id: metadata.account_id.to_string(),
            from: day,
            to: day,
            opening_balance: self.before.clone(),
            closing_balance: self.after.clone(),
            entries: vec![StatementEntry {
                event_id: metadata.event_id.to_string(),
                kind,
                amount: amount.clone(),
                direction,
                balance_after: self.after.clone(),
                occurred_at: metadata.occurred_at,
                value_date: data.value_date,
                reference: data.reference.clone().or_else(|| data.reason.clone()),
                counterparty: data.counterparty.clone(),
            }],
        })
    }
}

/// The kinds that a digest tells of an event: those that everybody is told of who said nothing.
pub(super) fn kinds(facts: &Facts<'_>) -> Vec<Kind> {
    domain::notification::kinds(facts.event)
        .iter()
        .copied()
        .filter(|kind| kind.is_on_by_default())
        .collect()
}

fn amount(money: Money) -> Amount {
    Amount {
        minor: money.minor(),
        currency: money.currency().code().to_owned(),
        digits: money.currency().digits(),
    }
}
