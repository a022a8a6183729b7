//! What the use cases cost, counted and held: round trips, capacity units, writes, rows read. Counts do not depend on the
//! machine. Each check is a function that answers with what it counted, or with what was too much; so that a bug that is
//! planted can be seen to be caught.
#![allow(
    clippy::unwrap_used,
    unreachable_pub,
    reason = "a test program: a panic is its failure, and no other crate uses it"
)]

mod append;
mod bank;
mod kept_counts;
#[path = "../telemetry/log.rs"]
mod log;
mod notify;
mod planted;
mod project;
mod spent;
mod stream;
