//! Scheduled operations: each occurrence once, whatever dies, comes twice or
//! comes late.

// Clippy knows test functions, not what they call.
#![allow(clippy::unwrap_used)]

mod changing;
mod crashes;
mod given;
mod parking;
mod running;
mod times;
