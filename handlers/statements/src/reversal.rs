//! Entries that reverse an earlier one.

use chrono::NaiveDate;
use domain::Money;

use crate::request::{Body, EventBody, EventContent, Request};
use crate::{Direction, Entry};

/// A movement of the account, as returned by the API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownEvent {
    /// The event's id.
    pub event_id: String,
    /// The effect on the balance: `MoneyDeposited` is a credit.
    pub direction: Direction,
    /// The amount.
    pub amount: Money,
    /// The reference.
    pub reference: Option<String>,
    /// The value date.
    pub value_date: Option<NaiveDate>,
    /// Whether another event reversed it already.
    pub reversed: bool,
}

/// The request for an entry that the bank marks as a reversal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReversalStep {
    /// The entry, whose original [`match_original`] finds.
    pub entry: Entry,
    /// The key under which the step is recorded once.
    pub idempotency_key: String,
    /// The entry's index in the plan.
    pub index: usize,
    /// The reason of the reversal, which customers see.
    pub reason: Option<String>,
    /// The opposite movement, used if the original is unknown.
    pub otherwise: EventBody,
}

impl ReversalStep {
    /// Returns the request: a `TransactionReversed` of the original, or, without
    /// one, the opposite movement.
    ///
    /// Both have the same key, so a repeated import recognises the entry even
    /// if the original has become known in the meantime.
    pub fn request(&self, original: Option<&str>) -> Request {
        let event = match original {
            Some(event_id) => EventBody {
                content: EventContent::TransactionReversed {
                    reverses: event_id.to_owned(),
                    reason: self.reason.clone(),
                },
                occurred: self.otherwise.occurred,
            },
            None => self.otherwise.clone(),
        };
        Request {
            idempotency_key: self.idempotency_key.clone(),
            entries: self.index..self.index + 1,
            body: Body {
                events: vec![event],
                notify: true,
            },
        }
    }
}

/// Returns the id of the event that this entry reverses, if there is no doubt.
///
/// The event moved the same amount in the other direction and is not reversed
/// yet. Of all such events it is the only one with the entry's reference or
/// text, or, if none has that, the only one with the entry's value date. A
/// single event of the same amount with neither is not enough.
pub fn match_original<'a>(entry: &Entry, known: &'a [KnownEvent]) -> Option<&'a str> {
    let candidates: Vec<&KnownEvent> = known
        .iter()
        .filter(|event| {
            !event.reversed
                && event.direction == entry.direction.opposite()
                && event.amount == entry.amount
        })
        .collect();
    let texts = [
        crate::request::reference_of(entry),
        entry.reference.clone(),
        entry.bank_reference.clone(),
    ];
    let same_text =
        |event: &KnownEvent| event.reference.is_some() && texts.contains(&event.reference);
    let same_date =
        |event: &KnownEvent| event.value_date.is_some() && event.value_date == entry.value_date;
    let by_text: Vec<&&KnownEvent> = candidates.iter().filter(|event| same_text(event)).collect();
    let found = match by_text.as_slice() {
        [] => candidates.iter().filter(|event| same_date(event)).collect(),
        [_] => by_text,
        _ => by_text
            .into_iter()
            .filter(|event| same_date(event))
            .collect(),
    };
    match found.as_slice() {
        [event] => Some(&event.event_id),
        _ => None,
    }
}
