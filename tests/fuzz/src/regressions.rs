//! Inputs that once broke a promise, in `regressions/TARGET`; each is there to stay.

use std::path::Path;

/// Those of a target.
///
/// # Panics
/// Where a file cannot be read.
#[must_use]
pub fn of(target: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("regressions");
    crate::seeds::files(&folder.join(target), "")
}
