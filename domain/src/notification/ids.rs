//! Deterministic ids: a notification always has the same one, so it is sent once. Another derivation would lead to a second
//! mail for each that was sent before.

use chrono::{DateTime, NaiveDate, Utc};
use uuid::Uuid;

use super::Kind;
use crate::recipient::Recipient;
use crate::time::format_time;
use crate::{AccountId, CustomerId, EventId, NotificationId, Version};

/// The only channel so far.
pub const EMAIL: &str = "email";

/// The namespaces of the ids of notifications that concern more than one event.
const DIGESTS: Uuid = Uuid::from_u128(0x6d8f_4c0e_2b0a_4f5e_9c37_51d2_a7e8_9b14);
const STATEMENTS: Uuid = Uuid::from_u128(0x1f2b_97a3_5e64_4d0c_8a9d_c340_6e5b_7f28);

/// Returns the id of a notification: the same event, kind, recipient and channel
/// always give the same one.
///
/// The customer's own address is not part of it, so that a changed address
/// does not make a second notification of the same event.
#[must_use]
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

/// Returns the id of the mail that covers several notifications of one event: one for each event and recipient.
///
/// What follows from an event, such as an overdrawn account, shares its version and so its mail.
#[must_use]
pub fn mail_id(
    account: &AccountId,
    version: Version,
    customer: &CustomerId,
    recipient: &Recipient,
    channel: &str,
) -> NotificationId {
    let event = EventId::new(account, version);
    let name = format!("mail\n{}\n{channel}", recipient.of(customer));
    NotificationId::derived(event.uuid(), &name)
}

/// Returns the id of a digest: one for each recipient and occurrence.
#[must_use]
pub fn digest_id(
    customer: &CustomerId,
    recipient: &Recipient,
    occurrence: DateTime<Utc>,
    channel: &str,
) -> NotificationId {
    let (to, at) = (recipient.of(customer), format_time(occurrence));
    NotificationId::derived(DIGESTS, &format!("{to}\n{at}\n{channel}"))
}

/// Returns the id of a statement: one for each account, month and recipient.
#[must_use]
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
