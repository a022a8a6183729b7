//! The binary from outside: its commands, on a server of its own.
#![allow(
    clippy::unwrap_used,
    clippy::float_arithmetic,
    unreachable_pub,
    reason = "a test program: a panic is its failure, and no other crate uses it"
)]

mod accounts;
mod cost;
mod customers;
mod erasure;
mod export;
mod flags;
mod help;
mod import;
mod import_identity;
mod import_notify;
mod load;
mod notifications;
mod output;
mod preview;
mod private;
mod questions;
mod running;
mod serve;
mod what_if;
