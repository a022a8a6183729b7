//! Cursors: opaque to callers, and checked when they come back.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::FieldError;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::problem::Problem;

pub(super) fn write<T: Serialize>(place: &T) -> String {
    // Places are plain data of our own; one that could not be written would end the list early.
    URL_SAFE_NO_PAD.encode(serde_json::to_vec(place).unwrap_or_default())
}

pub(super) fn refused() -> Problem {
    Problem::invalid(vec![FieldError::parameter(
        "cursor",
        "is not one that was given out here",
    )])
}

pub(super) fn read<T: DeserializeOwned>(cursor: Option<&String>) -> Result<Option<T>, Problem> {
    let Some(cursor) = cursor else {
        return Ok(None);
    };
    let bytes = URL_SAFE_NO_PAD.decode(cursor).map_err(|_| refused())?;
    serde_json::from_slice(&bytes)
        .map(Some)
        .map_err(|_| refused())
}
