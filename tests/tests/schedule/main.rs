//! Scheduled operations: each occurrence once, whatever dies, comes twice or
//! comes late.

#![allow(
    clippy::unwrap_used,
    unreachable_pub,
    reason = "a test program: a panic is its failure, and no other crate uses it"
)]

mod changing;
mod crashes;
mod given;
mod parking;
mod running;
mod times;
