//! The domain from outside: what was recorded before, what is reported, and
//! what follows.

#![allow(
    clippy::unwrap_used,
    unreachable_pub,
    reason = "a test program: a panic is its failure, and no other crate uses it"
)]

mod account;
mod any;
mod bus_events;
mod bus_reading;
mod chain;
mod digests;
mod fold;
mod given;
mod limits;
mod low_balance;
mod money;
mod notification_given;
mod notification_rules;
mod notification_steps;
mod notification_stored;
mod notification_transitions;
mod provider_reports;
mod reversals;
mod scheduled;
mod schedules;
mod spellings;
mod stored_events;
mod upcasting;
mod verdicts;
mod waiting;
mod wishes;
