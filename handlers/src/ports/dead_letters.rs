use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use async_trait::async_trait;

use crate::error::Result;

/// The dead-letter queue: permanent failures, in the envelopes of their senders, which [`crate::dead_letter`] reads.
#[async_trait]
pub trait DeadLetterQueue: Send + Sync {
    /// Adds a letter of our own, visible after `delay` (at most 15 minutes, SQS's limit). Not idempotent: a repeated call adds
    /// a second letter.
    async fn put(&self, body: &str, delay: Duration) -> Result<()>;

    /// Reads up to `max` letters and leaves them in the queue, visible to other callers as far as the queue allows. A letter
    /// within its delay is not counted. With a `max` of 0 it only counts, and hides no letter from anybody.
    ///
    /// # Errors
    /// - `Retryable`: the queue did not report how many letters there are; look again.
    async fn look(&self, max: usize) -> Result<QueueView>;

    /// Receives up to `max` letters, which are hidden from others for `hidden_for`. Remove or release each.
    async fn receive(&self, max: usize, hidden_for: Duration) -> Result<Vec<QueuedLetter>>;

    /// Removes a received letter. Idempotent.
    async fn remove(&self, receipt: &str) -> Result<()>;

    /// Makes a received letter visible to everybody again. Idempotent.
    async fn release(&self, receipt: &str) -> Result<()>;
}

/// A view of the queue.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct QueueView {
    /// The letters that were seen, in no particular order.
    pub letters: Vec<QueuedLetter>,
    /// The number of letters in the queue, including those that somebody has received.
    pub waiting: usize,
}

/// A letter in the queue, not read yet.
#[derive(Clone, PartialEq, Eq)]
pub struct QueuedLetter {
    /// The queue's id of the letter.
    pub id: String,
    /// The handle that removes or releases a received letter. After a look it has no use.
    pub receipt: String,
    /// The envelope, in JSON if it is one of those that we know.
    pub body: String,
    /// The attributes of the message, in which EventBridge gives the reason (`ERROR_CODE`, `RULE_ARN` and others).
    pub attributes: BTreeMap<String, String>,
}

/// Shows only the id, because an event of SES contains its recipients.
impl fmt::Debug for QueuedLetter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("QueuedLetter")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}
