//! The template and the functions on a local AWS, and callers with and without rights.

mod callers;
mod requests;
mod stack;

pub use requests::{Answer, Caller, Request};
pub use stack::{Mail, Stack};
