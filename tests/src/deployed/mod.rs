//! The template and the functions on a local AWS, and callers with and without rights.

mod alarms;
mod callers;
mod changes;
mod exports;
mod faults;
mod functions;
mod requests;
mod stack;

pub use faults::{Faults, Injected, Kind, Rule, Service};
pub use requests::{Answer, Caller, Request};
pub use stack::{Letter, Mail, Stack};
