//! Exports as others read them: the libraries of analysts, and the script that
//! verifies without us. Needs Python: `cargo xtask test` sets it up.

#![allow(
    clippy::unwrap_used,
    unreachable_pub,
    reason = "a test program: a panic is its failure, and no other crate uses it"
)]

mod example;
mod libraries;
mod script;

use std::path::Path;
use std::process::{Command, Output};

/// Runs a script of the environment that `requirements.txt` pins.
fn python(arguments: &[&Path]) -> Output {
    let interpreter = xtask::python_interpreter().unwrap();
    Command::new(interpreter).args(arguments).output().unwrap()
}

fn root() -> &'static Path {
    xtask::root()
}
