//! The rules: which notifications an event deserves.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::integration_event::{ACCOUNT_OVERDRAWN, IntegrationEvent};
use crate::low_balance::Step;
use crate::money::MoneyError;
pub use crate::notification_kind::{AmountField, Kind};
use crate::preferences::{KindPreference, Preferences};
use crate::recipient::Recipient;
use crate::time::format_time;
use crate::{AccountId, CustomerId, EventId};

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
    /// The event is history that was loaded, of which nobody is told.
    Imported,
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
            SkipReason::Imported => "imported",
        }
    }
}

/// A notification that was considered, and what came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    pub kind: Kind,
    pub recipient: Recipient,
    /// `None`: it is to be sent.
    pub skip: Option<SkipReason>,
}

/// The channel that there is today.
pub const EMAIL: &str = "email";

/// The id of a notification: the same event, kind, recipient and channel
/// always give the same one, and so it is told once.
///
/// The customer's own address is not part of it, so that a changed address
/// does not make a second notification of the same event.
pub fn notification_id(
    event_id: EventId,
    kind: Kind,
    customer: &CustomerId,
    recipient: &Recipient,
    channel: &str,
) -> Uuid {
    let name = format!("{kind}\n{}\n{channel}", recipient.of(customer));
    Uuid::new_v5(&event_id.uuid(), name.as_bytes())
}

/// What the ids of notifications are made under that are of no one event.
const DIGESTS: Uuid = Uuid::from_u128(0x6d8f_4c0e_2b0a_4f5e_9c37_51d2_a7e8_9b14);
const STATEMENTS: Uuid = Uuid::from_u128(0x1f2b_97a3_5e64_4d0c_8a9d_c340_6e5b_7f28);

/// The id of a digest: one for each recipient and occurrence.
pub fn digest_id(
    customer: &CustomerId,
    recipient: &Recipient,
    occurrence: DateTime<Utc>,
    channel: &str,
) -> Uuid {
    let (to, at) = (recipient.of(customer), format_time(occurrence));
    Uuid::new_v5(&DIGESTS, format!("{to}\n{at}\n{channel}").as_bytes())
}

/// The id of a statement: one for each account, month and recipient.
pub fn statement_id(
    account: &AccountId,
    first_day: NaiveDate,
    customer: &CustomerId,
    recipient: &Recipient,
    channel: &str,
) -> Uuid {
    let name = format!(
        "{account}\n{first_day}\n{}\n{channel}",
        recipient.of(customer)
    );
    Uuid::new_v5(&STATEMENTS, name.as_bytes())
}

/// The kinds an event can give, the one it is mainly about first.
pub fn kinds(event: &IntegrationEvent) -> &'static [Kind] {
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

/// What becomes of an event for a customer with these preferences: what the
/// customer's own address gets first, then each further one.
///
/// A kind that the customer must ask for and did not ask for is not a
/// decision and leaves no trace; every other one does, with its reason.
pub fn decide(
    event: &IntegrationEvent,
    preferences: &Preferences,
) -> Result<Vec<Decision>, MoneyError> {
    let mut decisions = Vec::new();
    let further = preferences.addresses().iter().map(|address| {
        let recipient = Recipient::Address(address.hash());
        (recipient, Some(&address.kinds))
    });
    for (recipient, named) in std::iter::once((Recipient::Customer, None)).chain(further) {
        for &kind in kinds(event) {
            let considered = match named {
                None => kind.is_on_by_default() || preferences.get(kind).is_some(),
                Some(kinds) => kinds.contains(&kind),
            };
            // A movement that no schedule has made says nothing of one.
            let unscheduled = kind == Kind::ScheduleRun && event.data.schedule_id.is_none();
            if !considered || unscheduled {
                continue;
            }
            let skip = match preferences.is_on_for(kind, &recipient) {
                true => skip(event, kind, preferences)?,
                false => Some(SkipReason::PreferenceOff),
            };
            let recipient = recipient.clone();
            decisions.push(Decision {
                kind,
                recipient,
                skip,
            });
        }
    }
    Ok(decisions)
}

/// The same without preferences, for whom nothing can be sent to.
pub fn skip_all(event: &IntegrationEvent, reason: SkipReason) -> Vec<Decision> {
    kinds(event)
        .iter()
        .filter(|kind| kind.is_on_by_default())
        .map(|&kind| Decision {
            kind,
            recipient: Recipient::Customer,
            skip: Some(reason),
        })
        .collect()
}

/// Why a kind that goes to somebody does not this time.
fn skip(
    event: &IntegrationEvent,
    kind: Kind,
    preferences: &Preferences,
) -> Result<Option<SkipReason>, MoneyError> {
    // A further address may be told of what the customer has said nothing about.
    let nothing = KindPreference::default();
    let preference = preferences.get(kind).unwrap_or(&nothing);
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
