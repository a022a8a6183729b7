//! The script that brings the stack to AWS, and the commands that the documentation names, with the AWS command line itself
//! and recorded answers of AWS.
#![allow(
    clippy::unwrap_used,
    unreachable_pub,
    reason = "a test ends where something is not as expected"
)]

mod abandon;
mod account;
mod deploy;
mod documented;
mod preflight;
mod repair;
