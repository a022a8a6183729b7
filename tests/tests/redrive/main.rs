//! Redriving: every envelope is understood, and twice is as good as once.

// Clippy knows test functions, not what they call.
#![allow(clippy::unwrap_used)]

mod envelopes;
mod given;
mod operators;
