//! What the functions write of each hop, as they write it: the correlation id
//! in every line, the metrics in the lines, and nothing personal anywhere.

#![allow(
    clippy::unwrap_used,
    unreachable_pub,
    reason = "a test program: a panic is its failure, and no other crate uses it"
)]

mod alarms;
mod canary;
mod hops;
mod log;
mod metrics;
mod story;
mod use_cases;
