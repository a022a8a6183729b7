//! What the functions share: their clients, settings and errors. Each has a
//! thin main of its own in `bin/`.

pub mod clients;
mod failure;
pub mod headers;
pub mod path;
pub mod telemetry;

use std::time::{Duration, SystemTime};

pub use failure::Failure;
use lambda_runtime::Context;

/// How long the function may still run; none where that is over.
pub fn time_left(context: &Context) -> Duration {
    let left = context.deadline().duration_since(SystemTime::now());
    left.unwrap_or_default()
}
