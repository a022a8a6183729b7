//! Appending: once for each key, in versions without a gap, by any writer.

// Clippy knows test functions, not what they call.
#![allow(clippy::unwrap_used)]

mod given;
mod idempotency;
mod one_clock;
mod recorded_time;
mod versions;
