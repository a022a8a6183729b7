//! The projections from outside: a history, and what is read of it.

#![allow(
    clippy::unwrap_used,
    unreachable_pub,
    reason = "a test program: a panic is its failure, and no other crate uses it"
)]

mod as_of;
mod balance;
mod control_totals;
mod given;
