use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use async_trait::async_trait;

use crate::error::Result;

/// Where everything ends that failed for good, in the envelopes of whoever
/// put it there.
#[async_trait]
pub trait DeadLetterQueue: Send + Sync {
    /// Puts a letter of our own, visible after `delay` (at most 15 minutes, SQS's limit).
    async fn put(&self, body: &str, delay: Duration) -> Result<()>;

    /// Up to `max` letters, hidden from others for `hidden_for`.
    async fn receive(&self, max: usize, hidden_for: Duration) -> Result<Vec<QueuedLetter>>;

    async fn remove(&self, receipt: &str) -> Result<()>;

    /// Makes a received letter visible to all again.
    async fn release(&self, receipt: &str) -> Result<()>;
}

#[derive(Clone, PartialEq, Eq)]
pub struct QueuedLetter {
    pub id: String,
    pub receipt: String,
    pub body: String,
    /// EventBridge tells why in these (`ERROR_CODE`, `RULE_ARN` ...).
    pub attributes: BTreeMap<String, String>,
}

/// Not what it says: an event of SES's names its recipients.
impl fmt::Debug for QueuedLetter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("QueuedLetter")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}
