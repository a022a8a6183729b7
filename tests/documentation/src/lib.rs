//! Keeps the documentation true: its links, paths, commands, numbers and decisions. `cargo test -p documentation`.

// A failure here is a failure of the test.
#![allow(clippy::unwrap_used)]
#![cfg(test)]

mod decisions;
mod limits;
mod links;
mod numbers;
mod pages;
mod source;
mod words;
