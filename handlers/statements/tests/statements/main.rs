//! Statements of banks, real and made up, from a file to the events that they come to.
#![allow(
    clippy::unwrap_used,
    unreachable_pub,
    reason = "a test program: a panic is its failure, and no other crate uses it"
)]

mod arbitrary;
mod banks;
mod files;
mod golden;
mod planning;
mod refusals;
