//! `cargo xtask bench paths`: tells what it measured as JSON.

#![allow(clippy::print_stdout, reason = "its answer is its standard output")]

use tests::paths::{Effort, measure};

fn main() {
    let quick = std::env::args()
        .skip(1)
        .any(|argument| argument == "--quick");
    println!("{}", measure(Effort { quick }));
}
