//! `/search`: whatever a clerk or an analyst searches for, and the maintenance of what it is found by.

use axum::Json;
use axum::extract::{RawQuery, State};
use domain::FieldError;
use serde_json::{Value, json};

use super::parameters::Query;
use super::problem::Problem;
use super::{Api, cursor};
use crate::query::{DEFAULT_PAGE, MAX_PAGE};
use crate::search::{DEFAULT_HITS, Found, MAX_HITS, Question, Standing};

/// With customers: a route of its own, which only those may call who may read customers.
pub(super) async fn everything(
    State(api): State<Api>,
    RawQuery(text): RawQuery,
) -> Result<Json<Found>, Problem> {
    let (question, limit) = asked(text)?;
    Ok(Json(api.searcher.everything(&question, limit).await?))
}

/// Without customers.
pub(super) async fn ledger(
    State(api): State<Api>,
    RawQuery(text): RawQuery,
) -> Result<Json<Found>, Problem> {
    let (question, limit) = asked(text)?;
    Ok(Json(api.searcher.ledger(&question, limit).await?))
}

fn asked(text: Option<String>) -> Result<(Question, usize), Problem> {
    let query = Query::read(text, &["q", "limit"])?;
    let limit = query.limit_of(DEFAULT_HITS, MAX_HITS)?;
    let Some(text) = query.get("q") else {
        let missing = FieldError::parameter("q", "is missing");
        return Err(Problem::invalid(vec![missing]));
    };
    let question = Question::read(text).map_err(|error| Problem::invalid(vec![error]))?;
    Ok((question, limit))
}

pub(super) async fn index(
    State(api): State<Api>,
    RawQuery(text): RawQuery,
) -> Result<Json<Value>, Problem> {
    let query = Query::read(text, &["limit", "cursor"])?;
    let from = cursor::read(query.get("cursor"))?;
    let limit = query.limit_of(DEFAULT_PAGE, MAX_PAGE)?;
    let from = from.unwrap_or(Standing::Customers(None));
    let done = api.reindexer.run(from, limit).await?;
    let next = done.next.map(|standing| cursor::write(&standing));
    Ok(Json(json!({ "indexed": done.indexed, "next": next })))
}
