//! The rules: which notifications an event deserves.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::domain_event::{ACCOUNT_OVERDRAWN, DomainEvent};
use crate::low_balance::Step;
use crate::money::MoneyError;
pub use crate::notification_kind::Kind;
use crate::preferences::Preferences;
use crate::{CustomerId, EventId};

/// Why a notification was not sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SkipReason {
    /// Nobody to tell was known when the event was recorded.
    NoContact,
    PreferenceOff,
    BelowMinimum,
    /// The balance did not fall below the mark, or had not recovered since it
    /// did the last time.
    NotCrossed,
    /// The account's balance was low once before on the same day.
    AlreadyToldToday,
    /// The address has bounced for good, or its owner has complained.
    Suppressed,
    /// The customer's data were erased.
    Erased,
    /// The event was published again by a replay.
    Replay,
}

impl SkipReason {
    pub fn as_str(self) -> &'static str {
        match self {
            SkipReason::NoContact => "no-contact",
            SkipReason::PreferenceOff => "preference-off",
            SkipReason::BelowMinimum => "below-minimum",
            SkipReason::NotCrossed => "not-crossed",
            SkipReason::AlreadyToldToday => "already-told-today",
            SkipReason::Suppressed => "suppressed",
            SkipReason::Erased => "erased",
            SkipReason::Replay => "replay",
        }
    }
}

/// A notification that was considered, and what came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Decision {
    pub kind: Kind,
    /// `None`: it is to be sent.
    pub skip: Option<SkipReason>,
}

/// The channel that there is today.
pub const EMAIL: &str = "email";

/// The id of a notification: the same event, kind, recipient and channel
/// always give the same one, and so it is told once.
///
/// The recipient is the customer, not the address, so that a changed address
/// does not make a second notification of the same event.
pub fn notification_id(
    event_id: EventId,
    kind: Kind,
    recipient: &CustomerId,
    channel: &str,
) -> Uuid {
    let name = format!("{kind}\n{recipient}\n{channel}");
    Uuid::new_v5(&event_id.uuid(), name.as_bytes())
}

/// The kinds an event can give, the one it is mainly about first.
pub fn kinds(event: &DomainEvent) -> &'static [Kind] {
    match event.event_type.as_str() {
        "MoneyDeposited" => &[Kind::Deposit, Kind::LargeAmount, Kind::ScheduleRun],
        "MoneyWithdrawn" => &[
            Kind::Withdrawal,
            Kind::LargeAmount,
            Kind::LowBalance,
            Kind::ScheduleRun,
        ],
        "TransactionReversed" => &[Kind::Reversal, Kind::LowBalance],
        ACCOUNT_OVERDRAWN => &[Kind::Overdrawn],
        "OperationSkipped" => &[Kind::ScheduleSkipped],
        "AccountClosed" => &[Kind::Security],
        _ => &[],
    }
}

/// What becomes of an event for a customer with these preferences.
///
/// A kind that the customer must ask for and did not ask for is not a
/// decision and leaves no trace; every other one does, with its reason.
pub fn decide(event: &DomainEvent, preferences: &Preferences) -> Result<Vec<Decision>, MoneyError> {
    let mut decisions = Vec::new();
    for &kind in kinds(event) {
        if !kind.is_on_by_default() && preferences.get(kind).is_none() {
            continue;
        }
        // A movement that no schedule has made says nothing of one.
        if kind == Kind::ScheduleRun && event.data.schedule_id.is_none() {
            continue;
        }
        let skip = skip(event, kind, preferences)?;
        decisions.push(Decision { kind, skip });
    }
    Ok(decisions)
}

/// The same without preferences, for whom nothing can be sent to.
pub fn skip_all(event: &DomainEvent, reason: SkipReason) -> Vec<Decision> {
    kinds(event)
        .iter()
        .filter(|kind| kind.is_on_by_default())
        .map(|&kind| Decision {
            kind,
            skip: Some(reason),
        })
        .collect()
}

fn skip(
    event: &DomainEvent,
    kind: Kind,
    preferences: &Preferences,
) -> Result<Option<SkipReason>, MoneyError> {
    if !preferences.is_on(kind) {
        return Ok(Some(SkipReason::PreferenceOff));
    }
    let Some(preference) = preferences.get(kind) else {
        return Ok(None);
    };
    if kind == Kind::LowBalance {
        // Whether it alerts depends on the account's past too: see `low_balance`.
        let crossed = match (preference.low_mark(event.data.currency), Step::of(event)?) {
            (Some(mark), Some(step)) => mark.is_crossed_by(&step),
            _ => false,
        };
        return Ok((!crossed).then_some(SkipReason::NotCrossed));
    }
    let amount = event
        .data
        .amount
        .as_deref()
        .map(|text| event.data.money(text))
        .transpose()?;
    let minimum = preference.min_amount.get(&event.data.currency);
    let below = match (amount, minimum) {
        (Some(amount), Some(minimum)) => amount.minor() < minimum.minor(),
        // A large amount is one above the mark that the customer has set.
        (_, None) => kind == Kind::LargeAmount,
        (None, Some(_)) => false,
    };
    Ok(below.then_some(SkipReason::BelowMinimum))
}
