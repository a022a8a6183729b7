//! What SES tells of mails: read whatever is in it, and acted on.

#![allow(
    clippy::unwrap_used,
    unreachable_pub,
    reason = "a test program: a panic is its failure, and no other crate uses it"
)]

mod acting;
mod given;
mod hostile;
mod reading;
mod redriving;
