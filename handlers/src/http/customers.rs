//! `/customers`.

use axum::Json;
use axum::body::Body;
use axum::extract::{RawQuery, State};
use axum::http::header::ETAG;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use domain::CustomerId;
use serde_json::{Value, json};

use super::parameters::{PathText, Query, id, if_match};
use super::problem::Problem;
use super::{Api, body, cursor};
use crate::customers::read_person;

/// By name. The whole person is at each customer's own path.
pub(super) async fn list(
    State(api): State<Api>,
    RawQuery(text): RawQuery,
) -> Result<Json<Value>, Problem> {
    let query = Query::read(text, &["limit", "cursor"])?;
    let place: Option<String> = cursor::read(query.get("cursor"))?;
    let (customers, next) = api
        .searcher
        .customers(place.as_deref(), query.limit()?)
        .await?;
    let shown: Vec<Value> = customers
        .into_iter()
        .map(|(customer, person)| {
            json!({
                "customer_id": customer,
                "name": person.as_ref().map(|person| &person.name),
                "email": person.as_ref().map(|person| &person.email),
            })
        })
        .collect();
    let next = next.map(|place| cursor::write(&place));
    Ok(Json(json!({ "customers": shown, "next": next })))
}

pub(super) async fn get(
    State(api): State<Api>,
    PathText(customer_id): PathText,
) -> Result<Response, Problem> {
    let customer_id: CustomerId = id("customer_id", &customer_id)?;
    let (revision, person) = api.customers.get(&customer_id).await?;
    Ok(([(ETAG, format!("\"{revision}\""))], Json(person.to_json())).into_response())
}

pub(super) async fn put(
    State(api): State<Api>,
    PathText(customer_id): PathText,
    headers: HeaderMap,
    request_body: Body,
) -> Result<Response, Problem> {
    let body = body::json(&headers, request_body).await?;
    let customer_id: CustomerId = id("customer_id", &customer_id)?;
    let person = read_person(body).map_err(Problem::invalid)?;
    let shown = person.to_json();
    let revision = api
        .customers
        .put(&customer_id, person, if_match(&headers)?)
        .await?;
    let status = if revision == 1 {
        StatusCode::CREATED
    } else {
        StatusCode::OK
    };
    Ok((status, [(ETAG, format!("\"{revision}\""))], Json(shown)).into_response())
}

pub(super) async fn delete(
    State(api): State<Api>,
    PathText(customer_id): PathText,
    headers: HeaderMap,
) -> Result<StatusCode, Problem> {
    let customer_id: CustomerId = id("customer_id", &customer_id)?;
    let if_match = if_match(&headers)?;
    api.customers.erase_at(&customer_id, if_match).await?;
    Ok(StatusCode::NO_CONTENT)
}
