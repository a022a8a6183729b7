//! The bus on one machine: an event is matched by the template's rules and
//! kept for each function that a rule feeds, before anyone is told that it
//! was taken.

use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use chrono::{SecondsFormat, Utc};
use handlers::ports::{Bus, BusEntry};
use handlers::{Error, Result};
use quamina::Quamina;
use rusqlite::params;
use serde_json::{Value, json};
use tokio::sync::Notify;
use uuid::Uuid;

use crate::durable::Durable;
use crate::template::{Rule, Template};

pub(crate) struct LocalBus {
    durable: Durable,
    rules: Vec<Rule>,
    /// Patterns under the index of their rule.
    patterns: Mutex<Quamina<usize>>,
    /// Rung when there is something to deliver.
    bell: Arc<Notify>,
}

impl LocalBus {
    pub(crate) fn new(durable: Durable, template: &Template, bell: Arc<Notify>) -> Result<Self> {
        let rules = template.rules();
        let mut patterns = Quamina::new();
        for (index, rule) in rules.iter().enumerate() {
            for pattern in &rule.patterns {
                patterns.add_pattern(index, pattern).map_err(|error| {
                    Error::Permanent(format!("the pattern of {}: {error}", rule.name))
                })?;
            }
        }
        Ok(LocalBus {
            durable,
            rules,
            patterns: Mutex::new(patterns),
            bell,
        })
    }

    /// The rule and function of each delivery that the event makes.
    fn matches(&self, event: &Value) -> Result<Vec<(String, String)>> {
        let patterns = self.patterns.lock().unwrap_or_else(PoisonError::into_inner);
        let mut found = patterns
            .matches_for_event(event.to_string().as_bytes())
            .map_err(|error| Error::Permanent(format!("an event cannot be matched: {error}")))?;
        found.sort_unstable();
        found.dedup();
        let rules = found.into_iter().filter_map(|index| self.rules.get(index));
        Ok(rules
            .flat_map(|rule| {
                rule.functions
                    .iter()
                    .map(|function| (rule.name.clone(), function.clone()))
            })
            .collect())
    }
}

/// The event as EventBridge would hand it to a function.
fn envelope(entry: &BusEntry) -> Value {
    json!({
        "version": "0",
        "id": Uuid::new_v4(),
        "detail-type": entry.event_type,
        "source": "ledgerbell",
        "account": "000000000000",
        "time": Utc::now().to_rfc3339_opts(SecondsFormat::Secs, true),
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
        for entry in entries {
            let event = envelope(entry);
            results.push(self.matches(&event).map(|matches| {
                let text = event.to_string();
                deliveries.extend(
                    matches
                        .into_iter()
                        .map(|(rule, function)| (rule, function, text.clone())),
                );
            }));
        }
        let now = Utc::now().timestamp_millis();
        let written = self.durable.write_repeatable(move |transaction| {
            let mut insert = transaction.prepare_cached(
                "INSERT INTO delivery (rule, function, event, due_at) VALUES (?1, ?2, ?3, ?4)",
            )?;
            for (rule, function, event) in &deliveries {
                insert.execute(params![rule, function, event, now])?;
            }
            Ok(())
        });
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
    use super::*;

    async fn functions_of(event_type: &str, metadata: Value) -> Vec<String> {
        let folder = tempfile::tempdir().unwrap();
        let durable = Durable::open(&folder.path().join("local.sqlite")).unwrap();
        let bus = LocalBus::new(durable, &Template::built_in().unwrap(), Arc::default()).unwrap();
        let entry = BusEntry {
            event_type: event_type.to_owned(),
            detail: json!({ "metadata": metadata, "data": {} }),
        };
        bus.matches(&envelope(&entry))
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
