//! The notifications of all accounts, newest decided first, merged from the shards of their index.

use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta, Utc};
use domain::AccountId;
use domain::notification::{Kind, Notification, Phase};
use futures::future::try_join_all;
use serde_json::Value;

use super::notifications::{digests, shown_of};
use super::time_index::Range;
use crate::error::Result;
use crate::ports::{DECISION_SHARDS, Decided, DecidedPosition, Notifications};

/// Keys of the index that one request examines. After them the page ends, with the cursor of the next.
pub const MAX_EXAMINED: usize = 10_000;
/// Notifications that one request reads, each with the mail that it shares, if any. After them the page ends, with the cursor of
/// the next. They are more than a page has.
pub const MAX_READ: usize = 2000;
/// Keys that are read at a time while a filter may refuse them.
const FILTERED_AT_ONCE: usize = 500;
/// Notifications that are read at the same time.
const READ_AT_ONCE: usize = 32;
/// Expected keys of a shard with the time of a cursor. With more, a page takes more than one read of the index.
const OVERLAP: usize = 4;

/// A filter of notifications. Each member that is `None` accepts all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DecidedFilter {
    /// The state, as it is shown: one that shares a mail has that mail's.
    pub state: Option<Phase>,
    /// The kind.
    pub kind: Option<Kind>,
    /// The reason, as it is shown.
    pub reason: Option<String>,
    /// The accounts.
    pub accounts: Option<BTreeSet<AccountId>>,
}

impl DecidedFilter {
    /// Whether the key of a notification is enough to accept it.
    fn is_none(&self) -> bool {
        *self == DecidedFilter::default()
    }

    fn accepts_key(&self, key: &Decided) -> bool {
        self.kind.is_none_or(|kind| kind == key.kind)
            && (self.accounts.as_ref()).is_none_or(|accounts| accounts.contains(&key.account_id))
    }

    fn accepts_shown(&self, notification: &Value) -> bool {
        self.state
            .is_none_or(|state| notification["state"] == state.as_str())
            && (self.reason.as_ref()).is_none_or(|reason| notification["reason"] == *reason)
    }
}

/// Reads a page of at most `limit` notifications that were decided in this range, newest first, and the position after which the
/// next page begins. Each is as [`shown_alone`](super::notifications::shown_alone) returns it. Digests are not among them, as
/// they are not among an account's.
///
/// A page may be shorter than its limit, and even empty, and not be the last: one request examines at most [`MAX_EXAMINED`] keys
/// and reads at most [`MAX_READ`] notifications, and a few more of the last batch.
///
/// # Errors
/// - `Retryable`, `Unknown`: the store did not answer; read again.
/// - `Permanent`: a notification cannot be read; a retry does not help.
pub async fn decided(
    notifications: &dyn Notifications,
    range: Range,
    filter: &DecidedFilter,
    after: Option<DecidedPosition>,
    limit: usize,
) -> Result<(Vec<Value>, Option<DecidedPosition>)> {
    let mut page = Vec::new();
    let mut after = after;
    let (mut examined, mut read) = (0, 0);
    loop {
        // One more than asked for shows whether there is more.
        let missing = limit + 1 - page.len();
        let wanted = match filter.is_none() {
            true => missing,
            false => missing.max(FILTERED_AT_ONCE),
        };
        let (keys, more) = keys(notifications, range, after.as_ref(), wanted).await?;
        for chunk in keys.chunks(READ_AT_ONCE) {
            let accepted: Vec<&Decided> =
                chunk.iter().filter(|key| filter.accepts_key(key)).collect();
            for (position, entry) in entries(notifications, &accepted).await? {
                if !filter.accepts_shown(&entry["notification"]) {
                    continue;
                }
                if page.len() == limit {
                    return Ok((page, after));
                }
                page.push(entry);
                after = Some(position);
            }
            after = chunk.last().map(|key| key.position.clone()).or(after);
            examined += chunk.len();
            read += accepted.len();
            if read >= MAX_READ {
                return Ok((page, after));
            }
        }
        if !more {
            return Ok((page, None));
        }
        if examined >= MAX_EXAMINED {
            return Ok((page, after));
        }
    }
}

