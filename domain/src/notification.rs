//! Notifications: which an event deserves, their ids, and why one is not sent.

mod rules;

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

pub use crate::notification_kind::{AmountField, Kind};
use crate::recipient::Recipient;
use crate::time::format_time;
use crate::{AccountId, CustomerId, EventId, NotificationId};
pub use rules::{Decision, decide, kinds, skip_all};

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
) -> NotificationId {
    let name = format!("{kind}\n{}\n{channel}", recipient.of(customer));
    NotificationId::derived(event_id.uuid(), &name)
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
) -> NotificationId {
    let (to, at) = (recipient.of(customer), format_time(occurrence));
    NotificationId::derived(DIGESTS, &format!("{to}\n{at}\n{channel}"))
}

/// The id of a statement: one for each account, month and recipient.
pub fn statement_id(
    account: &AccountId,
    first_day: NaiveDate,
    customer: &CustomerId,
    recipient: &Recipient,
    channel: &str,
) -> NotificationId {
    let name = format!(
        "{account}\n{first_day}\n{}\n{channel}",
        recipient.of(customer)
    );
    NotificationId::derived(STATEMENTS, &name)
}
