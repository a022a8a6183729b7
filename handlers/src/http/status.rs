//! `/status` and `/changes`: how things stand, and whether anything has changed.

use axum::Json;
use axum::extract::{RawQuery, State};
use axum::http::header::{ETAG, IF_NONE_MATCH};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::Api;
use super::parameters::Query;
use super::problem::Problem;
use crate::query::status::{DEFAULT_HOURS, MAX_HOURS, Status};

pub(super) async fn get(
    State(api): State<Api>,
    RawQuery(text): RawQuery,
) -> Result<Json<Status>, Problem> {
    let query = Query::read(text, &["hours"])?;
    let hours = query.parsed("hours", |text| match text.parse::<u32>() {
        Ok(hours) if (1..=MAX_HOURS).contains(&hours) => Ok(hours),
        _ => Err(format!("must be a whole number from 1 to {MAX_HOURS}")),
    })?;
    let status = api
        .status_reader
        .read(hours.unwrap_or(DEFAULT_HOURS))
        .await?;
    Ok(Json(status))
}

pub(super) async fn changes(
    State(api): State<Api>,
    headers: HeaderMap,
    RawQuery(text): RawQuery,
) -> Result<Response, Problem> {
    Query::read(text, &[])?;
    let mark = api.changes.mark().await?;
    let tag = format!("\"{}\"", mark.text);
    let known = headers.get_all(IF_NONE_MATCH).iter();
    // RFC 9110, 13.1.2: a list of tags, compared weakly.
    let mut known = known
        .filter_map(|value| value.to_str().ok())
        .flat_map(|tags| tags.split(','));
    if known.any(|known| known.trim().trim_start_matches("W/") == tag) {
        return Ok((StatusCode::NOT_MODIFIED, [(ETAG, tag)]).into_response());
    }
    let body = json!({ "mark": mark.text, "complete": mark.is_complete });
    Ok(([(ETAG, tag)], Json(body)).into_response())
}
