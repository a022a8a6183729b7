use async_trait::async_trait;
use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use chrono::serde::ts_nanoseconds;
use chrono::{DateTime, Utc};
use domain::notification::{Kind, Notification};
use domain::time::format_recorded_at;
use domain::{AccountId, NotificationId};
use handlers::Result;
use handlers::ports::{
    Decided, DecidedPosition, Notifications, Saved, Versioned, decision_shard, due_shard,
};
use serde::{Deserialize, Serialize};

use crate::client::Dynamo;
use crate::error::{classify, classify_page};
use crate::item::{n, read, read_key, s, write, write_key};
use crate::put::Expected;
use crate::tables::{BY_ACCOUNT, BY_CODE, BY_DECIDED, BY_DIGEST, BY_DUE};
use crate::whole_times::{end_of_time, next_read};

/// The notifications in DynamoDB: one item each, in the format of `domain::notification`.
///
/// `get` is strongly consistent; all other reads use indexes, which follow within about a second.
#[derive(Debug, Clone)]
pub struct DynamoNotifications(pub Dynamo);

#[derive(Serialize, Deserialize)]
struct NotificationItem {
    /// Sorts an account's notifications by event, then kind. A digest belongs to no account and is not in this index.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    position: Option<String>,
    /// The shard in the index of due notifications; absent if this one does not wait for the heartbeat.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    due_slice: Option<u8>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    due: Option<String>,
    /// The shard in the index by time of decision. A digest is not in this index. Older items lack it until their next write.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    decided_slice: Option<u8>,
    /// The time of the decision, in nanoseconds, because a number has a third of the bytes of a text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    decided: Option<i64>,
    /// Counts the writes: of several workers, the one that writes the next revision has the notification.
    revision: u64,
    #[serde(flatten)]
    notification: Notification,
}

/// An item of an index without further attributes.
#[derive(Deserialize)]
struct Key {
    notification_id: NotificationId,
}

/// An item of the index by time of decision.
#[derive(Deserialize)]
struct DecidedItem {
    notification_id: NotificationId,
    #[serde(with = "ts_nanoseconds")]
    decided: DateTime<Utc>,
    account_id: AccountId,
    kind: Kind,
}

/// Reads the keys that a query of an index finds, at most `limit`, over all its pages.
async fn ids(
    query: QueryFluentBuilder,
    limit: usize,
    what: &'static str,
) -> Result<Vec<NotificationId>> {
    let mut found = Vec::new();
    let mut start = None;
    loop {
        let room = i32::try_from(limit - found.len()).unwrap_or(i32::MAX);
        let answer = query
            .clone()
            .limit(room)
            .set_exclusive_start_key(start)
            .send()
            .await
            .map_err(|error| classify(what, &error))?;
        for item in answer.items.unwrap_or_default() {
            found.push(read::<Key>(item)?.notification_id);
        }
        start = answer.last_evaluated_key;
        if start.is_none() || found.len() >= limit {
            return Ok(found);
        }
    }
}

/// Returns the time in nanoseconds, or the nearest that can be numbered, of the years 1677 and 2262.
fn nanos(time: DateTime<Utc>) -> i64 {
    let beyond = match time < DateTime::UNIX_EPOCH {
        true => i64::MIN,
        false => i64::MAX,
    };
    time.timestamp_nanos_opt().unwrap_or(beyond)
}

#[async_trait]
impl Notifications for DynamoNotifications {
    async fn get(&self, id: NotificationId) -> Result<Option<Versioned<Notification>>> {
        let Dynamo { client, tables, .. } = &self.0;
        let answer = client
            .get_item()
            .table_name(&tables.notifications)
            .key("notification_id", s(id))
            .consistent_read(true)
            .send()
            .await
            .map_err(|error| classify("reading a notification", &error))?;
        let item = answer.item.map(read::<NotificationItem>).transpose()?;
        Ok(item.map(|item| Versioned {
            value: item.notification,
            revision: item.revision,
        }))
    }

    async fn save(&self, read: &Versioned<Notification>) -> Result<Saved> {
        let notification = &read.value;
        let (version, kind) = (notification.source().version, notification.kind());
        let position = format!("{version:015}#{kind}");
        let due_at = notification.due_at();
        let decided_slice = decision_shard(notification);
        let item = write(&NotificationItem {
            position: (!notification.content().is_digest()).then_some(position),
            due_slice: due_at.map(|_| due_shard(notification.id())),
            due: due_at.map(format_recorded_at),
            decided_slice,
            decided: decided_slice.and(notification.facts().decided_at.timestamp_nanos_opt()),
            revision: read.revision + 1,
            notification: notification.clone(),
        })?;
        self.0
            .put(
                &self.0.tables.notifications,
                item,
                Expected::at(read.revision, "notification_id"),
                "writing a notification",
            )
            .await
    }

