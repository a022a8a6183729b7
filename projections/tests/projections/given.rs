//! Histories to be read.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use domain::decision::{self, Context};
use domain::record::ProposedEvents;
use domain::{AccountId, Commit, Money};
use proptest::prelude::*;
use serde_json::{Value, json};

/// An account's opening happens and is recorded at this time.
pub fn start() -> DateTime<Utc> {
    "2026-11-22T10:00:00Z".parse().unwrap()
}

pub fn at(second: i64) -> DateTime<Utc> {
    start() + TimeDelta::seconds(second)
}

pub fn eur(minor: i64) -> Money {
    Money::from_minor(minor, "EUR".parse().unwrap())
}

/// Something reported: by how many cents it moves the balance, or the closing,
/// and at which second after the start it happened.
#[derive(Debug, Clone, Copy)]
pub struct Told {
    /// `None`: the account is closed.
    pub cents: Option<i64>,
    pub happened: i64,
}

impl Told {
    pub fn money(cents: i64, happened: i64) -> Self {
        Told {
            cents: Some(cents),
            happened,
        }
    }

    fn body(self) -> Value {
        let (event_type, data) = match self.cents {
            Some(cents) => {
                let event_type = if cents < 0 {
                    "MoneyWithdrawn"
                } else {
                    "MoneyDeposited"
                };
                let amount = eur(cents.abs()).to_decimal();
                (event_type, json!({ "amount": amount, "currency": "EUR" }))
            }
            None => ("AccountClosed", json!({})),
        };
        json!({ "type": event_type, "occurred_at": at(self.happened), "data": data })
    }
}

/// An account that is opened at the start with so much, and one commit for
/// each request, recorded at these seconds.
pub fn history(opened_with: i64, opened: i64, requests: &[(i64, Vec<Told>)]) -> Vec<Commit> {
    let opening = json!({
        "type": "AccountOpened", "occurred_at": at(opened),
        "data": {
            "customer_id": "CUST-42", "currency": "EUR", "overdraft_limit": "50.00",
            "opening_balance": eur(opened_with).to_decimal(),
        },
    });
    let mut commits = vec![commit(None, 0, &[opening])];
    for (recorded, told) in requests {
        let bodies: Vec<Value> = told.iter().map(|told| told.body()).collect();
        let next = commit(commits.last(), *recorded, &bodies);
        commits.push(next);
    }
    commits
}

fn commit(before: Option<&Commit>, recorded: i64, events: &[Value]) -> Commit {
    let account_id: AccountId = "ACC-1001".parse().unwrap();
    let version = before.map_or(0, Commit::last_version);
    let context = Context {
        account_id,
        recorded_at: at(recorded),
        source: "core-banking".to_owned(),
        correlation_id: format!("corr-{version}").parse().unwrap(),
        idempotency_key: format!("key-{version}").parse().unwrap(),
    };
    let proposed = ProposedEvents::read(json!({ "events": events })).unwrap();
    let head = before.map(Commit::head);
    decision::decide(head.as_ref(), &proposed, &BTreeMap::new(), context).unwrap()
}

/// Requests of any movements, told in order and often late.
pub fn requests() -> impl Strategy<Value = Vec<(i64, Vec<Told>)>> {
    let cents = prop_oneof![
        8 => (-10_000_i64..10_000).prop_map(|cents| Some(if cents == 0 { 1 } else { cents })),
        1 => Just(None),
    ];
    let told = (cents, -100_i64..100).prop_map(|(cents, happened)| Told { cents, happened });
    let request = (0_i64..20, prop::collection::vec(told, 1..4));
    prop::collection::vec(request, 0..8).prop_map(|mut requests| {
        let mut recorded = 0;
        for (later, _) in &mut requests {
            recorded += *later;
            *later = recorded;
        }
        requests
    })
}
