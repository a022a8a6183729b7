//! The use cases against models of them, whatever comes in whatever order.

#![allow(
    clippy::unwrap_used,
    unreachable_pub,
    reason = "a test program: a panic is its failure, and no other crate uses it"
)]

mod cursors;
mod idempotency;
mod paging;
mod round_trip;

use std::future::Future;

/// A property is no async function; what it says of one runs here.
fn run<F: Future>(future: F) -> F::Output {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap();
    runtime.block_on(future)
}