    async fn by_code(&self, code: &str) -> Result<Option<Notification>> {
        let Dynamo { client, tables, .. } = &self.0;
        let answer = client
            .query()
            .table_name(&tables.notifications)
            .index_name(BY_CODE)
            .key_condition_expression("verification_code = :code")
            .expression_attribute_values(":code", s(code))
            // Codes have 60 bits, so two mails practically never share one.
            .limit(1)
            .send()
            .await
            .map_err(|error| classify("looking up a mail's code", &error))?;
        match answer.items.unwrap_or_default().into_iter().next() {
            Some(item) => {
                let found = self.get(read::<Key>(item)?.notification_id).await?;
                Ok(found.map(|found| found.value))
            }
            None => Ok(None),
        }
    }

    async fn due(
        &self,
        slice: u8,
        now: DateTime<Utc>,
        limit: usize,
    ) -> Result<Vec<NotificationId>> {
        let query = self
            .0
            .client
            .query()
            .table_name(&self.0.tables.notifications)
            .index_name(BY_DUE)
            .key_condition_expression("due_slice = :slice AND due <= :now")
            .expression_attribute_values(":slice", n(slice))
            .expression_attribute_values(":now", s(format_recorded_at(now)));
        ids(query, limit, "reading which notifications are due").await
    }

    async fn of_digest(&self, digest: NotificationId, limit: usize) -> Result<Vec<NotificationId>> {
        let query = self
            .0
            .client
            .query()
            .table_name(&self.0.tables.notifications)
            .index_name(BY_DIGEST)
            .key_condition_expression("digest_id = :digest")
            .expression_attribute_values(":digest", s(digest));
        ids(query, limit, "reading what waits for a digest").await
    }

    async fn of_account(
        &self,
        account: &AccountId,
        cursor: Option<&str>,
        limit: usize,
    ) -> Result<(Vec<Notification>, Option<String>)> {
        let Dynamo { client, tables, .. } = &self.0;
        let answer = client
            .query()
            .table_name(&tables.notifications)
            .index_name(BY_ACCOUNT)
            .key_condition_expression("account_id = :account")
            .expression_attribute_values(":account", s(account))
            .scan_index_forward(false)
            .limit(i32::try_from(limit).unwrap_or(i32::MAX))
            .set_exclusive_start_key(read_key(cursor)?)
            .send()
            .await
            .map_err(|error| classify_page("reading an account's notifications", cursor, &error))?;
        let next = write_key(answer.last_evaluated_key())?;
        let found: Result<Vec<_>> = answer
            .items
            .unwrap_or_default()
            .into_iter()
            .map(|item| Ok(read::<NotificationItem>(item)?.notification))
            .collect();
        Ok((found?, next))
    }

    async fn decided(
        &self,
        slice: u8,
        from: DateTime<Utc>,
        to: DateTime<Utc>,
        limit: usize,
    ) -> Result<Vec<Decided>> {
        // BETWEEN includes both ends. Beyond what nanoseconds can number there is nothing.
        let (from, last) = (nanos(from), nanos(to).saturating_sub(1));
        if last < from {
            return Ok(Vec::new());
        }
        let Dynamo { client, tables, .. } = &self.0;
        let mut found: Vec<Decided> = Vec::new();
        let mut start = None;
        loop {
            let answer = client
                .query()
                .table_name(&tables.notifications)
                .index_name(BY_DECIDED)
                .key_condition_expression(
                    "decided_slice = :slice AND decided BETWEEN :from AND :last",
                )
                .expression_attribute_values(":slice", n(slice))
                .expression_attribute_values(":from", n(from))
                .expression_attribute_values(":last", n(last))
                .scan_index_forward(false)
                .limit(next_read(found.len(), limit))
                .set_exclusive_start_key(start)
                .send()
                .await
                .map_err(|error| classify("reading the index of decisions", &error))?;
            for item in answer.items.unwrap_or_default() {
                let item: DecidedItem = read(item)?;
                found.push(Decided {
                    position: DecidedPosition {
                        decided_at: item.decided,
                        notification_id: item.notification_id,
                    },
                    account_id: item.account_id,
                    kind: item.kind,
                });
            }
            if let Some(end) = end_of_time(&found, limit, |key| key.position.decided_at) {
                found.truncate(end);
                return Ok(found);
            }
            start = answer.last_evaluated_key;
            if start.is_none() {
                return Ok(found);
            }
        }
    }
}
