//! What `cargo xtask scale` does, with a few thousand events.

#![allow(
    clippy::unwrap_used,
    unreachable_pub,
    reason = "a test program: a panic is its failure, and no other crate uses it"
)]

use tests::scale::{MAX_MEMORY, Scale};

#[test]
fn a_history_comes_to_the_same_totals_however_it_is_read() {
    let scale = Scale {
        events: 3000,
        accounts: 31,
    };
    let measured = scale.measure();
    eprintln!("{}", measured.table());
    assert!(measured.largest_memory() <= MAX_MEMORY);
}
