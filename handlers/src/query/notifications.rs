//! What was decided about the events of an account, why, and what became of it,
//! as it is shown.

use std::collections::BTreeMap;

use domain::notification::{HistoryEntry, Notification};
use domain::recipient::Recipient;
use domain::time::format_time;
use domain::{AccountId, NotificationId};
use serde_json::{Value, json};

use crate::error::Result;
use crate::ports::Notifications;

/// Up to `limit` of the account's notifications, the newest event first, as the
/// API shows them, and where to go on.
///
/// # Errors
/// The port's.
pub async fn shown_of_account(
    notifications: &dyn Notifications,
    account: &AccountId,
    cursor: Option<&str>,
    limit: usize,
) -> Result<(Vec<Value>, Option<String>)> {
    let (found, next) = notifications.of_account(account, cursor, limit).await?;
    let digests = digests(notifications, &found).await?;
    let all = found
        .iter()
        .map(|notification| {
            let digest = notification.in_digest().and_then(|id| digests.get(&id));
            shown(notification, digest)
        })
        .collect();
    Ok((all, next))
}

/// The digests that tell some of these.
async fn digests(
    notifications: &dyn Notifications,
    found: &[Notification],
) -> Result<BTreeMap<NotificationId, Notification>> {
    let mut digests = BTreeMap::new();
    for id in found.iter().filter_map(Notification::in_digest) {
        if digests.contains_key(&id) {
            continue;
        }
        if let Some(digest) = notifications.get(id).await? {
            digests.insert(id, digest.value);
        }
    }
    Ok(digests)
}

/// What a digest tells has the digest's fate, and its own history before it.
fn shown(notification: &Notification, digest: Option<&Notification>) -> Value {
    let fate = digest.unwrap_or(notification);
    let history = (notification.history().iter()).chain(
        digest
            .into_iter()
            .flat_map(|digest| digest.history().iter()),
    );
    let (facts, fate_facts) = (notification.facts(), fate.facts());
    json!({
        "notification_id": notification.id(),
        "kind": notification.kind(),
        "recipient": recipient(notification.recipient()),
        "state": fate.phase(),
        "reason": fate.reason(),
        "event_id": notification.source().event_id,
        "event_version": notification.source().version,
        "template": fate.template(),
        "attempts": fate.attempts(),
        "decided_at": format_time(facts.decided_at),
        "updated_at": format_time(fate_facts.updated_at),
        "sent_at": fate_facts.sent_at.map(format_time),
        "waited": facts.waited,
        "due_at": fate.due_at().map(format_time),
        "digest_id": notification.digest_id(),
        "delivery": fate.provider().status(),
        "provider_events": fate.provider().events().iter().map(|event| json!({
            "kind": event.kind,
            "at": format_time(event.at),
            "detail": event.detail,
        })).collect::<Vec<_>>(),
        "history": history.map(step).collect::<Vec<_>>(),
    })
}

/// How often, and when the last time, where it was more than once.
fn step(step: &HistoryEntry) -> Value {
    let mut shown = json!({
        "state": step.state, "at": format_time(step.at), "detail": step.detail,
    });
    if let Some(last_at) = step.last_at {
        shown["times"] = step.times.into();
        shown["last_at"] = format_time(last_at).into();
    }
    shown
}

/// A further address by its hash: the history outlives the address.
fn recipient(recipient: &Recipient) -> &str {
    match recipient {
        Recipient::Customer => "customer",
        Recipient::Address(hash) => hash.as_str(),
    }
}
