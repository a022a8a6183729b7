//! What is left when the process is killed, the disk is full, or a page of a
//! file is torn: all that was acknowledged, once; or a clear refusal.
//!
//! `LEDGERBELL_KILLS` says how often the process is killed under load, and
//! `LEDGERBELL_TEST_SEED` when.

#![allow(clippy::unwrap_used)]

mod counts;
mod first_start;
mod full_disk;
mod kills;
mod settling;
mod torn;
