//! A history at the ends of what was ever taken: moments that most calendars
//! do not have, and balances of which three make more than 64 bits.

use chrono::{DateTime, Utc};
use domain::decision::{Context, decide};
use domain::event::Movement;
use domain::record::{ProposedContent, ProposedEvent, ProposedEvents};
use domain::{Commit, Event, Head, Money, Occurred};
use serde_json::json;

use super::History;

/// Moments that earlier versions took from callers.
const MOMENTS: [&str; 4] = [
    "2016-12-31T23:59:60.123456789Z",
    "2026-11-22T10:00:60Z",
    "0000-01-01T00:00:00Z",
    "0000-12-31T23:59:59.999999999Z",
];
/// And dates.
const DATES: [&str; 4] = ["0000-01-01", "0000-12-31", "0001-01-01", "9999-12-31"];

/// # Panics
/// Where the domain refuses what it stored once.
#[must_use]
pub fn edges() -> History {
    let mut commits = Vec::new();
    for (number, minor) in [i64::MIN, i64::MAX].repeat(3).into_iter().enumerate() {
        for currency in ["EUR", "JPY"] {
            let account = format!("ACC-{currency}-{number}");
            let balance = money(minor, currency).to_decimal();
            let opening = json!({ "type": "AccountOpened", "occurred_at": "2026-11-22T10:00:00Z",
                "data": { "customer_id": "ana", "currency": currency, "opening_balance": balance } });
            let opening = ProposedEvents::read(json!({ "events": [opening] })).expect("an opening");
            commits.push(commit(&account, None, &opening, commits.len()));
        }
    }
    for (moment, date) in MOMENTS.into_iter().zip(DATES) {
        let deposit = Event::MoneyDeposited(Movement {
            amount: money(1, "EUR"),
            channel: None,
            counterparty: None,
            reference: Some("\u{fdd0} \u{10ffff} e\u{301} 東京".to_owned()),
            value_date: Some(date.parse().expect("a date")),
            scheduled: None,
        });
        let proposed = ProposedEvents::of(vec![ProposedEvent {
            occurred: Occurred::At(moment.parse().expect("a moment")),
            content: ProposedContent::Event(deposit),
        }]);
        let head = commits
            .iter()
            .rev()
            .find(|commit: &&Commit| commit.account_id.as_str() == "ACC-EUR-0");
        let head = head.map(Commit::head);
        commits.push(commit("ACC-EUR-0", head.as_ref(), &proposed, commits.len()));
    }
    History {
        until: at(commits.len()),
        commits,
    }
}

fn money(minor: i64, currency: &str) -> Money {
    Money::from_minor(minor, currency.parse().expect("a currency"))
}

fn at(number: usize) -> DateTime<Utc> {
    let start: DateTime<Utc> = "2026-11-22T12:00:00Z".parse().expect("a time");
    start + chrono::TimeDelta::seconds(i64::try_from(number).unwrap_or(0))
}

fn commit(account: &str, head: Option<&Head>, reports: &ProposedEvents, number: usize) -> Commit {
    let context = Context {
        account_id: account.parse().expect("an account id"),
        recorded_at: at(number),
        source: "core-banking".to_owned(),
        correlation_id: format!("corr-{number}").parse().expect("an id"),
        idempotency_key: format!("key-{number}").parse().expect("a key"),
    };
    decide(head, reports, &Default::default(), context).expect("a commit")
}
