use async_trait::async_trait;
use domain::IntegrationEvent;
use domain::integration_event::Detail;
use serde_json::Value;

use crate::error::{Error, Result};
use crate::telemetry;

/// The event bus, which delivers each entry at least once to each rule that matches it.
#[async_trait]
pub trait Bus: Send + Sync {
    /// Publishes the entries, and returns for each, in order, whether the bus took it. The adapter splits them into calls of
    /// the bus's size.
    ///
    /// Not idempotent: subscribers may get an entry twice, and recognise it by its event's id.
    async fn publish(&self, entries: &[BusEntry]) -> Vec<Result<()>>;
}

impl dyn Bus {
    /// Publishes the entries. On an error, some of them may have been published.
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

/// An event as the bus takes it; its source is always `ledgerbell`.
#[derive(Debug, Clone, PartialEq)]
pub struct BusEntry {
    /// The event's type, like `MoneyDeposited`: the bus's `detail-type`.
    pub event_type: String,
    /// The event's JSON, as `docs/events/` describes it.
    pub detail: Value,
}

impl BusEntry {
    /// Returns the entry that publishes an event.
    ///
    /// # Errors
    /// - `Permanent`: the event cannot be written as JSON; a retry does not help.
    pub fn of(event: &IntegrationEvent) -> Result<Self> {
        BusEntry::with(event.type_name(), &event.into())
    }

    /// Returns the entry of an event of this type, from its detail as it was read.
    pub(crate) fn with(event_type: &str, detail: &Detail) -> Result<Self> {
        let detail = serde_json::to_value(detail)
            .map_err(|error| Error::permanent("an event cannot be written as JSON", error))?;
        Ok(BusEntry {
            event_type: event_type.to_owned(),
            detail,
        })
    }
}
