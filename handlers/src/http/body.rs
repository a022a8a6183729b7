//! Reading the JSON of a body, within its limits.

use std::time::Duration;

use axum::body::Body;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, StatusCode};
use domain::FieldError;
use futures::StreamExt;
use serde_json::Value;

use super::problem::Problem;

/// Largest body, in bytes: 25 events with all their texts need less than half of it. A larger one is refused with 413.
pub(super) const MAX_BODY_BYTES: usize = 64 * 1024;
/// Bytes of a body too large that are still read, so that its sender reads the answer instead of a broken connection.
const MAX_DRAINED_BYTES: usize = 8 * 1024 * 1024;

/// Time for a body: 64 KiB in it are 26 kbit/s, and a slower sender would only occupy a connection.
const BODY_WITHIN: Duration = Duration::from_secs(20);

pub(super) async fn json(headers: &HeaderMap, body: Body) -> Result<Value, Problem> {
    let media_type = headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or("");
    let essence = media_type.split(';').next().unwrap_or("").trim();
    let bytes = read(body).await?;
    if !essence.eq_ignore_ascii_case("application/json") {
        return Err(Problem::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "not-json",
            "The body is not JSON",
            "The body must be JSON, sent as Content-Type: application/json.",
        )
        .with_errors(vec![FieldError::header(
            "Content-Type",
            "must be application/json",
        )]));
    }
    domain::json::read(&bytes).map_err(|error| Problem::invalid(error.into_errors()))
}

pub(super) async fn read(body: Body) -> Result<Vec<u8>, Problem> {
    let read = tokio::time::timeout(BODY_WITHIN, read_to_end(body)).await;
    read.unwrap_or_else(|_| {
        let seconds = BODY_WITHIN.as_secs();
        Err(Problem::new(
            StatusCode::REQUEST_TIMEOUT,
            "body-too-slow",
            "The body comes too slowly",
            format!("The body must come in whole within {seconds} seconds."),
        ))
    })
}

async fn read_to_end(body: Body) -> Result<Vec<u8>, Problem> {
    let mut stream = body.into_data_stream();
    let mut bytes = Vec::new();
    let mut total = 0_usize;
    while let Some(chunk) = stream.next().await {
        let chunk = chunk.map_err(|_| {
            Problem::new(
                StatusCode::BAD_REQUEST,
                "body-cut-off",
                "The body is incomplete",
                "The body ended too early.",
            )
        })?;
        total += chunk.len();
        if total <= MAX_BODY_BYTES {
            bytes.extend_from_slice(&chunk);
        } else if total > MAX_DRAINED_BYTES {
            break;
        }
    }
    if total > MAX_BODY_BYTES {
        let detail = format!("The body must have at most {MAX_BODY_BYTES} bytes.");
        return Err(Problem::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "too-large",
            "The body is too large",
            detail,
        )
        .with_errors(vec![FieldError::pointer("", "the body is too large")]));
    }
    Ok(bytes)
}
