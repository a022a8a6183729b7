use async_trait::async_trait;
use domain::IntegrationEvent;
use domain::integration_event::Detail;
use serde_json::Value;

use crate::error::{Error, Result};
use crate::telemetry;

/// The event bus.
#[async_trait]
pub trait Bus: Send + Sync {
    /// Publishes the entries and says of each, in order, whether it was taken.
    /// Cutting them into calls of the bus's own size is the adapter's matter.
    async fn publish(&self, entries: &[BusEntry]) -> Vec<Result<()>>;
}

impl dyn Bus {
    /// Publishes the entries, all or, as far as the caller is told, none.
    pub(crate) async fn publish_all(&self, entries: &[BusEntry]) -> Result<()> {
        let mut outcome = Ok(());
        for (entry, taken) in entries.iter().zip(self.publish(entries).await) {
            match taken {
                Ok(()) => telemetry::published(entry),
                Err(error) => outcome = outcome.and(Err(error)),
            }
        }
        outcome
    }
}

/// One event for the bus; its source is always `ledgerbell`.
#[derive(Debug, Clone, PartialEq)]
pub struct BusEntry {
    pub event_type: String,
    pub detail: Value,
}

impl BusEntry {
    /// The entry that publishes an event.
    ///
    /// # Errors
    /// [`Error::Permanent`] where it cannot be written as JSON.
    pub fn of(event: &IntegrationEvent) -> Result<Self> {
        BusEntry::with(event.type_name(), &event.into())
    }

    /// An event of this type, as its detail was read.
    pub(crate) fn with(event_type: &str, detail: &Detail) -> Result<Self> {
        let detail = serde_json::to_value(detail)
            .map_err(|error| Error::permanent("an event cannot be written as JSON", error))?;
        Ok(BusEntry {
            event_type: event_type.to_owned(),
            detail,
        })
    }
}
