//! The adapters that only AWS has, on a second, independent emulator of its services.
#![allow(
    clippy::unwrap_used,
    unreachable_pub,
    reason = "a test ends where something is not as expected"
)]

mod made;
mod mails;
mod queue;
mod stored;
