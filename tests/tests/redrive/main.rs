//! Redriving: every envelope is understood, and a redrive is idempotent.

// Clippy knows test functions, not what they call.
#![allow(clippy::unwrap_used)]

mod envelopes;
mod given;
mod operators;
