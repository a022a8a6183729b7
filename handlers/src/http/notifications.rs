//! `/accounts/{account_id}/notifications`, `/notifications` and `/notifications/{notification_id}`: notifications, with their decisions and
//! outcomes.

use axum::Json;
use axum::extract::{RawQuery, State};
use domain::notification::{Kind, Phase};
use domain::{AccountId, NotificationId};
use serde_json::{Value, json};

use super::parameters::{PathText, Query, id};
use super::problem::Problem;
use super::{Api, cursor};
use crate::error::{Error, Missing};
use crate::ports::DecidedPosition;
use crate::query::decided::{DecidedFilter, decided};
use crate::query::notifications::{shown_alone, shown_of_account};

/// Accounts of one customer by whom all notifications are filtered. With more, the request is refused with 400.
const MAX_HELD: usize = 1000;
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

pub(super) async fn list_all(
    State(api): State<Api>,
    RawQuery(text): RawQuery,
) -> Result<Json<Value>, Problem> {
    const KNOWN: [&str; 9] = [
        "state",
        "kind",
        "reason",
        "customer_id",
        "account_id",
        "from",
        "to",
        "limit",
        "cursor",
    ];
    let query = Query::read(text, &KNOWN)?;
    let after: Option<DecidedPosition> = cursor::read(query.get("cursor"))?;
    let (range, limit) = (query.range()?, query.limit()?);
    let mut filter = DecidedFilter {
        state: query.parsed("state", |text| {
            let named = Phase::ALL.into_iter().find(|state| state.as_str() == text);
            named.ok_or("is not a state of a notification")
        })?,
        kind: query.parsed("kind", |text| {
            let named = Kind::ALL.into_iter().find(|kind| kind.as_str() == text);
            named.ok_or("is not a kind of notification")
        })?,
        reason: query.parsed("reason", |text| match text.is_empty() {
            true => Err("must not be empty"),
            false => Ok(text.to_owned()),
        })?,
        accounts: None,
    };
    let account: Option<AccountId> = query.parsed("account_id", str::parse)?;
    if let Some(customer) = query.parsed("customer_id", str::parse)? {
        let held = api.searcher.account_ids_of(&customer, MAX_HELD).await?;
        filter.accounts = Some(held);
    }
    if let Some(account) = account {
        let held = filter.accounts.take();
        let is_held = held.is_none_or(|held| held.contains(&account));
        filter.accounts = Some(is_held.then_some(account).into_iter().collect());
    }
    let (page, next) = decided(api.notifications.as_ref(), range, &filter, after, limit).await?;
    Ok(Json(
        json!({ "notifications": page, "next": next.map(|position| cursor::write(&position)) }),
    ))
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