/// Calls `take` with the newest `limit` notifications of the range, newest first, and with the mail that each shares, if any.
/// Returns the time since which all of them were taken: the beginning of the range, unless there are more.
///
/// # Errors
/// Those of [`decided`].
pub(super) async fn for_newest(
    notifications: &dyn Notifications,
    range: Range,
    limit: usize,
    mut take: impl FnMut(&Notification, Option<&Notification>),
) -> Result<DateTime<Utc>> {
    let mut after: Option<DecidedPosition> = None;
    let mut taken = 0;
    loop {
        let wanted = FILTERED_AT_ONCE.min(limit - taken);
        let (keys, more) = keys(notifications, range, after.as_ref(), wanted).await?;
        for chunk in keys.chunks(READ_AT_ONCE) {
            let chunk: Vec<&Decided> = chunk.iter().collect();
            let found = read(notifications, &chunk).await?;
            let mails = digests(notifications, &found).await?;
            for one in &found {
                take(one, one.in_digest().and_then(|id| mails.get(&id)));
            }
        }
        taken += keys.len();
        after = keys
            .into_iter()
            .next_back()
            .map(|key| key.position)
            .or(after);
        if !more {
            return Ok(range.from);
        }
        if taken >= limit {
            return Ok(after.map_or(range.from, |last| last.decided_at));
        }
    }
}

/// Reads the time of the newest decision; `None` if there is none.
///
/// # Errors
/// - `Retryable`, `Unknown`: the store did not answer; read again.
/// - `Permanent`: the index cannot be read; a retry does not help.
pub async fn newest_decided(notifications: &dyn Notifications) -> Result<Option<DateTime<Utc>>> {
    let range = Range {
        from: DateTime::UNIX_EPOCH,
        to: DateTime::<Utc>::MAX_UTC,
    };
    let (keys, _) = keys(notifications, range, None, 1).await?;
    Ok(keys.first().map(|key| key.position.decided_at))
}

/// Reads the notifications of these keys, in their order.
async fn read(notifications: &dyn Notifications, keys: &[&Decided]) -> Result<Vec<Notification>> {
    let found = keys
        .iter()
        .map(|key| notifications.get(key.position.notification_id));
    let found = try_join_all(found).await?;
    // None is ever deleted, so each is there.
    Ok(found
        .into_iter()
        .flatten()
        .map(|found| found.value)
        .collect())
}

/// Reads the notifications of these keys, as they are shown, in the order of the keys.
async fn entries(
    notifications: &dyn Notifications,
    keys: &[&Decided],
) -> Result<Vec<(DecidedPosition, Value)>> {
    let found = read(notifications, keys).await?;
    let mails = digests(notifications, &found).await?;
    Ok(found
        .iter()
        .map(|notification| {
            let position = DecidedPosition::of(notification);
            (position, shown_of(notification, &mails))
        })
        .collect())
}

/// Reads at most `limit` keys after a position, newest first, and whether there are more.
async fn keys(
    notifications: &dyn Notifications,
    range: Range,
    after: Option<&DecidedPosition>,
    limit: usize,
) -> Result<(Vec<Decided>, bool)> {
    let mut range = range;
    if let Some(after) = after {
        // The end is exclusive, and others may have been decided at the same time.
        let end = (after.decided_at).checked_add_signed(TimeDelta::nanoseconds(1));
        range.to = range.to.min(end.unwrap_or(DateTime::<Utc>::MAX_UTC));
    }
    let overlap = if after.is_some() { OVERLAP } else { 0 };
    // Twice the share of each shard, because ids are spread evenly over them. If they are not, the next read takes more.
    let mut wanted = overlap + 2 * limit.div_ceil(usize::from(DECISION_SHARDS)) + 1;
    loop {
        let shards = (0..DECISION_SHARDS)
            .map(|shard| notifications.decided(shard, range.from, range.to, wanted));
        let shards = try_join_all(shards).await?;
        // A shard with a full answer may have older ones. Down to its last time, the order of all shards is known.
        let full = shards.iter().filter(|keys| keys.len() >= wanted);
        let horizon = full
            .filter_map(|keys| keys.last().map(|key| key.position.decided_at))
            .max();
        let mut keys: Vec<Decided> = shards.into_iter().flatten().collect();
        keys.retain(|key| {
            horizon.is_none_or(|horizon| key.position.decided_at >= horizon)
                && after.is_none_or(|after| key.position < *after)
        });
        if keys.len() > limit || horizon.is_none() {
            keys.sort_by(|one, other| other.position.cmp(&one.position));
            let more = keys.len() > limit;
            keys.truncate(limit);
            return Ok((keys, more));
        }
        wanted *= 4;
    }
}
