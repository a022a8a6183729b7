//! The projections from outside: a history, and what is read of it.

// Clippy knows test functions, not what they call.
#![allow(clippy::unwrap_used)]

mod as_of;
mod balance;
mod control_totals;
mod given;
