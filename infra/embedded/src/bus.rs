//! The bus on one machine. It matches an event with the template's rules and
//! stores a delivery for each function that they feed, before it acknowledges
//! the event.

use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use chrono::{DateTime, SecondsFormat, Utc};
use handlers::ports::{Bus, BusEntry, Clock};
use handlers::{Error, Result};
use quamina::Quamina;
use rusqlite::{Transaction, params};
use serde_json::{Value, json};
use tokio::sync::Notify;
use uuid::Uuid;

use crate::durable::Durable;
use crate::template::{Rule, Template};

pub(crate) struct LocalBus {
    durable: Durable,
    rules: Vec<Rule>,
    /// The patterns, each with the index of its rule.
    patterns: Mutex<Quamina<usize>>,
    /// Notified when there is something to deliver.
    bell: Arc<Notify>,
    clock: Arc<dyn Clock>,
}

/// An event on its way to a function.
pub(crate) struct Delivery {
    rule: String,
    function: String,
    event: String,
    /// The due time, in milliseconds since 1970.
    due_at: i64,
}

/// Stores deliveries within a larger transaction.
pub(crate) fn deliver(
    transaction: &Transaction<'_>,
    deliveries: &[Delivery],
) -> rusqlite::Result<()> {
    let mut insert = transaction.prepare_cached(
        "INSERT INTO delivery (rule, function, event, due_at) VALUES (?1, ?2, ?3, ?4)",
    )?;
    for delivery in deliveries {
        insert.execute(params![
            delivery.rule,
            delivery.function,
            delivery.event,
            delivery.due_at
        ])?;
    }
    Ok(())
}

impl LocalBus {
    pub(crate) fn new(
        durable: Durable,
        template: &Template,
        bell: Arc<Notify>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self> {
        let rules = template.rules();
        let mut patterns = Quamina::new();
        for (index, rule) in rules.iter().enumerate() {
            for pattern in &rule.patterns {
                patterns.add_pattern(index, pattern).map_err(|error| {
                    Error::permanent(format!("the pattern of {}", rule.name), error)
                })?;
            }
        }
        Ok(LocalBus {
            durable,
            rules,
            patterns: Mutex::new(patterns),
            bell,
            clock,
        })
    }

    /// Returns the deliveries for an event of an AWS service, which arrives on
    /// the default bus.
    pub(crate) fn of_aws(&self, event: &Value, due_at: DateTime<Utc>) -> Result<Vec<Delivery>> {
        self.deliveries(event, true, due_at)
    }

    fn deliveries(
        &self,
        event: &Value,
        on_default_bus: bool,
        due_at: DateTime<Utc>,
    ) -> Result<Vec<Delivery>> {
        let text = event.to_string();
        let matches = self.matches(event, on_default_bus)?.into_iter();
        Ok(matches
            .map(|(rule, function)| Delivery {
                rule,
                function,
                event: text.clone(),
                due_at: due_at.timestamp_millis(),
            })
            .collect())
    }

    /// Returns rule and function of each delivery for this event.
    fn matches(&self, event: &Value, on_default_bus: bool) -> Result<Vec<(String, String)>> {
        let patterns = self.patterns.lock().unwrap_or_else(PoisonError::into_inner);
        let mut found = patterns
            .matches_for_event(event.to_string().as_bytes())
            .map_err(|error| Error::permanent("an event cannot be matched", error))?;
        found.sort_unstable();
        found.dedup();
        let rules = found
            .into_iter()
            .filter_map(|index| self.rules.get(index))
            .filter(|rule| rule.on_default_bus == on_default_bus);
        Ok(rules
            .flat_map(|rule| {
                rule.functions
                    .iter()
                    .map(|function| (rule.name.clone(), function.clone()))
            })
            .collect())
    }
}

/// Returns the event as EventBridge would pass it to a function.
fn envelope(entry: &BusEntry, now: DateTime<Utc>) -> Value {
    json!({
        "version": "0",
        "id": Uuid::new_v4(),
        "detail-type": entry.event_type,
        "source": "ledgerbell",
        "account": "000000000000",
        "time": now.to_rfc3339_opts(SecondsFormat::Secs, true),
        "region": "local",
        "resources": [],
        "detail": entry.detail,
    })
}

#[async_trait]
impl Bus for LocalBus {
    async fn publish(&self, entries: &[BusEntry]) -> Vec<Result<()>> {
        let mut results = Vec::with_capacity(entries.len());
        let mut deliveries = Vec::new();
        let now = self.clock.now();
        for entry in entries {
            let made = self.deliveries(&envelope(entry, now), false, now);
            results.push(made.map(|made| deliveries.extend(made)));
        }
        let written = self
            .durable
            .write_repeatable(move |transaction| deliver(transaction, &deliveries));
        match written.await {
            Ok(()) => self.bell.notify_one(),
            Err(error) => results
                .iter_mut()
                .for_each(|result| *result = Err(error.clone())),
        }
        results
    }
}

#[cfg(test)]
mod tests {
    use handlers::ports::SystemClock;

    use super::*;

    async fn functions_of(event_type: &str, metadata: Value) -> Vec<String> {
        let folder = tempfile::tempdir().unwrap();
        let durable = Durable::open(&folder.path().join("local.sqlite")).unwrap();
        let template = Template::built_in().unwrap();
        let clock = Arc::new(SystemClock);
        let bus = LocalBus::new(durable, &template, Arc::default(), clock).unwrap();
        let entry = BusEntry {
            event_type: event_type.to_owned(),
            detail: json!({ "metadata": metadata, "data": {} }),
        };
        let event = envelope(&entry, DateTime::UNIX_EPOCH);
        assert_eq!(bus.matches(&event, true).unwrap(), []);
        bus.matches(&event, false)
            .unwrap()
            .into_iter()
            .map(|(_, function)| function)
            .collect()
    }

    #[tokio::test]
    async fn the_rules_of_the_template_feed_the_functions() {
        for event_type in [
            "MoneyDeposited",
            "MoneyWithdrawn",
            "TransactionReversed",
            "AccountOverdrawn",
            "OperationSkipped",
            "AccountClosed",
        ] {
            assert_eq!(
                functions_of(event_type, json!({ "version": 2 })).await,
                ["NotifyFunction"],
                "{event_type}"
            );
        }
        assert_eq!(
            functions_of("ReplayRequested", json!({})).await,
            ["ReplayFunction"]
        );
        assert!(functions_of("AccountOpened", json!({})).await.is_empty());
    }

    #[tokio::test]
    async fn a_replayed_event_or_one_for_somebody_else_never_reaches_the_mails() {
        assert!(
            functions_of(
                "MoneyDeposited",
                json!({ "replay": "r-1", "target": "notify" })
            )
            .await
            .is_empty()
        );
        assert!(
            functions_of("MoneyDeposited", json!({ "target": "warehouse" }))
                .await
                .is_empty()
        );
        assert_eq!(
            functions_of("MoneyDeposited", json!({ "target": "notify" })).await,
            ["NotifyFunction"]
        );
    }
}
