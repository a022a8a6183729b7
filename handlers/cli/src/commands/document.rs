//! JSON that commands read, and its faults.

use std::path::Path;

use domain::{FieldError, Location};
use serde_json::Value;

use crate::exit::Failure;

/// Reads a JSON file.
///
/// # Errors
/// `WrongUse`: the file cannot be read, or is not JSON.
pub(super) fn read(file: &Path) -> Result<Value, Failure> {
    let refuse = |why: String| Failure::WrongUse(format!("{}: {why}", file.display()));
    let text = std::fs::read(file).map_err(|error| refuse(error.to_string()))?;
    domain::json::read(&text).map_err(|error| refuse(format!("it is {error}")))
}

/// Returns the faults with the options' names, which are the last parts of the pointers.
pub(super) fn faults(errors: &[FieldError]) -> String {
    let line = |error: &FieldError| {
        let place = match &error.location {
            Location::Pointer(place) | Location::Header(place) | Location::Parameter(place) => {
                place
            }
        };
        let name = place
            .rsplit('/')
            .next()
            .unwrap_or_default()
            .replace('_', "-");
        format!("{name} {}", error.detail)
    };
    errors.iter().map(line).collect::<Vec<_>>().join("; ")
}
