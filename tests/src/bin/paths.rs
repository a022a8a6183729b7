//! `cargo xtask bench paths growth`: tells what it measured as JSON.

#![allow(clippy::print_stdout, reason = "its answer is its standard output")]

use std::process::ExitCode;

use tests::paths::{Effort, growth, paths};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let quick = arguments.iter().any(|argument| argument == "--quick");
    let measure = match arguments.first().map(String::as_str) {
        Some("paths") => paths,
        Some("growth") => growth,
        _ => {
            eprintln!("usage: paths (paths|growth) [--quick]");
            return ExitCode::from(2);
        }
    };
    println!("{}", measure(Effort { quick }));
    ExitCode::SUCCESS
}
