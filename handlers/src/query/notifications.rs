//! The notifications of an account, with their decisions and outcomes, as the API returns them.

use std::collections::{BTreeMap, BTreeSet};

use domain::notification::{Digest, HistoryEntry, Notification, Phase};
use domain::recipient::Recipient;
use domain::time::format_time;
use domain::{AccountId, NotificationId};
use futures::stream::{self, StreamExt, TryStreamExt};
use serde_json::{Value, json};

use crate::error::Result;
use crate::ports::Notifications;

/// Digests that are read at the same time.
const READ_AT_ONCE: usize = 32;

/// Reads a page of at most `limit` notifications of the account, newest event first, and the cursor of the next. Their JSON is
/// described in `docs/openapi.json`.
///
/// # Errors
/// - `Invalid`: the cursor is none that was given out here.
/// - `Retryable`, `Unknown`: the store did not answer; read again.
/// - `Permanent`: a notification cannot be read; a retry does not help.
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

/// Returns the JSON of one notification, with its account; a digest has a customer instead. The notification's own is as in
/// [`shown_of_account`].
///
/// # Errors
/// - `Retryable`, `Unknown`: the store did not answer; read again.
/// - `Permanent`: its digest cannot be read; a retry does not help.
pub async fn shown_alone(
    notifications: &dyn Notifications,
    notification: &Notification,
) -> Result<Value> {
    let digests = digests(notifications, std::slice::from_ref(notification)).await?;
    Ok(shown_of(notification, &digests))
}

/// Returns the JSON of [`shown_alone`]. The digest is among these.
pub(super) fn shown_of(
    notification: &Notification,
    digests: &BTreeMap<NotificationId, Notification>,
) -> Value {
    let account = notification.mail_account();
    let several = (notification.content().digest()).filter(|_| account.is_none());
    let digest = notification.in_digest().and_then(|id| digests.get(&id));
    json!({
        "account_id": account,
        "customer_id": several.map(Digest::customer_id),
        "notification": shown(notification, digest),
    })
}

/// Reads the digests that contain some of these notifications.
pub(super) async fn digests(
    notifications: &dyn Notifications,
    found: &[Notification],
) -> Result<BTreeMap<NotificationId, Notification>> {
    let ids: BTreeSet<_> = found.iter().filter_map(Notification::in_digest).collect();
    let digests = stream::iter(ids)
        .map(|id| notifications.get(id))
        .buffered(READ_AT_ONCE);
    let digests = digests.try_filter_map(async |digest| Ok(digest));
    digests
        .map_ok(|digest| (digest.value.id(), digest.value))
        .try_collect()
        .await
}

/// Returns the JSON of a notification. One that shares a mail has the mail's outcome. In a digest it waited for it, and has its
/// own history before that of the mail.
fn shown(notification: &Notification, mail: Option<&Notification>) -> Value {
    let fate = mail.unwrap_or(notification);
    let of_event = mail.filter(|mail| mail.subject().is_mail_of_event());
    let own = of_event.map_or(notification, |_| fate);
    let digest = mail.filter(|_| of_event.is_none());
    let history = (own.history().iter()).chain(
        digest
            .into_iter()
            .flat_map(|digest| digest.history().iter()),
    );
    let (facts, fate_facts) = (own.facts(), fate.facts());
    let shared = notification.digest_id();
    let has_mail = fate.phase() != Phase::Skipped;
    let mail_id = has_mail.then(|| shared.unwrap_or(notification.id()));
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
        "mail_id": mail_id,
        "mail_code": fate.verification_code(),
        "digest_id": shared.filter(|_| of_event.is_none()),
        "delivery": fate.provider().status(),
        "provider_events": fate.provider().events().iter().map(|event| json!({
            "kind": event.kind,
            "at": format_time(event.at),
            "detail": event.detail,
        })).collect::<Vec<_>>(),
        "history": history.map(step).collect::<Vec<_>>(),
    })
}

/// Returns the JSON of an entry, with its count and last time if it was repeated.
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

/// Names a further address by its hash, because the history outlives the address.
fn recipient(recipient: &Recipient) -> &str {
    match recipient {
        Recipient::Customer => "customer",
        Recipient::Address(hash) => hash.as_str(),
    }
}
