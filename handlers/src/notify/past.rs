//! Earlier events, read from the store.

use domain::notification::{EMAIL, EventRef, Kind, Notification, notification_id};
use domain::recipient::Recipient;
use domain::{AccountId, EventId, IntegrationEvent, NotificationId, Version};

use super::Notifier;
use crate::error::{Error, Result};

impl Notifier {
    /// Reads the events of this version: the reported one first, then those derived from it.
    pub(super) async fn events_of(
        &self,
        account: &AccountId,
        version: Version,
    ) -> Result<Vec<IntegrationEvent>> {
        let missing = || {
            Error::Permanent(format!("version {version} of account {account} is missing").into())
        };
        let commit = self
            .store
            .commit_holding(account, version)
            .await?
            .ok_or_else(missing)?;
        let mut events = IntegrationEvent::of_commit(&commit)
            .map_err(|error| Error::permanent(format!("account {account}"), error))?;
        events.retain(|event| event.metadata.version == version);
        Ok(events)
    }

    /// Reads the event of a notification.
    pub(super) async fn event_of(&self, notification: &Notification) -> Result<IntegrationEvent> {
        let source = notification.source();
        let events = self.events_of(&source.account_id, source.version).await?;
        event_among(events, source)
    }
}

/// Returns the event that is meant.
pub(super) fn event_among(
    events: Vec<IntegrationEvent>,
    source: &EventRef,
) -> Result<IntegrationEvent> {
    let EventRef {
        account_id,
        event_id,
        version,
    } = source;
    let mut events = events.into_iter();
    events
        .find(|event| event.metadata.event_id == *event_id)
        .ok_or_else(|| {
            Error::Permanent(
                format!("account {account_id} has no event {event_id} at version {version}").into(),
            )
        })
}

/// Returns the ids of the notifications that a movement of this account may have had.
pub(super) fn told_as(
    original: EventId,
    event: &IntegrationEvent,
    recipient: &Recipient,
) -> [NotificationId; 2] {
    let customer = &event.customer_id;
    [Kind::Withdrawal, Kind::Deposit]
        .map(|kind| notification_id(original, kind, customer, recipient, EMAIL))
}
