//! Statements of banks, real and made up, from a file to the events that they come to.
#![allow(clippy::unwrap_used)]

mod arbitrary;
mod banks;
mod files;
mod golden;
mod planning;
mod refusals;
