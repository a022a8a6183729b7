//! The binary on one machine, from outside: started on a folder, spoken to
//! over HTTP, killed, started again.
//!
//! `cargo test -p tests --test one_machine` builds the binary itself;
//! `LEDGERBELL_BIN` names another one.

#![allow(
    clippy::unwrap_used,
    unreachable_pub,
    reason = "a test program: a panic is its failure, and no other crate uses it"
)]

mod all_events;
mod bad_input;
mod canary;
mod changes;
mod crashes;
mod example;
mod feedback;
mod load;
mod mails;
mod pages;
mod parked;
mod ports;
mod redriven;
mod replays;
mod runbooks;
mod schedules;

use std::time::Instant;

/// Says how long a test took.
struct Timed(&'static str, Instant);

impl Timed {
    fn test(name: &'static str) -> Self {
        Timed(name, Instant::now())
    }
}

impl Drop for Timed {
    fn drop(&mut self) {
        eprintln!("{}: {:.1} s", self.0, self.1.elapsed().as_secs_f32());
    }
}
