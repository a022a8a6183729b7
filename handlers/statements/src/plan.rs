//! The requests that append a statement to its account.
//!
//! To carry out a plan:
//!
//! 1. If the account does not exist, post [`Plan::opening`] with `If-Match: "0"`.
//! 2. Look up which keys the account's commits (`GET /accounts/{id}/commits`)
//!    have: those of [`Plan::steps`], and those of [`Plan::former`], each for
//!    one statement. If an entry is recorded under both, the former keys belong
//!    to another statement and count for nothing. A commit under a key must
//!    contain the same movements as the plan's entries.
//! 3. Post the steps that are not recorded ([`Plan::steps_without`]), each with
//!    `If-Match` and at a version whose balance agrees with the statement.
//! 4. Compare the balance after the last entry with [`Plan::expected_closing`].

use std::collections::BTreeSet;

use chrono::NaiveDate;
use domain::record::MAX_EVENTS;
use domain::{AccountId, CustomerId, Money, Occurred};

use crate::request::{Body, EventBody, EventContent, Movement, Request, reference_of};
use crate::reversal::ReversalStep;
use crate::{Direction, Entry, FormerRequest, Statement, former, identity, text};

/// One request of the plan, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Deposits and withdrawals of one day.
    Append(Request),
    /// An entry that reverses an earlier one.
    Reverse(Box<ReversalStep>),
}

impl Step {
    /// Returns the key under which the step is recorded once.
    pub fn idempotency_key(&self) -> &str {
        match self {
            Step::Append(request) => &request.idempotency_key,
            Step::Reverse(reversal) => &reversal.idempotency_key,
        }
    }

    /// Returns the indices of the plan's entries that it records.
    pub fn entries(&self) -> std::ops::Range<usize> {
        match self {
            Step::Append(request) => request.entries.clone(),
            Step::Reverse(reversal) => reversal.index..reversal.index + 1,
        }
    }
}

/// A remark about a part of the statement that the plan leaves out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// The line of the file.
    pub line: usize,
    /// The part and the reason.
    pub text: String,
}

/// The requests that append a statement to its account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// The account.
    pub account_id: AccountId,
    /// The statement's identity, which is part of every key.
    pub identity: String,
    /// The request that opens the account; posted only if it does not exist.
    pub opening: Request,
    /// The entries with an amount, oldest first.
    pub entries: Vec<Entry>,
    /// The requests for all entries.
    pub steps: Vec<Step>,
    /// The requests under which an earlier version may have recorded the entries.
    pub former: Vec<FormerRequest>,
    /// The account's balance before the first step, if the statement has one.
    pub expected_opening: Option<Money>,
    /// The account's balance after the last step, if the statement has one.
    pub expected_closing: Option<Money>,
    /// The parts of the statement that are left out.
    pub notes: Vec<Note>,
}

/// Plans the requests for a statement. Without a `customer`, the customer has
/// the same id as the account.
///
/// The same statement always results in the same requests with the same keys,
/// whatever file it was in.
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
    let (zero, mut moved): (Vec<&Entry>, Vec<&Entry>) = statement
        .entries
        .iter()
        .partition(|entry| entry.amount.minor() == 0);
    notes.extend(zero.iter().map(|entry| Note {
        line: entry.line,
        text: "an entry of zero moves nothing and is left out".to_owned(),
    }));
    notes.sort_by_key(|note| note.line);
    // Some banks write the newest entry first. Equal times keep the bank's order.
    moved.sort_by_key(|entry| entry.booked.at());
    let former = former::requests(statement, &moved);
    let mut plan = Plan {
        account_id: statement.account_id.clone(),
        opening: opening(statement, customer, &moved, &identity),
        entries: moved.into_iter().cloned().collect(),
        steps: Vec::new(),
        former,
        expected_opening: statement.opening.map(|balance| balance.amount),
        expected_closing: statement.closing.map(|balance| balance.amount),
        identity,
        notes,
    };
    plan.steps = plan.steps_without(&BTreeSet::new());
    plan
}

impl Plan {
    /// Returns the requests for the entries whose indices are not in `recorded`.
    ///
    /// No request spans two days: the day decides whether customers are
    /// notified, and the requests, and thus their keys, must not depend on that
    /// decision. Each reversal is a request of its own, because its event
    /// depends on the events that the account has by then.
    pub fn steps_without(&self, recorded: &BTreeSet<usize>) -> Vec<Step> {
        let mut steps = Vec::new();
        let mut begin = 0;
        while let Some(entry) = self.entries.get(begin) {
            if recorded.contains(&begin) {
                begin += 1;
                continue;
            }
            if entry.reversal {
                steps.push(Step::Reverse(Box::new(ReversalStep {
                    entry: entry.clone(),
                    idempotency_key: format!("import-2-{}-{}", self.identity, begin + 1),
                    index: begin,
                    reason: reference_of(entry),
                    otherwise: movement(entry),
                })));
                begin += 1;
                continue;
            }
            let day = booked_on(entry);
            let end = (begin..self.entries.len().min(begin + MAX_EVENTS))
                .find(|index| {
                    self.entries.get(*index).is_none_or(|entry| {
                        entry.reversal || booked_on(entry) != day || recorded.contains(index)
                    })
                })
                .unwrap_or(self.entries.len().min(begin + MAX_EVENTS));
            let batch = self.entries.get(begin..end).unwrap_or_default();
            steps.push(Step::Append(Request {
                idempotency_key: format!("import-2-{}-{}-{end}", self.identity, begin + 1),
                entries: begin..end,
                body: Body {
                    events: batch.iter().map(movement).collect(),
                    notify: true,
                },
            }));
            begin = end;
        }
        steps
    }
}

/// Returns the day on which the entry was booked; that of a time is in UTC.
pub fn booked_on(entry: &Entry) -> NaiveDate {
    entry.booked.at().date_naive()
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
    // A derived balance has no date of its own, and no entry may precede the opening.
    let first = moved.first().map(|entry| entry.booked);
    let dated = statement
        .opening
        .filter(|_| !statement.opening_derived)
        .map(|balance| Occurred::On(balance.date));
    let dated = dated
        .or(first)
        .or(statement.closing.map(|balance| Occurred::On(balance.date)));
    let occurred = dated
        .into_iter()
        .chain(first)
        .min_by_key(|occurred| occurred.at())
        .unwrap_or(Occurred::On(NaiveDate::default()));
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
        occurred: occurred.into(),
    };
    Request {
        idempotency_key: format!("import-2-{identity}-opening"),
        entries: 0..0,
        body: Body {
            events: vec![event],
            notify: true,
        },
    }
}

/// Returns the deposit or withdrawal of an entry.
pub fn movement(entry: &Entry) -> EventBody {
    let (reference, counterparty) = texts(entry);
    let movement = Movement {
        amount: entry.amount.to_decimal(),
        currency: entry.amount.currency().to_string(),
        channel: entry.code.as_deref().and_then(text::fit_channel),
        counterparty,
        reference,
        value_date: entry.value_date,
    };
    let content = match entry.direction {
        Direction::Credit => EventContent::MoneyDeposited(movement),
        Direction::Debit => EventContent::MoneyWithdrawn(movement),
    };
    EventBody {
        content,
        occurred: entry.booked.into(),
    }
}

/// Returns the `reference` and the `counterparty` of the entry's event.
pub fn texts(entry: &Entry) -> (Option<String>, Option<String>) {
    let counterparty = entry
        .counterparty
        .as_deref()
        .or(entry.counterparty_account.as_deref());
    (reference_of(entry), counterparty.and_then(text::fit_text))
}
