//! The real use cases of `handlers` on simulated services, from a seed: every
//! call may be refused, lost, late, doubled, or be its caller's last; messages
//! come twice and in no order; and after every step what was promised must hold.
//!
//! One thread, one queue of events, virtual time. The same seed takes the same
//! steps.

#![allow(
    missing_docs,
    clippy::missing_errors_doc,
    clippy::missing_panics_doc,
    unreachable_pub,
    reason = "only its own programs and tests use it"
)]

pub mod actors;
pub mod book;
pub mod bugs;
pub mod call;
mod checks;
pub mod clocks;
pub mod cloud;
mod ending;
pub mod faults;
pub mod kernel;
mod logs;
pub mod output;
pub mod ports;
mod progress;
pub mod report;
pub mod run;
