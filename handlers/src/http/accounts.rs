//! `/accounts`.

use axum::Json;
use axum::body::Body;
use axum::extract::{RawQuery, State};
use axum::http::header::ETAG;
use axum::http::{Extensions, HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use domain::AccountId;
use domain::record::ProposedEvents;
use domain::time::parse_time;
use projections::{AsOf, Basis};
use serde_json::{Value, json};

use super::parameters::{PathText, Query, correlation_id, id, idempotency_key, if_match};
use super::problem::Problem;
use super::{Api, body, caller, cursor, dry_run};
use crate::append::{Append, Recorded};

pub(super) async fn append(
    State(api): State<Api>,
    PathText(account_id): PathText,
    headers: HeaderMap,
    extensions: Extensions,
    RawQuery(text): RawQuery,
    request_body: Body,
) -> Result<Response, Problem> {
    // The body first, because a caller that is still sending does not read the answer.
    let body = body::json(&headers, request_body).await?;
    let request = Append {
        account_id: id("account_id", &account_id)?,
        idempotency_key: idempotency_key(&headers)?,
        if_match: if_match(&headers)?,
        correlation_id: correlation_id(&headers)?,
        source: caller(&extensions),
        proposed: ProposedEvents::read(body).map_err(Problem::invalid)?,
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
    let query = Query::read(text, &["customer_id", "limit", "cursor"])?;
    let place: Option<String> = cursor::read(query.get("cursor"))?;
    let (place, limit) = (place.as_deref(), query.limit()?);
    let holder = query.parsed("customer_id", str::parse)?;
    let (accounts, next) = match holder {
        Some(holder) => api.searcher.accounts_of(&holder, place, limit).await?,
        None => api.queries.accounts(place, limit).await?,
    };
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
        // In this order "after" means below; without it, the newest is first.
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
