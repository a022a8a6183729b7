//! The requests that bring a statement into an account.
//!
//! How a plan is carried out:
//!
//! 1. If the account does not exist, post [`Plan::opening`] with `If-Match: "0"`.
//! 2. If the account holds [`Plan::expected_opening`], or there is none, post the
//!    steps. Else the statement was imported before, or does not follow: post
//!    the first step with `If-Match: "0"`, which an existing account never
//!    meets. 200 or 422 means that the key is known: go on with the other steps
//!    (an import may have been interrupted). 412 means that the statement does
//!    not follow, and nothing was recorded.
//! 3. A 422 for a step means that it is there already, with another body.
//! 4. The account at the `last_version` of the last answer
//!    (`?as_of_version=`) must hold [`Plan::expected_closing`].

use chrono::{DateTime, SecondsFormat, Utc};
use domain::record::MAX_EVENTS;
use domain::{AccountId, CustomerId, Money};

use crate::request::{Body, EventBody, EventContent, Movement, Request, reference_of};
use crate::reversal::ReversalStep;
use crate::statement::midnight;
use crate::{Direction, Entry, Statement, identity, text};

/// One request of the plan, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Deposits and withdrawals.
    Append(Request),
    /// One entry that takes back another.
    Reverse(Box<ReversalStep>),
}

/// Something in the statement that is not in the plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// The line of the file.
    pub line: usize,
    pub text: String,
}

/// How a statement is brought into its account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    pub account_id: AccountId,
    /// The statement's identity, of which all keys are made.
    pub identity: String,
    /// To be posted when the account does not exist, and not otherwise.
    pub opening: Request,
    /// Oldest first.
    pub steps: Vec<Step>,
    /// What the account must hold before the first step, if the statement says.
    pub expected_opening: Option<Money>,
    /// What the account must hold after the last step, if the statement says.
    pub expected_closing: Option<Money>,
    /// How many events the steps append.
    pub events: usize,
    pub notes: Vec<Note>,
}

/// The requests to make for a statement. Without `customer` the customer's id
/// is the account's.
///
/// A statement that was planned twice gives the same requests with the same
/// keys, whatever file it was in.
pub fn plan(statement: &Statement, customer: Option<&CustomerId>) -> Plan {
    let identity = identity::identity(statement);
    let mut notes: Vec<Note> = statement
        .left_out
        .iter()
        .map(|left_out| Note {
            line: left_out.line,
            text: left_out.reason.clone(),
        })
        .collect();
    let (zero, moved): (Vec<&Entry>, Vec<&Entry>) = statement
        .entries
        .iter()
        .partition(|entry| entry.amount.minor() == 0);
    notes.extend(zero.iter().map(|entry| Note {
        line: entry.line,
        text: "an entry of zero moves nothing and is left out".to_owned(),
    }));
    notes.sort_by_key(|note| note.line);
    let mut moved = moved;
    // Some banks write the newest entry first. Equal times keep the bank's order.
    moved.sort_by_key(|entry| entry.booked_at);
    Plan {
        account_id: statement.account_id.clone(),
        opening: opening(statement, customer, &moved, &identity),
        events: moved.len(),
        steps: steps(&moved, &identity),
        expected_opening: statement.opening.map(|balance| balance.amount),
        expected_closing: statement.closing.map(|balance| balance.amount),
        identity,
        notes,
    }
}

fn opening(
    statement: &Statement,
    customer: Option<&CustomerId>,
    moved: &[&Entry],
    identity: &str,
) -> Request {
    let opening = statement
        .opening
        .map_or(Money::zero(statement.currency), |balance| balance.amount);
    // A derived balance has no date of its own, and no entry may come before the opening.
    let first = moved.first().map(|entry| entry.booked_at);
    let dated = statement
        .opening
        .filter(|_| !statement.opening_derived)
        .map(|balance| midnight(balance.date));
    let dated = dated
        .or(first)
        .or(statement.closing.map(|balance| midnight(balance.date)));
    let occurred_at = dated.into_iter().chain(first).min().unwrap_or_default();
    let account = statement.account_id.as_str();
    // Both ids have the same alphabet and length.
    let own = || {
        account
            .parse()
            .expect("an account id is also a customer id")
    };
    let content = EventContent::AccountOpened {
        customer_id: customer.cloned().unwrap_or_else(own),
        currency: statement.currency.to_string(),
        opening_balance: opening.to_decimal(),
    };
    let event = EventBody {
        content,
        occurred_at: rfc3339(occurred_at),
    };
    Request {
        idempotency_key: format!("import-{identity}-opening"),
        body: Body {
            events: vec![event],
        },
    }
}

/// Batches as large as the API takes; each reversal is a step of its own,
/// because what it is depends on what the account has by then.
fn steps(entries: &[&Entry], identity: &str) -> Vec<Step> {
    let mut steps = Vec::new();
    let mut batch: Vec<EventBody> = Vec::new();
    let mut first = 1;
    for (entry, number) in entries.iter().zip(1_usize..) {
        if entry.reversal {
            flush(&mut batch, &mut steps, first, identity);
            first = number + 1;
            steps.push(Step::Reverse(Box::new(ReversalStep {
                entry: (*entry).clone(),
                idempotency_key: format!("import-{identity}-{number}"),
                reason: reference_of(entry),
                otherwise: movement(entry),
            })));
            continue;
        }
        batch.push(movement(entry));
        if batch.len() == MAX_EVENTS {
            flush(&mut batch, &mut steps, first, identity);
            first = number + 1;
        }
    }
    flush(&mut batch, &mut steps, first, identity);
    steps
}

fn flush(batch: &mut Vec<EventBody>, steps: &mut Vec<Step>, first: usize, identity: &str) {
    if batch.is_empty() {
        return;
    }
    let last = first + batch.len() - 1;
    let events = std::mem::take(batch);
    let idempotency_key = format!("import-{identity}-{first}-{last}");
    steps.push(Step::Append(Request {
        idempotency_key,
        body: Body { events },
    }));
}

fn movement(entry: &Entry) -> EventBody {
    let counterparty = entry
        .counterparty
        .as_deref()
        .or(entry.counterparty_account.as_deref());
    let movement = Movement {
        amount: entry.amount.to_decimal(),
        currency: entry.amount.currency().to_string(),
        channel: entry.code.as_deref().and_then(text::fit_channel),
        counterparty: counterparty.and_then(text::fit_text),
        reference: reference_of(entry),
        value_date: entry.value_date,
    };
    let content = match entry.direction {
        Direction::Credit => EventContent::MoneyDeposited(movement),
        Direction::Debit => EventContent::MoneyWithdrawn(movement),
    };
    EventBody {
        content,
        occurred_at: rfc3339(entry.booked_at),
    }
}

fn rfc3339(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::AutoSi, true)
}
