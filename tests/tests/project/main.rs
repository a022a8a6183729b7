//! Projecting: whatever order the stream has, however often it delivers, and
//! whatever dies in between.

// Clippy knows test functions, not what they call.
#![allow(clippy::unwrap_used)]

mod faults;
mod given;
mod parking;
mod streams;
