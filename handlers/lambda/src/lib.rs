//! The functions on AWS Lambda. Each has a thin main in `bin/`; this library has their clients, settings, errors and log.
//!
//! A main composes its use case from [`clients::Clients`], starts the log with [`telemetry::start`], and passes each event on:
//! to the router of `handlers` for requests, to a use case for all others. A use case's error becomes a [`Failure`], with
//! which Lambda repeats the invocation or writes a dead letter.

pub mod clients;
mod failure;
pub mod headers;
pub mod path;
pub mod telemetry;

use std::time::{Duration, SystemTime};

pub use failure::Failure;
use lambda_runtime::Context;

/// Returns how long the invocation may still run; zero after its deadline.
pub fn time_left(context: &Context) -> Duration {
    let left = context.deadline().duration_since(SystemTime::now());
    left.unwrap_or_default()
}
