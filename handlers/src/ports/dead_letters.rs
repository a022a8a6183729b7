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

    /// Looks at up to `max` letters and takes none: whoever looks or receives at the same time finds them too, as far as
    /// the queue can do that. What is delayed yet is no letter yet.
    ///
    /// # Errors
    /// Where it cannot be said how many there are.
    async fn look(&self, max: usize) -> Result<QueueView>;

    /// Up to `max` letters, hidden from others for `hidden_for`.
    async fn receive(&self, max: usize, hidden_for: Duration) -> Result<Vec<QueuedLetter>>;

    async fn remove(&self, receipt: &str) -> Result<()>;

    /// Makes a received letter visible to all again.
    async fn release(&self, receipt: &str) -> Result<()>;
}

/// What a look at the queue has seen.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct QueueView {
    pub letters: Vec<QueuedLetter>,
    /// How many there are, those included that somebody has received and keeps.
    pub waiting: usize,
}

#[derive(Clone, PartialEq, Eq)]
pub struct QueuedLetter {
    pub id: String,
    /// What removes or releases it; of no use after a look.
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
