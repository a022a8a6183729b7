//! What the functions write of each hop, as they write it: the correlation id
//! in every line, the metrics in the lines, and nothing personal anywhere.

#![allow(clippy::unwrap_used)]

mod alarms;
mod canary;
mod hops;
mod log;
mod metrics;
mod story;
