//! Notifying: at most one mail for each notification, none forgotten, nobody
//! told who does not want to be, whatever dies at whatever step.

// Clippy knows test functions, not what they call.
#![allow(clippy::unwrap_used)]

mod crashes;
mod digest;
mod due;
mod given;
mod imported;
mod links;
mod low_balance;
mod one_clock;
mod outage;
mod quiet;
mod recipients;
mod resend;
mod sending;
mod statement;
mod statement_zones;
mod suppressed;
mod unreadable;
mod wishes;
