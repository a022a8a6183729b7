//! What is left when the process is killed, the disk is full, or a page of a
//! file is torn: all that was acknowledged, once; or a clear refusal.
//!
//! `LEDGERBELL_KILLS` says how often the process is killed under load, and
//! `LEDGERBELL_TEST_SEED` when.

#![allow(
    clippy::unwrap_used,
    unreachable_pub,
    reason = "a test program: a panic is its failure, and no other crate uses it"
)]

mod counts;
mod first_start;
mod full_disk;
mod kills;
mod settling;
mod torn;
