//! Exports as files: each event once, whatever happens on the way, in columns
//! that stay as they are; and every tampering found.

#![allow(
    clippy::unwrap_used,
    unreachable_pub,
    reason = "a test program: a panic is its failure, and no other crate uses it"
)]

mod columns;
mod edges;
mod exactness;
mod tampering;
