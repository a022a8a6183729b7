//! `/accounts/{account_id}/notifications`: the notifications of an account, with their decisions and outcomes.

use axum::Json;
use axum::extract::{RawQuery, State};
use domain::AccountId;
use serde_json::{Value, json};

use super::parameters::{PathText, Query, id};
use super::problem::Problem;
use super::{Api, cursor};
use crate::query::notifications::shown_of_account;

pub(super) async fn list(
    State(api): State<Api>,
    PathText(account_id): PathText,
    RawQuery(text): RawQuery,
) -> Result<Json<Value>, Problem> {
    let account_id: AccountId = id("account_id", &account_id)?;
    let query = Query::read(text, &["limit", "cursor"])?;
    let place: Option<String> = cursor::read(query.get("cursor"))?;
    let (shown, next) = shown_of_account(
        api.notifications.as_ref(),
        &account_id,
        place.as_deref(),
        query.limit()?,
    )
    .await?;
    if shown.is_empty() && place.is_none() {
        // An empty list is an answer, unless there is no such account.
        api.queries.account(&account_id).await?;
    }
    Ok(Json(
        json!({ "notifications": shown, "next": next.map(|place| cursor::write(&place)) }),
    ))
}
