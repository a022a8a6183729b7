//! Folding an account's events, with nothing around it.

use std::hint::black_box;

use domain::account::Account;
use domain::event::Event;
use serde_json::json;

use super::{Effort, Found, cpu, spread};

const WANTED: f64 = 5e6;
const ROUNDS: usize = 9;

pub(super) fn measure(effort: Effort) -> Found {
    let events = events(1_000);
    let repeats = effort.of(2_000);
    let rates = (0..ROUNDS)
        .map(|_| {
            let took = cpu::time_of(|| {
                for _ in 0..repeats {
                    black_box(folded(black_box(&events)));
                }
            });
            f64::from(repeats) * 1_000.0 / took.as_secs_f64()
        })
        .collect();
    let (middle, least, most) = spread(rates);
    Found {
        goals: vec![json!({
            "goal": "pure fold of an account, events a second of a core",
            "wanted": ">= 5 M",
            "measured": format!("{:.1} M ({:.1} to {:.1})", middle / 1e6, least / 1e6, most / 1e6),
            "ratio": middle / WANTED,
            "met": middle >= WANTED,
        })],
        ..Found::default()
    }
}

fn folded(events: &[Event]) -> Option<Account> {
    events.iter().fold(None, |account, event| {
        Some(Account::apply(account, event).expect("they follow from one another"))
    })
}

/// An opening, then deposits and withdrawals by turns.
fn events(count: u32) -> Vec<Event> {
    let opening = json!({ "customer_id": "ana", "currency": "EUR", "overdraft_limit": "0.00", "opening_balance": "0.00" });
    let moved = json!({ "amount": "2.00", "currency": "EUR" });
    let mut events = vec![read("AccountOpened", &opening)];
    events.extend((1..count).map(|number| match number % 2 {
        0 => read("MoneyWithdrawn", &moved),
        _ => read("MoneyDeposited", &moved),
    }));
    events
}

fn read(event_type: &str, data: &serde_json::Value) -> Event {
    Event::from_stored(event_type, 1, data).expect("a stored event")
}
