//! Keeps the documentation true: its links, paths, commands, numbers and decisions. `cargo test -p documentation`.

#![allow(
    clippy::unwrap_used,
    unreachable_pub,
    reason = "tests only: a panic is their failure"
)]
#![cfg(test)]

mod decisions;
mod limits;
mod links;
mod numbers;
mod pages;
mod shell;
mod source;
mod words;
