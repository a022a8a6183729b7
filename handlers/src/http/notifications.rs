//! `/accounts/{account_id}/notifications`: what was decided about each event,
//! why, and what became of it.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::{RawQuery, State};
use domain::AccountId;
use domain::recipient::Recipient;
use domain::time::format_time;
use serde_json::{Value, json};
use uuid::Uuid;

use super::parameters::{PathText, Query, id};
use super::problem::Problem;
use super::{Api, cursor};
use crate::ports::{Notification, Transition};

pub(super) async fn list(
    State(api): State<Api>,
    PathText(account_id): PathText,
    RawQuery(text): RawQuery,
) -> Result<Json<Value>, Problem> {
    let account_id: AccountId = id("account_id", &account_id)?;
    let query = Query::read(text, &["limit", "cursor"])?;
    let place: Option<String> = cursor::read(query.get("cursor"))?;
    let (found, next) = api
        .notifications
        .of_account(&account_id, place.as_deref(), query.limit()?)
        .await?;
    if found.is_empty() && place.is_none() {
        // None yet is an answer; an account that never was is not.
        api.queries.account(&account_id).await?;
    }
    let digests = digests(&api, &found).await?;
    let shown: Vec<Value> = found
        .iter()
        .map(|notification| {
            let digest = notification.told_by().and_then(|id| digests.get(&id));
            shown(notification, digest)
        })
        .collect();
    Ok(Json(
        json!({ "notifications": shown, "next": next.map(|place| cursor::write(&place)) }),
    ))
}

/// The digests that tell some of these.
async fn digests(
    api: &Api,
    found: &[Notification],
) -> Result<BTreeMap<Uuid, Notification>, Problem> {
    let mut digests = BTreeMap::new();
    for id in found.iter().filter_map(Notification::told_by) {
        if digests.contains_key(&id) {
            continue;
        }
        if let Some(digest) = api.notifications.get(id).await? {
            digests.insert(id, digest);
        }
    }
    Ok(digests)
}

/// What a digest tells has the digest's fate, and its own history before it.
fn shown(notification: &Notification, digest: Option<&Notification>) -> Value {
    let fate = digest.unwrap_or(notification);
    let history = notification
        .history
        .iter()
        .chain(digest.into_iter().flat_map(|digest| &digest.history));
    json!({
        "notification_id": notification.notification_id,
        "kind": notification.kind,
        "recipient": recipient(&notification.recipient),
        "state": fate.state,
        "reason": fate.reason,
        "event_id": notification.event_id,
        "event_version": notification.event_version,
        "template": fate.template,
        "due_at": fate.due_at.map(format_time),
        "digest_id": notification.digest_id,
        "delivery": fate.delivery,
        "provider_events": fate.feedback.iter().map(|event| json!({
            "kind": event.kind,
            "at": format_time(event.at),
            "detail": event.detail,
        })).collect::<Vec<_>>(),
        "history": history.map(step).collect::<Vec<_>>(),
    })
}

fn step(step: &Transition) -> Value {
    json!({ "state": step.state, "at": format_time(step.at), "detail": step.detail })
}

/// A further address by its hash: the history outlives the address.
fn recipient(recipient: &Recipient) -> &str {
    match recipient {
        Recipient::Customer => "customer",
        Recipient::Address(hash) => hash,
    }
}
