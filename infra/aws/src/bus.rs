use std::time::Duration;

use async_trait::async_trait;
use aws_sdk_eventbridge::Client;
use aws_sdk_eventbridge::config::retry::RetryConfig;
use aws_sdk_eventbridge::types::PutEventsRequestEntry;
use handlers::ports::{Bus, BusEntry};
use handlers::{Error, Result};

use crate::error::classify;
use crate::timeouts;

/// Entries in one PutEvents, by EventBridge's limit. The rest goes into further calls.
const MAX_ENTRIES: usize = 10;
/// Bytes in one PutEvents, and so in one entry. AWS takes 1 MB since January 2026; the older limit holds everywhere. A
/// larger entry fails permanently.
const MAX_BYTES: usize = 256 * 1024;
/// Calls for one entry, because EventBridge may leave some out of a call that succeeds. After the last, its error is
/// returned.
const MAX_ROUNDS: u32 = 4;
const SOURCE: &str = "ledgerbell";

/// The event bus on EventBridge, with `ledgerbell` as the source of all entries.
///
/// An entry that was left out is sent again, up to three times, with pauses of 100 to 400 ms. An entry may so be published
/// twice, but never lost without an error.
#[derive(Debug, Clone)]
pub struct EventBridge {
    client: Client,
    bus: String,
}

impl EventBridge {
    /// Returns the bus with this name or ARN.
    pub fn new(shared: &aws_config::SdkConfig, bus: String) -> Self {
        let config = aws_sdk_eventbridge::config::Builder::from(shared)
            .timeout_config(timeouts::EVENT_BRIDGE.config())
            .retry_config(RetryConfig::standard())
            .build();
        EventBridge {
            client: Client::from_conf(config),
            bus,
        }
    }

    /// Makes one call. Returns for each entry, in order, whether it was taken.
    async fn put(&self, entries: &[&BusEntry]) -> Vec<Result<()>> {
        let requests = entries.iter().map(|entry| {
            PutEventsRequestEntry::builder()
                .event_bus_name(&self.bus)
                .source(SOURCE)
                .detail_type(&entry.event_type)
                .detail(entry.detail.to_string())
                .build()
        });
        let answer = self
            .client
            .put_events()
            .set_entries(Some(requests.collect()))
            .send()
            .await;
        match answer {
            Err(error) => {
                let error = classify("publishing", &error);
                entries.iter().map(|_| Err(error.clone())).collect()
            }
            // Answers are in the order of the entries. An entry without an id, or without an answer, was not taken,
            // even if the call succeeded.
            Ok(answer) => (0..entries.len())
                .map(|index| match answer.entries().get(index) {
                    Some(entry) if entry.event_id().is_some() && entry.error_code().is_none() => {
                        Ok(())
                    }
                    Some(entry) => Err(Error::Retryable(
                        format!(
                            "publishing: {}",
                            entry.error_code().unwrap_or("the entry was not taken")
                        )
                        .into(),
                    )),
                    None => Err(Error::Retryable(
                        "publishing: the entry was not answered".into(),
                    )),
                })
                .collect(),
        }
    }
}

#[async_trait]
impl Bus for EventBridge {
    async fn publish(&self, entries: &[BusEntry]) -> Vec<Result<()>> {
        let mut results: Vec<Result<()>> = entries.iter().map(too_large).collect();
        let mut left: Vec<usize> = (0..entries.len())
            .filter(|index| results[*index].is_ok())
            .collect();
        for round in 0..MAX_ROUNDS {
            if round > 0 {
                tokio::time::sleep(Duration::from_millis(50 << round)).await;
            }
            for chunk in chunks(&left, entries) {
                let sent: Vec<&BusEntry> = chunk.iter().map(|index| &entries[*index]).collect();
                for (index, result) in chunk.iter().zip(self.put(&sent).await) {
                    results[*index] = result;
                }
            }
            left.retain(|index| {
                matches!(
                    results[*index],
                    Err(Error::Retryable(_) | Error::Unknown(_))
                )
            });
            if left.is_empty() {
                break;
            }
        }
        results
    }
}

/// The bytes of an entry as EventBridge counts them.
fn size(entry: &BusEntry) -> usize {
    SOURCE.len() + entry.event_type.len() + entry.detail.to_string().len()
}

fn too_large(entry: &BusEntry) -> Result<()> {
    if size(entry) <= MAX_BYTES {
        Ok(())
    } else {
        Err(Error::Permanent(
            format!("an event of {} bytes is too large for the bus", size(entry)).into(),
        ))
    }
}

/// Splits the entries into calls, in order, by count and by bytes.
fn chunks(indexes: &[usize], entries: &[BusEntry]) -> Vec<Vec<usize>> {
    let mut chunks: Vec<Vec<usize>> = Vec::new();
    let mut bytes = 0;
    for &index in indexes {
        let size = size(&entries[index]);
        match chunks.last_mut() {
            Some(chunk) if chunk.len() < MAX_ENTRIES && bytes + size <= MAX_BYTES => {
                chunk.push(index);
                bytes += size;
            }
            _ => {
                chunks.push(vec![index]);
                bytes = size;
            }
        }
    }
    chunks
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn entry(bytes: usize) -> BusEntry {
        BusEntry {
            event_type: "MoneyDeposited".to_owned(),
            detail: json!("x".repeat(bytes)),
        }
    }

    #[test]
    fn a_call_has_at_most_ten_entries_and_256_kilobytes() {
        let small: Vec<BusEntry> = (0..23).map(|_| entry(100)).collect();
        let indexes: Vec<usize> = (0..small.len()).collect();
        let sizes: Vec<usize> = chunks(&indexes, &small).iter().map(Vec::len).collect();
        assert_eq!(sizes, [10, 10, 3]);

        let large: Vec<BusEntry> = (0..4).map(|_| entry(100 * 1024)).collect();
        let sizes: Vec<usize> = chunks(&[0, 1, 2, 3], &large).iter().map(Vec::len).collect();
        assert_eq!(sizes, [2, 2]);
    }

    #[test]
    fn an_entry_that_no_call_can_take_fails_permanently() {
        assert!(matches!(
            too_large(&entry(MAX_BYTES)),
            Err(Error::Permanent(_))
        ));
        assert!(too_large(&entry(MAX_BYTES - 100)).is_ok());
    }
}
