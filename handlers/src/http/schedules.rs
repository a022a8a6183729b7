//! `/accounts/{account_id}/schedules`.

use axum::Json;
use axum::body::Body;
use axum::extract::{RawQuery, State};
use axum::http::header::ETAG;
use axum::http::{Extensions, HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use domain::{AccountId, Schedule};
use serde_json::{Value, json};

use super::parameters::{PathText, PathTexts, Query, correlation_id, id, if_match};
use super::problem::Problem;
use super::{Api, body, caller, cursor};
use crate::error::{Error, Refusal};
use crate::schedule::{Change, ScheduleView};

pub(super) async fn list(
    State(api): State<Api>,
    PathText(account_id): PathText,
    RawQuery(text): RawQuery,
) -> Result<Json<Value>, Problem> {
    let account_id: AccountId = id("account_id", &account_id)?;
    let query = Query::read(text, &["limit", "cursor"])?;
    let place: Option<String> = cursor::read(query.get("cursor"))?;
    let (schedules, next) = api
        .scheduler
        .of_account(&account_id, place.as_deref(), query.limit()?)
        .await?;
    Ok(Json(json!({
        "schedules": schedules,
        "next": next.map(|place| cursor::write(&place)),
    })))
}

pub(super) async fn get(
    State(api): State<Api>,
    PathTexts(account_id, schedule_id): PathTexts,
) -> Result<Response, Problem> {
    let account_id = id("account_id", &account_id)?;
    let schedule_id = id("schedule_id", &schedule_id)?;
    let view = api.scheduler.get(&account_id, &schedule_id).await?;
    Ok(shown(StatusCode::OK, view))
}

pub(super) async fn put(
    State(api): State<Api>,
    PathTexts(account_id, schedule_id): PathTexts,
    headers: HeaderMap,
    extensions: Extensions,
    request_body: Body,
) -> Result<Response, Problem> {
    let body = body::json(&headers, request_body).await?;
    let change = Change {
        account_id: id("account_id", &account_id)?,
        schedule_id: id("schedule_id", &schedule_id)?,
        schedule: Some(Schedule::read(body).map_err(Problem::invalid)?),
        if_match: if_match(&headers)?,
        source: caller(&extensions),
        correlation_id: correlation_id(&headers)?,
    };
    let changed = api.scheduler.change(&change).await?;
    let status = match changed.created {
        true => StatusCode::CREATED,
        false => StatusCode::OK,
    };
    match ScheduleView::of(&changed.row) {
        Some(view) => Ok(shown(status, view)),
        // Another caller cancelled it at the same moment.
        None => Err(Error::Refused(Refusal::ScheduleCancelled(changed.row.schedule_id)).into()),
    }
}

pub(super) async fn delete(
    State(api): State<Api>,
    PathTexts(account_id, schedule_id): PathTexts,
    headers: HeaderMap,
    extensions: Extensions,
) -> Result<StatusCode, Problem> {
    let change = Change {
        account_id: id("account_id", &account_id)?,
        schedule_id: id("schedule_id", &schedule_id)?,
        schedule: None,
        if_match: if_match(&headers)?,
        source: caller(&extensions),
        correlation_id: correlation_id(&headers)?,
    };
    api.scheduler.change(&change).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn shown(status: StatusCode, view: ScheduleView) -> Response {
    let etag = format!("\"{}\"", view.version);
    (status, [(ETAG, etag)], Json(view)).into_response()
}
