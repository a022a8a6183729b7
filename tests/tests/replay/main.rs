//! Replaying: the same state from the events alone, and events again for one
//! consumer. Never a mail.

#![allow(
    clippy::unwrap_used,
    unreachable_pub,
    reason = "a test program: a panic is its failure, and no other crate uses it"
)]

mod events;
mod given;
mod interruptions;
mod listing;
mod projections;
mod requests;
mod stopping;
mod switching_back;
