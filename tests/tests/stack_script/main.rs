//! The script that brings the stack to AWS, with the AWS command line itself and recorded answers of AWS.
#![allow(
    clippy::unwrap_used,
    unreachable_pub,
    reason = "a test ends where something is not as expected"
)]

mod abandon;
mod account;
mod deploy;
mod preflight;
mod repair;
