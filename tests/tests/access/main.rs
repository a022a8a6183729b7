//! Who may do what, told without deploying: the callers' policies, the tables' own, and the functions' roles.

#![allow(
    clippy::unwrap_used,
    unreachable_pub,
    reason = "a test ends where something is not as expected"
)]

mod callers;
mod calls;
mod evaluated;
mod evaluator;
mod history;
mod policy;
