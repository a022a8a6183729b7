//! Projecting: whatever order the stream has, however often it delivers, and
//! whatever dies in between.

#![allow(
    clippy::unwrap_used,
    unreachable_pub,
    reason = "a test program: a panic is its failure, and no other crate uses it"
)]

mod faults;
mod given;
mod parking;
mod streams;
