use async_trait::async_trait;
use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use chrono::{DateTime, Utc};
use domain::NotificationId;
use domain::email::AddressHash;
use domain::time::format_recorded_at;
use handlers::ports::{Suppression, SuppressionReason, Suppressions};
use handlers::{Error, Result};
use serde::Deserialize;

use crate::client::Dynamo;
use crate::error::classify;
use crate::item::{read, s};

/// The suppressed addresses in DynamoDB: one item each, under the address's hash.
///
/// A lifted suppression keeps its item with the time of lifting, because a report that is delivered again must not suppress
/// the address again. Times are text of one width, so their order is that of time.
#[derive(Debug, Clone)]
pub struct DynamoSuppressions(pub Dynamo);

#[derive(Deserialize)]
struct SuppressionItem {
    reason: SuppressionReason,
    suppressed_at: String,
    notification_id: NotificationId,
    #[serde(default)]
    lifted_at: Option<String>,
}

#[async_trait]
impl Suppressions for DynamoSuppressions {
    async fn get(&self, address: &AddressHash) -> Result<Option<Suppression>> {
        let Dynamo { client, tables, .. } = &self.0;
        let answer = client
            .get_item()
            .table_name(&tables.suppressions)
            .key("address_hash", s(address))
            .consistent_read(true)
            .send()
            .await
            .map_err(|error| classify("reading a suppression", &error))?;
        let Some(item) = answer.item.map(read::<SuppressionItem>).transpose()? else {
            return Ok(None);
        };
        if item
            .lifted_at
            .is_some_and(|lifted| lifted >= item.suppressed_at)
        {
            return Ok(None);
        }
        let at = item
            .suppressed_at
            .parse()
            .map_err(|_| Error::Permanent("a suppression has no readable time".into()))?;
        Ok(Some(Suppression {
            reason: item.reason,
            at,
            notification_id: item.notification_id,
        }))
    }

    async fn add(&self, address: &AddressHash, suppression: &Suppression) -> Result<()> {
        let Dynamo { client, tables, .. } = &self.0;
        let reason = match suppression.reason {
            SuppressionReason::PermanentBounce => "permanent-bounce",
            SuppressionReason::Complaint => "complaint",
        };
        let update = client
            .update_item()
            .table_name(&tables.suppressions)
            .key("address_hash", s(address))
            .update_expression(
                "SET #reason = :reason, suppressed_at = :at, notification_id = :notification",
            )
            .condition_expression(
                "(attribute_not_exists(suppressed_at) OR suppressed_at < :at) \
                 AND (attribute_not_exists(lifted_at) OR lifted_at < :at)",
            )
            .expression_attribute_names("#reason", "reason")
            .expression_attribute_values(":reason", s(reason))
            .expression_attribute_values(":at", s(format_recorded_at(suppression.at)))
            .expression_attribute_values(":notification", s(suppression.notification_id));
        unless_refused(update.send().await.map(drop), "writing a suppression")
    }

    async fn lift(&self, address: &AddressHash, at: DateTime<Utc>) -> Result<()> {
        let Dynamo { client, tables, .. } = &self.0;
        let update = client
            .update_item()
            .table_name(&tables.suppressions)
            .key("address_hash", s(address))
            .update_expression("SET lifted_at = :at")
            // An address that was never suppressed leaves no trace.
            .condition_expression(
                "attribute_exists(suppressed_at) \
                 AND (attribute_not_exists(lifted_at) OR lifted_at < :at)",
            )
            .expression_attribute_values(":at", s(format_recorded_at(at)));
        unless_refused(update.send().await.map(drop), "lifting a suppression")
    }
}

/// Returns success if the condition did not hold: then the item is already newer than this write.
fn unless_refused(
    result: Result<
        (),
        SdkError<UpdateItemError, aws_smithy_runtime_api::client::orchestrator::HttpResponse>,
    >,
    what: &'static str,
) -> Result<()> {
    match result {
        Ok(()) => Ok(()),
        Err(error)
            if error
                .as_service_error()
                .is_some_and(UpdateItemError::is_conditional_check_failed_exception) =>
        {
            Ok(())
        }
        Err(error) => Err(classify(what, &error)),
    }
}
