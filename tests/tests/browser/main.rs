//! The console in a real Chromium: what a person sees, and can do with mouse or keyboard.

#![allow(
    clippy::unwrap_used,
    unreachable_pub,
    reason = "a test program: a panic is its failure, and no other crate uses it"
)]

mod accessibility;
mod budgets;
mod charts;
mod clerk;
mod deployed_stack;
mod finding;
mod given;
mod imports;
mod keyboard;
mod live;
mod mailbox;
mod operators;
mod screens;
mod signing_stub;
mod tasks;
mod unknown;
mod unsubscribing;
