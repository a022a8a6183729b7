//! Entries that take back an earlier one.

use chrono::NaiveDate;
use domain::Money;

use crate::request::{Body, EventBody, EventContent, Request};
use crate::{Direction, Entry};

/// A movement that the account has already, as the API told it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownEvent {
    pub event_id: String,
    /// What it did: `MoneyDeposited` is a credit.
    pub direction: Direction,
    pub amount: Money,
    pub reference: Option<String>,
    pub value_date: Option<NaiveDate>,
    /// Another event reversed it already.
    pub reversed: bool,
}

/// An entry that the bank marks as a reversal, and how to append it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReversalStep {
    /// The entry, to be matched with [`match_original`].
    pub entry: Entry,
    pub idempotency_key: String,
    /// The entry's place in the plan.
    pub index: usize,
    pub reason: Option<String>,
    /// The opposite movement, for when the original is not known.
    pub otherwise: EventBody,
}

impl ReversalStep {
    /// The request: a `TransactionReversed` of the original, or else the
    /// opposite movement.
    ///
    /// The key is the same for both: an import that is repeated finds the entry
    /// by it, also where by then more is known of the original.
    pub fn request(&self, original: Option<&str>) -> Request {
        let event = match original {
            Some(event_id) => EventBody {
                content: EventContent::TransactionReversed {
                    reverses: event_id.to_owned(),
                    reason: self.reason.clone(),
                },
                occurred_at: self.otherwise.occurred_at.clone(),
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

/// The event that this entry takes back, if there is no doubt.
///
/// It moved the same amount in the other direction and was not reversed
/// before; and it is the only one of these with the entry's reference or text,
/// or, when none has that, the only one with the entry's value date. A lone
/// event of the same amount, with neither, is not enough.
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
