use async_trait::async_trait;
use domain::AccountId;
use handlers::Result;
use handlers::ports::{Notification, Notifications};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::client::Dynamo;
use crate::error::{classify, classify_page};
use crate::item::{read, read_key, s, write, write_key};
use crate::put::Expected;
use crate::tables::{BY_ACCOUNT, BY_CODE};

/// What became of each notification, one item each.
#[derive(Debug, Clone)]
pub struct DynamoNotifications(pub Dynamo);

#[derive(Serialize, Deserialize)]
struct NotificationItem {
    /// Sorts an account's notifications by event, then kind.
    position: String,
    #[serde(flatten)]
    notification: Notification,
}

#[async_trait]
impl Notifications for DynamoNotifications {
    async fn get(&self, id: Uuid) -> Result<Option<Notification>> {
        let Dynamo { client, tables, .. } = &self.0;
        let answer = client
            .get_item()
            .table_name(&tables.notifications)
            .key("notification_id", s(id))
            .consistent_read(true)
            .send()
            .await
            .map_err(|error| classify("reading a notification", &error))?;
        Ok(answer
            .item
            .map(read::<NotificationItem>)
            .transpose()?
            .map(|item| item.notification))
    }

    async fn save(&self, notification: &Notification) -> Result<bool> {
        let position = format!("{:015}#{}", notification.event_version, notification.kind);
        let item = write(&NotificationItem {
            position,
            notification: notification.clone(),
        })?;
        // The revision is the fence: who writes the next one has the notification.
        let expected = match notification.revision {
            1 => Expected::Nothing("notification_id"),
            revision => Expected::Revision(revision - 1),
        };
        self.0
            .put(
                &self.0.tables.notifications,
                item,
                expected,
                "writing a notification",
            )
            .await
    }

    async fn by_code(&self, code: &str) -> Result<Option<Notification>> {
        #[derive(Deserialize)]
        struct Key {
            notification_id: Uuid,
        }
        let Dynamo { client, tables, .. } = &self.0;
        let answer = client
            .query()
            .table_name(&tables.notifications)
            .index_name(BY_CODE)
            .key_condition_expression("verification_code = :code")
            .expression_attribute_values(":code", s(code))
            // 60 bits: that two mails share a code is not to be expected.
            .limit(1)
            .send()
            .await
            .map_err(|error| classify("looking up a mail's code", &error))?;
        match answer.items.unwrap_or_default().into_iter().next() {
            Some(item) => self.get(read::<Key>(item)?.notification_id).await,
            None => Ok(None),
        }
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
}
