//! Appending: once for each key, in versions without a gap, by any writer.

#![allow(
    clippy::unwrap_used,
    unreachable_pub,
    reason = "a test program: a panic is its failure, and no other crate uses it"
)]

mod given;
mod idempotency;
mod one_clock;
mod recorded_time;
mod versions;
mod waits;
