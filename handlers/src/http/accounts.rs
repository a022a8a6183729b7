//! `/accounts` and `/events`.

use axum::Json;
use axum::body::Body;
use axum::extract::{RawQuery, State};
use axum::http::header::ETAG;
use axum::http::{Extensions, HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use domain::record::Reports;
use domain::time::parse_time;
use domain::{AccountId, Commit};
use projections::{AsOf, Basis};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::parameters::{PathText, Query, correlation_id, id, idempotency_key, if_match};
use super::problem::Problem;
use super::{Api, body, caller, cursor, dry_run};
use crate::append::{Append, Recorded};
use crate::ports::Place;
use crate::query::{self, EventView, time_index};

pub(super) async fn append(
    State(api): State<Api>,
    PathText(account_id): PathText,
    headers: HeaderMap,
    extensions: Extensions,
    RawQuery(text): RawQuery,
    request_body: Body,
) -> Result<Response, Problem> {
    // The body first: an answer to a request that is still being sent is lost.
    let body = body::json(&headers, request_body).await?;
    let request = Append {
        account_id: id("account_id", &account_id)?,
        idempotency_key: idempotency_key(&headers)?,
        if_match: if_match(&headers)?,
        correlation_id: correlation_id(&headers)?,
        source: caller(&extensions),
        reports: Reports::read(body).map_err(Problem::invalid)?,
    };
    let query = Query::read(text, &["dry_run"])?;
    let dry_run = query.parsed("dry_run", |text| match text {
        "notifications" => Ok(()),
        _ => Err("must be \"notifications\""),
    })?;
    if dry_run.is_some() {
        return dry_run::answer(&api, &request).await;
    }
    let recorded = api.appender.append(&request).await?;
    Ok(answer(&recorded))
}

fn answer(recorded: &Recorded) -> Response {
    let events: Vec<Value> = recorded
        .events()
        .map(|(event_id, version, event_type)| {
            json!({ "event_id": event_id, "version": version, "type": event_type })
        })
        .collect();
    let body = json!({
        "account_id": recorded.account_id,
        "first_version": recorded.first_version,
        "last_version": recorded.last_version(),
        "hash": recorded.hash,
        "events": events,
    });
    let etag = [(ETAG, format!("\"{}\"", recorded.last_version()))];
    if recorded.replayed {
        (
            StatusCode::OK,
            etag,
            [("idempotency-replayed", "true")],
            Json(body),
        )
            .into_response()
    } else {
        (StatusCode::CREATED, etag, Json(body)).into_response()
    }
}

pub(super) async fn list(
    State(api): State<Api>,
    RawQuery(text): RawQuery,
) -> Result<Json<Value>, Problem> {
    let query = Query::read(text, &["limit", "cursor"])?;
    let place: Option<String> = cursor::read(query.get("cursor"))?;
    let (accounts, next) = api
        .queries
        .accounts(place.as_deref(), query.limit()?)
        .await?;
    let next = next.map(|place| cursor::write(&place));
    Ok(Json(json!({ "accounts": accounts, "next": next })))
}

pub(super) async fn get(
    State(api): State<Api>,
    PathText(account_id): PathText,
    RawQuery(text): RawQuery,
) -> Result<Response, Problem> {
    let account_id: AccountId = id("account_id", &account_id)?;
    let query = Query::read(text, &["as_of_version", "as_of", "basis"])?;
    let view = match as_of(&query)? {
        Some(as_of) => api.queries.account_as_of(&account_id, as_of).await?,
        None => api.queries.account(&account_id).await?,
    };
    let etag = format!("\"{}\"", view.version);
    Ok(([(ETAG, etag)], Json(view)).into_response())
}

fn as_of(query: &Query) -> Result<Option<AsOf>, Problem> {
    let refuse = |name: &str, detail: &str| {
        Problem::invalid(vec![domain::FieldError::parameter(name, detail)])
    };
    let basis = query.parsed("basis", |text| match text {
        "recorded" => Ok(Basis::Recorded),
        "occurred" => Ok(Basis::Occurred),
        _ => Err("must be \"recorded\" or \"occurred\""),
    })?;
    let version = query.number("as_of_version")?;
    let time = query.parsed("as_of", parse_time)?;
    match (version, time) {
        (Some(_), Some(_)) => Err(refuse("as_of", "cannot stand beside as_of_version")),
        (_, None) if basis.is_some() => Err(refuse("basis", "needs as_of")),
        (Some(0), None) => Err(refuse("as_of_version", "must be 1 or more")),
        (Some(version), None) => Ok(Some(AsOf::Version(version))),
        (None, Some(time)) => Ok(Some(AsOf::Time(time, basis.unwrap_or(Basis::Recorded)))),
        (None, None) => Ok(None),
    }
}

pub(super) async fn history(
    State(api): State<Api>,
    PathText(account_id): PathText,
    RawQuery(text): RawQuery,
) -> Result<Json<Value>, Problem> {
    let account_id = id("account_id", &account_id)?;
    let query = Query::read(text, &["after_version", "limit", "order"])?;
    let limit = query.limit()?;
    let (events, next) = if query.newest_first()? {
        // In this order "after" is below; from the newest on, when not given.
        // Versions have at most 48 bits (see `EventId`).
        let before = match query.number("after_version")? {
            None | Some(0) => 1 << 48,
            Some(before) => before,
        };
        api.queries
            .history_backwards(&account_id, before, limit)
            .await?
    } else {
        let after = query.number("after_version")?.unwrap_or(0);
        api.queries.history(&account_id, after, limit).await?
    };
    Ok(Json(json!({ "events": events, "next": next })))
}

/// Where a page of all events ended: after a commit, or inside the next one.
#[derive(Serialize, Deserialize)]
struct Ended {
    after: Option<Place>,
    skip: usize,
}

pub(super) async fn all_events(
    State(api): State<Api>,
    RawQuery(text): RawQuery,
) -> Result<Json<Value>, Problem> {
    let query = Query::read(text, &["from", "to", "limit", "cursor", "order"])?;
    let limit = query.limit()?;
    let newest_first = query.newest_first()?;
    let range = time_index::Range {
        from: query
            .parsed("from", parse_time)?
            .unwrap_or(chrono::DateTime::UNIX_EPOCH),
        to: query
            .parsed("to", parse_time)?
            .unwrap_or(chrono::DateTime::<chrono::Utc>::MAX_UTC),
    };
    let place = cursor::read(query.get("cursor"))?.unwrap_or(Ended {
        after: None,
        skip: 0,
    });
    let page = api
        .queries
        .recorded(range, place.after.clone(), newest_first, limit + 1)
        .await?;
    let mut events: Vec<EventView> = Vec::new();
    let mut next = None;
    let mut last = place;
    for commit in &page.commits {
        let mut views: Vec<EventView> = query::views(commit).collect();
        if newest_first {
            views.reverse();
        }
        let left = views.split_off(last.skip.min(views.len()));
        let room = limit - events.len();
        if left.len() > room {
            next = Some(Ended {
                after: Some(right_before(commit, newest_first)),
                skip: last.skip + room,
            });
            events.extend(left.into_iter().take(room));
            break;
        }
        events.extend(left);
        last = Ended {
            after: Some(Place::of(commit)),
            skip: 0,
        };
    }
    if next.is_none() && page.next.is_some() {
        next = Some(last);
    }
    Ok(Json(
        json!({ "events": events, "next": next.map(|place| cursor::write(&place)) }),
    ))
}

/// A place that only this commit comes right after. What stood before it on
/// the page will not do: newest first, whatever is written until the next page
/// is asked for would come in between.
fn right_before(commit: &Commit, newest_first: bool) -> Place {
    let mut place = Place::of(commit);
    place.first_version = match newest_first {
        true => place.first_version + 1,
        false => place.first_version - 1,
    };
    place
}

pub(super) async fn verification(
    State(api): State<Api>,
    PathText(account_id): PathText,
) -> Result<Response, Problem> {
    let account_id = id("account_id", &account_id)?;
    Ok(Json(crate::verify::verify(&api.queries, &account_id).await?).into_response())
}

pub(super) async fn verifications(
    State(api): State<Api>,
    RawQuery(text): RawQuery,
) -> Result<Json<Value>, Problem> {
    let query = Query::read(text, &["limit", "cursor"])?;
    let place = cursor::read(query.get("cursor"))?;
    let (verifications, next) =
        crate::verify::verify_all(&api.queries, place, query.limit()?).await?;
    let next = next.map(|place| cursor::write(&place));
    Ok(Json(
        json!({ "verifications": verifications, "next": next }),
    ))
}
