//! `/accounts/{account_id}/notifications` and `/notifications/{notification_id}`: notifications, with their decisions and
//! outcomes.

use axum::Json;
use axum::extract::{RawQuery, State};
use domain::{AccountId, NotificationId};
use serde_json::{Value, json};

use super::parameters::{PathText, Query, id};
use super::problem::Problem;
use super::{Api, cursor};
use crate::error::{Error, Missing};
use crate::query::notifications::{shown_alone, shown_of_account};

/// Characters of a UUID with its hyphens.
const SHOWN_CHARS: usize = 36;

pub(super) async fn get(
    State(api): State<Api>,
    PathText(notification_id): PathText,
) -> Result<Json<Value>, Problem> {
    // As it is shown, and in none of the other forms of a UUID.
    let is_shown_so = notification_id.len() == SHOWN_CHARS;
    let text = if is_shown_so { &notification_id } else { "" };
    let id: NotificationId = id("notification_id", text)?;
    let found = api.notifications.get(id).await?;
    let found = found.ok_or(Error::NotFound(Missing::Notification(id)))?;
    let shown = shown_alone(api.notifications.as_ref(), &found.value).await?;
    Ok(Json(shown))
}

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
