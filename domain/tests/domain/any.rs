//! Anything that can be: currencies, texts, events, and what a bank may report.

use chrono::NaiveDate;
use domain::event::{Movement, MovementKind, Opening, Reversal};
use domain::{Currency, Event, EventId, Money};
use proptest::prelude::*;

use crate::given::account_id;

/// Without, with two and with three and four digits behind the point.
pub fn currency() -> impl Strategy<Value = Currency> {
    prop::sample::select(vec!["EUR", "USD", "JPY", "BHD", "CLF"])
        .prop_map(|code| code.parse().unwrap())
}

/// Any count of minor units, often a small one or one at the ends of the range.
pub fn minor() -> impl Strategy<Value = i64> {
    prop_oneof![
        4 => -10_000_i64..10_000,
        2 => any::<i64>(),
        1 => (0_i64..10).prop_map(|less| i64::MAX - less),
        1 => (0_i64..10).prop_map(|more| i64::MIN + more),
    ]
}

/// More than zero.
pub fn moved() -> impl Strategy<Value = i64> {
    minor().prop_map(|minor| minor.checked_abs().unwrap_or(i64::MAX).max(1))
}

pub fn event_id() -> impl Strategy<Value = EventId> {
    (1_u64..1 << 48).prop_map(|version| EventId::new(&account_id(), version))
}

/// Any text that an event can keep.
fn text(max_chars: usize) -> impl Strategy<Value = Option<String>> {
    let text = prop::collection::vec(
        any::<char>().prop_filter("no control characters", |c| !c.is_control()),
        1..=max_chars,
    );
    prop::option::of(text.prop_map(String::from_iter))
}

fn day() -> impl Strategy<Value = Option<NaiveDate>> {
    let first = NaiveDate::from_ymd_opt(1, 1, 1).unwrap();
    let days = (0_u64..3_600_000).prop_map(move |days| first + chrono::Days::new(days));
    prop::option::of(days)
}

fn movement() -> impl Strategy<Value = Movement> {
    (currency(), moved(), text(32), text(140), text(140), day()).prop_map(
        |(currency, minor, channel, counterparty, reference, value_date)| Movement {
            amount: Money::from_minor(minor, currency),
            channel,
            counterparty,
            reference,
            value_date,
            scheduled: None,
        },
    )
}

fn opening() -> impl Strategy<Value = Opening> {
    (
        "[A-Za-z0-9][A-Za-z0-9._:-]{0,63}",
        currency(),
        moved(),
        minor(),
    )
        .prop_map(|(customer, currency, limit, balance)| Opening {
            customer_id: customer.parse().unwrap(),
            currency,
            overdraft_limit: Money::from_minor(limit - 1, currency),
            opening_balance: Money::from_minor(balance, currency),
        })
}

fn reversal() -> impl Strategy<Value = Reversal> {
    let kind = prop_oneof![Just(MovementKind::Deposit), Just(MovementKind::Withdrawal)];
    (event_id(), text(140), kind, currency(), moved()).prop_map(
        |(reverses, reason, movement, currency, minor)| Reversal {
            reverses,
            reason,
            movement,
            amount: Money::from_minor(minor, currency),
        },
    )
}

pub fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        opening().prop_map(Event::AccountOpened),
        movement().prop_map(Event::MoneyDeposited),
        movement().prop_map(Event::MoneyWithdrawn),
        reversal().prop_map(Event::TransactionReversed),
        Just(Event::AccountClosed),
    ]
}

/// What a bank may report of an open account.
#[derive(Debug, Clone, Copy)]
pub enum Report {
    Deposit(i64),
    Withdrawal(i64),
    /// Of one of the versions up to now, or of one too many.
    Reversal(prop::sample::Index),
    Closing,
}

fn report() -> impl Strategy<Value = Report> {
    prop_oneof![
        4 => moved().prop_map(Report::Deposit),
        4 => moved().prop_map(Report::Withdrawal),
        3 => any::<prop::sample::Index>().prop_map(Report::Reversal),
        1 => Just(Report::Closing),
    ]
}

/// Requests after the opening, each of some reports.
pub fn requests() -> impl Strategy<Value = Vec<Vec<Report>>> {
    prop::collection::vec(prop::collection::vec(report(), 1..4), 0..12)
}
