//! Whole mails, as a customer gets them.

#![allow(
    clippy::unwrap_used,
    clippy::float_arithmetic,
    unreachable_pub,
    reason = "a test program: a panic is its failure, and no other crate uses it"
)]

mod attachment;
mod contrast;
mod dates;
mod digests;
mod directions;
mod documented;
mod golden;
mod hostile;
mod notices;
mod page;
mod programs;
mod reading;
mod typography;
mod wishes;
