//! Notifying: at most one mail for each notification, none forgotten, nobody
//! told who does not want to be, whatever dies at whatever step.

#![allow(
    clippy::unwrap_used,
    unreachable_pub,
    reason = "a test program: a panic is its failure, and no other crate uses it"
)]

mod background;
mod crashes;
mod digest;
mod due;
mod given;
mod imported;
mod links;
mod low_balance;
mod one_clock;
mod outage;
mod quiet;
mod recipients;
mod resend;
mod sending;
mod statement;
mod statement_zones;
mod suppressed;
mod together;
mod unreadable;
mod wishes;
