//! The requests of a plan, as the API takes them.

use std::ops::Range;

use chrono::NaiveDate;
use domain::CustomerId;
use serde::Serialize;

use crate::{Entry, text};

/// The body of `POST /v1/accounts/{account_id}/events`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Body {
    pub events: Vec<EventBody>,
    /// Whether customers are told of them; left out where they are.
    #[serde(skip_serializing_if = "is_told")]
    pub notify: bool,
}

fn is_told(notify: &bool) -> bool {
    *notify
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct EventBody {
    #[serde(flatten)]
    pub content: EventContent,
    /// RFC 3339 in UTC.
    pub occurred_at: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "type", content = "data")]
pub enum EventContent {
    AccountOpened {
        customer_id: CustomerId,
        currency: String,
        /// May be below zero: `-12.34`.
        opening_balance: String,
    },
    MoneyDeposited(Movement),
    MoneyWithdrawn(Movement),
    TransactionReversed {
        reverses: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
    },
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Movement {
    pub amount: String,
    pub currency: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub channel: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub counterparty: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value_date: Option<NaiveDate>,
}

/// A request and the key that makes it count once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    pub idempotency_key: String,
    /// The entries of the plan that it records: none for the opening.
    pub entries: Range<usize>,
    pub body: Body,
}

/// The `reference` of the event: what the payer wrote; if nothing, the
/// reference; if none, the bank's.
pub(crate) fn reference_of(entry: &Entry) -> Option<String> {
    [&entry.remittance, &entry.reference, &entry.bank_reference]
        .into_iter()
        .flatten()
        .find_map(|text| text::fit_text(text))
}
