//! The requests of a plan, in the shape of the HTTP API.

use std::ops::Range;

use chrono::{DateTime, NaiveDate, Utc};
use domain::{CustomerId, Occurred};
use serde::Serialize;

use crate::{Entry, text};

/// The body of `POST /v1/accounts/{account_id}/events`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Body {
    /// The events of the commit.
    pub events: Vec<EventBody>,
    /// Whether customers are notified; the API's default, `true`, is omitted.
    #[serde(skip_serializing_if = "is_default_notify")]
    pub notify: bool,
}

fn is_default_notify(notify: &bool) -> bool {
    *notify
}

/// An event in a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct EventBody {
    /// The type and the data.
    #[serde(flatten)]
    pub content: EventContent,
    /// When the bank booked it.
    #[serde(flatten)]
    pub occurred: OccurredBody,
}

/// When an event occurred, as its request has it: one member of two.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum OccurredBody {
    /// At a time, as RFC 3339 in UTC.
    #[serde(rename = "occurred_at")]
    At(DateTime<Utc>),
    /// On a date; the bank states no time.
    #[serde(rename = "occurred_on")]
    On(NaiveDate),
}

impl From<Occurred> for OccurredBody {
    fn from(occurred: Occurred) -> Self {
        match occurred {
            Occurred::At(time) => OccurredBody::At(time),
            Occurred::On(date) => OccurredBody::On(date),
        }
    }
}

/// The type and the data of an event in a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "type", content = "data")]
pub enum EventContent {
    /// The account was opened.
    AccountOpened {
        /// The owner.
        customer_id: CustomerId,
        /// The ISO 4217 code.
        currency: String,
        /// The balance as a decimal, which may be below zero: `-12.34`.
        opening_balance: String,
    },
    /// The balance rose.
    MoneyDeposited(Movement),
    /// The balance fell.
    MoneyWithdrawn(Movement),
    /// An earlier movement was reversed.
    TransactionReversed {
        /// The id of the reversed event.
        reverses: String,
        /// The reason, which customers see.
        #[serde(skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
    },
}

/// The data of a deposit or withdrawal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Movement {
    /// The amount as a decimal, above zero.
    pub amount: String,
    /// The ISO 4217 code.
    pub currency: String,
    /// The bank's code for this kind of movement.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub channel: Option<String>,
    /// The name of the other side, or else its account.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub counterparty: Option<String>,
    /// The payer's text, or else a reference.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// The day from which the movement counts for interest.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value_date: Option<NaiveDate>,
}

/// A request with its idempotency key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// The key under which the request is recorded once.
    pub idempotency_key: String,
    /// The indices of the plan's entries that it records: none for the opening.
    pub entries: Range<usize>,
    /// The body.
    pub body: Body,
}

/// Returns the `reference` of the event: the payer's text, or else the
/// customer's reference, or else the bank's.
pub(crate) fn reference_of(entry: &Entry) -> Option<String> {
    [&entry.remittance, &entry.reference, &entry.bank_reference]
        .into_iter()
        .flatten()
        .find_map(|text| text::fit_text(text))
}
