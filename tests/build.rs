//! Reads out of our own source what each function calls of AWS, for the test that holds the template's roles against it.
//!
//! Here and not in that test: as a dependency of what is built for the tests, the parser (`syn`) would have everything that
//! macros are derived with built a second time.

#![allow(
    clippy::unwrap_used,
    reason = "a build script ends where something is not as expected"
)]

#[path = "build/calls.rs"]
mod calls;
#[path = "build/reach.rs"]
mod reach;
#[path = "build/source.rs"]
mod source;

use std::path::{Path, PathBuf};

fn main() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    for folder in calls::FOLDERS {
        println!("cargo::rerun-if-changed={}", root.join(folder).display());
    }
    let out = PathBuf::from(std::env::var_os("OUT_DIR").unwrap());
    std::fs::write(out.join("calls.txt"), calls::of_all_functions(root)).unwrap();
}
