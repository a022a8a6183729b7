use async_trait::async_trait;
use aws_sdk_dynamodb::types::AttributeValue;
use chrono::{DateTime, Utc};
use domain::time::format_recorded_at;
use domain::{AccountId, Schedule, ScheduleId, Version};
use handlers::ports::{Due, LastRun, Saved, ScheduleRow, Schedules, Versioned};
use handlers::{Error, Result};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::client::Dynamo;
use crate::error::{classify, classify_page};
use crate::item::{Item, n, read, read_key, s, write, write_key};
use crate::put::Expected;
use crate::tables::BY_DUE;

/// The schedules in DynamoDB, in their current state: one item each.
#[derive(Debug, Clone)]
pub struct DynamoSchedules(pub Dynamo);

#[derive(Serialize, Deserialize)]
struct ScheduleItem {
    account_id: AccountId,
    schedule_id: ScheduleId,
    revision: u64,
    version: Version,
    created_at: DateTime<Utc>,
    /// Absent if the schedule is cancelled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    schedule: Option<Value>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    last: Option<LastRun>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    parked: Option<String>,
    /// The keys of the index of due schedules. Items without them are not in it, so ended schedules cost the heartbeat
    /// nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    due_slice: Option<u8>,
    /// Of fixed width, so that text order is time order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    next_at: Option<String>,
}

/// An item of the index of due schedules.
#[derive(Deserialize)]
struct DueItem {
    account_id: AccountId,
    schedule_id: ScheduleId,
    next_at: DateTime<Utc>,
}

impl ScheduleItem {
    fn after(read: &Versioned<ScheduleRow>) -> Self {
        let row = &read.value;
        ScheduleItem {
            account_id: row.account_id.clone(),
            schedule_id: row.schedule_id.clone(),
            revision: read.revision + 1,
            version: row.version,
            created_at: row.created_at,
            schedule: row.schedule.as_ref().map(Schedule::to_json),
            last: row.last.clone(),
            parked: row.parked.clone(),
            due_slice: (row.next_at.is_some() && row.parked.is_none()).then(|| row.slice()),
            next_at: row.next_at.map(format_recorded_at),
        }
    }

    fn into_row(self) -> Result<ScheduleRow> {
        let unreadable =
            |what: &str| Error::Permanent(format!("a schedule has no readable {what}").into());
        let schedule = self
            .schedule
            .map(Schedule::from_stored)
            .transpose()
            .map_err(|_| unreadable("content"))?;
        let next_at = self
            .next_at
            .map(|text| text.parse())
            .transpose()
            .map_err(|_| unreadable("time"))?;
        Ok(ScheduleRow {
            account_id: self.account_id,
            schedule_id: self.schedule_id,
            schedule,
            version: self.version,
            created_at: self.created_at,
            next_at,
            last: self.last,
            parked: self.parked,
        })
    }
}

impl DynamoSchedules {
    async fn item(&self, account: &AccountId, schedule: &ScheduleId) -> Result<Option<Item>> {
        let Dynamo { client, tables, .. } = &self.0;
        let answer = client
            .get_item()
            .table_name(&tables.schedules)
            .key("account_id", s(account))
            .key("schedule_id", s(schedule))
            .consistent_read(true)
            .send()
            .await
            .map_err(|error| classify("reading a schedule", &error))?;
        Ok(answer.item)
    }
}

fn number(value: &AttributeValue) -> Option<u64> {
    value.as_n().ok()?.parse().ok()
}

#[async_trait]
impl Schedules for DynamoSchedules {
    async fn get(
        &self,
        account: &AccountId,
        schedule: &ScheduleId,
    ) -> Result<Option<Versioned<ScheduleRow>>> {
        let Some(item) = self.item(account, schedule).await? else {
            return Ok(None);
        };
        let item: ScheduleItem = read(item)?;
        Ok(Some(Versioned {
            revision: item.revision,
            value: item.into_row()?,
        }))
    }

    async fn park(&self, due: &Due, reason: &str) -> Result<bool> {
        // Not as a row, because a schedule that cannot be read must be parked too.
        let Some(mut item) = self.item(&due.account_id, &due.schedule_id).await? else {
            return Ok(false);
        };
        let next_at = s(format_recorded_at(due.next_at));
        if item.get("next_at") != Some(&next_at) || item.remove("due_slice").is_none() {
            return Ok(false);
        }
        let revision = item.get("revision").and_then(number);
        let expected = revision.map_or(Expected::Anything, Expected::Revision);
        item.insert("revision".to_owned(), n(revision.unwrap_or(0) + 1));
        item.insert("parked".to_owned(), s(reason));
        self.0
            .put(
                &self.0.tables.schedules,
                item,
                expected,
                "parking a schedule",
            )
            .await
            .map(Saved::is_written)
    }

    async fn save(&self, read: &Versioned<ScheduleRow>) -> Result<Saved> {
        let expected = Expected::at(read.revision, "account_id");
        let item = write(&ScheduleItem::after(read))?;
        self.0
            .put(
                &self.0.tables.schedules,
                item,
                expected,
                "writing a schedule",
            )
            .await
    }

    async fn of_account(
        &self,
        account: &AccountId,
        cursor: Option<&str>,
        limit: usize,
    ) -> Result<(Vec<ScheduleRow>, Option<String>)> {
        let Dynamo { client, tables, .. } = &self.0;
        let answer = client
            .query()
            .table_name(&tables.schedules)
            .key_condition_expression("account_id = :account")
            .expression_attribute_values(":account", s(account))
            .limit(i32::try_from(limit).unwrap_or(i32::MAX))
            .set_exclusive_start_key(read_key(cursor)?)
            .send()
            .await
            .map_err(|error| classify_page("reading an account's schedules", cursor, &error))?;
        let next = write_key(answer.last_evaluated_key())?;
        let rows: Result<Vec<_>> = answer
            .items
            .unwrap_or_default()
            .into_iter()
            .map(|item| read::<ScheduleItem>(item)?.into_row())
            .collect();
        Ok((rows?, next))
    }

    async fn due(&self, slice: u8, now: DateTime<Utc>, limit: usize) -> Result<Vec<Due>> {
        let Dynamo { client, tables, .. } = &self.0;
        let answer = client
            .query()
            .table_name(&tables.schedules)
            .index_name(BY_DUE)
            .key_condition_expression("due_slice = :slice AND next_at <= :now")
            .expression_attribute_values(":slice", n(slice))
            .expression_attribute_values(":now", s(format_recorded_at(now)))
            .limit(i32::try_from(limit).unwrap_or(i32::MAX))
            .send()
            .await
            .map_err(|error| classify("reading the schedules that are due", &error))?;
        // Keys alone are far below the megabyte at which a page would end early.
        answer
            .items
            .unwrap_or_default()
            .into_iter()
            .map(|item| {
                let item: DueItem = read(item)?;
                Ok(Due {
                    next_at: item.next_at,
                    account_id: item.account_id,
                    schedule_id: item.schedule_id,
                })
            })
            .collect()
    }
}
