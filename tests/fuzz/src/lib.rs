//! What every parser of the system does with any bytes.
//!
//! A target takes bytes as an outsider could send them and panics where a promise is broken: nothing panics, nothing
//! answers 5xx, nothing is stored of what was refused, and what was read means the same when it is written and read
//! again. `tests/corpus.rs` plays seeds, regressions and mutations of them; `src/main.rs` has libFuzzer search.

pub mod mutation;
pub mod regressions;
pub mod seeds;
mod targets;

pub use targets::{TARGETS, Target};
