//! Replays, dead letters, health.

use std::collections::BTreeSet;
use std::time::Duration;

use axum::Json;
use axum::body::Body;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use domain::FieldError;
use domain::fields::Fields;
use serde_json::{Value, json};

use super::parameters::{PathText, Query};
use super::problem::Problem;
use super::{Api, body, cursor};
use crate::error::Error;
use crate::redrive::{MAX_LETTERS, Selection};
use crate::replay::{Progress, ReplayPosition, ReplayRequest, check_replay_id};

/// Time for a healthy part to answer; callers give up soon after. A slower one is reported as failed.
const HEALTH_WITHIN: Duration = Duration::from_secs(3);
/// Longest id of a dead letter, in characters: the queue's own, or a kind and an id. A longer one is refused with 400.
const MAX_LETTER_ID_CHARS: usize = 128;

pub(super) async fn request_replay(
    State(api): State<Api>,
    headers: HeaderMap,
    request_body: Body,
) -> Result<Response, Problem> {
    let body = body::json(&headers, request_body).await?;
    let request = ReplayRequest::read(body).map_err(Problem::invalid)?;
    let replay_id = api.replayer.request(request).await?;
    Ok((
        StatusCode::ACCEPTED,
        Json(json!({ "replay_id": replay_id })),
    )
        .into_response())
}

pub(super) async fn list_replays(
    State(api): State<Api>,
    RawQuery(text): RawQuery,
) -> Result<Json<Value>, Problem> {
    let query = Query::read(text, &["state", "limit", "cursor"])?;
    let state = query.parsed("state", |text| {
        let named = Progress::ALL
            .into_iter()
            .find(|state| state.as_str() == text);
        named.ok_or("must be \"requested\", \"running\", \"done\", \"failed\" or \"stopped\"")
    })?;
    let after: Option<ReplayPosition> = cursor::read(query.get("cursor"))?;
    let (replays, next) = (api.replayer)
        .list(state, after.as_ref(), query.limit()?)
        .await?;
    let next = next.map(|position| cursor::write(&position));
    Ok(Json(json!({ "replays": replays, "next": next })))
}

pub(super) async fn get_replay(
    State(api): State<Api>,
    PathText(replay_id): PathText,
) -> Result<Json<Value>, Problem> {
    let replay_id = known_form(&replay_id)?;
    Ok(Json(api.replayer.get(&replay_id).await?))
}

pub(super) async fn stop_replay(
    State(api): State<Api>,
    PathText(replay_id): PathText,
) -> Result<Json<Value>, Problem> {
    let replay_id = known_form(&replay_id)?;
    Ok(Json(api.replayer.stop(&replay_id).await?))
}

/// Checks the form of a replay's id, which the table's key must have.
fn known_form(replay_id: &str) -> Result<String, Problem> {
    check_replay_id(replay_id)
        .map_err(|detail| Problem::invalid(vec![FieldError::parameter("replay_id", detail)]))
}

pub(super) async fn dead_letters(
    State(api): State<Api>,
    RawQuery(text): RawQuery,
) -> Result<Response, Problem> {
    let query = Query::read(text, &["limit"])?;
    let listing = api.redriver.list(query.limit()?).await?;
    Ok(Json(listing).into_response())
}

pub(super) async fn redrive(
    State(api): State<Api>,
    headers: HeaderMap,
    request_body: Body,
) -> Result<Json<Value>, Problem> {
    let body = body::json(&headers, request_body).await?;
    let selection = read_selection(body).map_err(Problem::invalid)?;
    let redriven = api.redriver.redrive(&selection).await?;
    Ok(Json(
        json!({ "redriven": redriven, "dry_run": selection.dry_run }),
    ))
}

fn read_selection(body: Value) -> Result<Selection, Vec<FieldError>> {
    let mut fields = Fields::new(body, "");
    let ids: Option<Vec<String>> = fields.take("ids").map(|value| {
        let ids: Vec<String> = value
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|id| id.as_str().map(str::to_owned))
            .collect();
        let count = value.as_array().map_or(0, Vec::len);
        if ids.is_empty() || ids.len() != count || ids.len() > MAX_LETTERS {
            fields.refuse("ids", format!("must be an array of 1 to {MAX_LETTERS} ids"));
        } else if !ids.iter().all(|id| is_letter_id(id)) {
            let detail = format!("must be ids: 1 to {MAX_LETTER_ID_CHARS} of A-Z a-z 0-9 . _ : -");
            fields.refuse("ids", detail);
        } else if ids.iter().collect::<BTreeSet<_>>().len() != count {
            fields.refuse("ids", "names a letter twice");
        }
        ids
    });
    let max = fields.take("max").map(|value| match value.as_u64() {
        Some(max) if (1..=MAX_LETTERS as u64).contains(&max) => max as usize,
        _ => {
            fields.refuse(
                "max",
                format!("must be a whole number from 1 to {MAX_LETTERS}"),
            );
            0
        }
    });
    let dry_run = fields.optional_bool("dry_run").unwrap_or(false);
    match (&ids, max) {
        (Some(_), Some(_)) => fields.refuse("max", "cannot stand beside ids"),
        (None, None) => fields.refuse("max", "or ids is needed: a redrive is bounded"),
        _ => {}
    }
    let selection = Selection {
        ids: ids.unwrap_or_default(),
        max: max.unwrap_or(0),
        dry_run,
    };
    fields.finish(Some(selection))
}

fn is_letter_id(text: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || "._:-".contains(c);
    (1..=MAX_LETTER_ID_CHARS).contains(&text.len()) && text.chars().all(plain)
}

/// Asks each part whether it answers. The answer names the first that does not.
pub(super) async fn health(State(api): State<Api>) -> Response {
    let read_model = tokio::time::timeout(HEALTH_WITHIN, api.queries.accounts(None, 1)).await;
    let silent = |_| Err(Error::Retryable("it takes too long".into()));
    let read_model = read_model.unwrap_or_else(silent).map(drop);
    let parts = [("read model", read_model)];
    for (part, result) in parts {
        if let Err(error) = result {
            tracing::error!(part, %error, "not healthy");
            let detail = format!("The {part} does not answer.");
            return Problem::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "unhealthy",
                "A part does not answer",
                detail,
            )
            .into_response();
        }
    }
    Json(json!({ "status": "ok" })).into_response()
}
