//! Tests from outside: end to end on one machine, and deployed.

#![allow(
    missing_docs,
    clippy::missing_errors_doc,
    clippy::missing_panics_doc,
    unreachable_pub,
    reason = "only the test programs use it"
)]

pub mod access;
pub mod browser;
pub mod canary;
#[cfg(feature = "deployed")]
pub mod deployed;
pub mod exports;
pub mod interleavings;
pub mod one_machine;
#[allow(
    clippy::cast_precision_loss,
    clippy::float_arithmetic,
    reason = "rates are not counted in pennies"
)]
pub mod paths;
pub mod recorded_aws;
pub mod scale;
pub mod second_opinion;
pub mod transcript;

pub use in_memory as world;
