//! What earlier versions have written is read by this one, and what this one
//! writes is what they wrote.
//!
//! `tests/golden` holds it: `items` are DynamoDB's, a file for each shape;
//! `letters.json`, `keys.json`, `request-hashes.json` and `ids.json` hold the
//! rest; `folder` is a whole data folder. The events on the bus have theirs in
//! `docs/events/examples`, exports in `tests/tests/exports`.
//!
//! An item's file says in `stored` what stands in the table, in `shown` what the
//! API answers at `path`, and in `rewritten` what is written when it is saved
//! again, where that differs. `stored` is never made anew: it is what is out
//! there. The others are, on purpose and to be read before they are committed, by
//!
//! ```sh
//! LEDGERBELL_GOLDEN=write cargo test --package tests --features python --test stored
//! ```

#![allow(
    clippy::unwrap_used,
    unreachable_pub,
    reason = "a test program: a panic is its failure, and no other crate uses it"
)]

mod file;
mod folder;
mod ids;
mod items;
mod keys;
mod letters;
mod machine;
mod request_hashes;
mod variants;
