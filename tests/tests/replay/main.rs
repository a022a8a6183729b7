//! Replaying: the same state from the events alone, and events again for one
//! consumer. Never a mail.

// Clippy knows test functions, not what they call.
#![allow(clippy::unwrap_used)]

mod events;
mod given;
mod interruptions;
mod projections;
mod stopping;
mod switching_back;
