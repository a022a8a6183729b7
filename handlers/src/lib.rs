//! The ways in, as use cases, and the ports that they need.

pub mod append;
pub mod composition;
mod contention;
pub mod customers;
pub mod dead_letter;
pub mod error;
pub mod feedback;
pub mod http;
pub mod keyring;
pub mod mail_code;
pub mod notify;
pub mod ports;
pub mod project;
pub mod query;
pub mod redrive;
pub mod replay;
pub mod rotate;
pub mod schedule;
pub mod suppressions;
pub mod telemetry;
pub mod unsubscribe;
pub mod verify;

pub use error::{Error, Result};
