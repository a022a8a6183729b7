//! Redriving: every envelope is understood, and a redrive is idempotent.

#![allow(
    clippy::unwrap_used,
    unreachable_pub,
    reason = "a test program: a panic is its failure, and no other crate uses it"
)]

mod envelopes;
mod given;
mod operators;
