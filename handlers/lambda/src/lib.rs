//! What the functions share: their clients, settings and errors. Each has a
//! thin main of its own in `bin/`.

pub mod clients;
mod failure;
pub mod telemetry;

pub use failure::Failure;
