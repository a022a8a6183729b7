//! A dead-letter queue that loses letters.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use handlers::Result;
use handlers::ports::{DeadLetterQueue, QueueView, QueuedLetter};

use super::is;
use crate::ports::{Port, Role};

#[derive(Debug)]
pub(super) struct FaultyLetters(pub(super) Arc<Port>);

#[async_trait]
impl DeadLetterQueue for FaultyLetters {
    async fn put(&self, body: &str, delay: Duration) -> Result<()> {
        match self.0.role() {
            // Those of notify are of unknown outcomes.
            Role::Notify if is("unknown-without-a-letter") => Ok(()),
            _ => self.0.put(body, delay).await,
        }
    }

    async fn look(&self, max: usize) -> Result<QueueView> {
        self.0.look(max).await
    }

    async fn receive(&self, max: usize, hidden_for: Duration) -> Result<Vec<QueuedLetter>> {
        let letters = self.0.receive(max, hidden_for).await?;
        if is("letter-removed-first") {
            for letter in &letters {
                // The letter may stay; the bug is that it is gone before it is acted on.
                let _ = self.0.remove(&letter.receipt).await;
            }
        }
        Ok(letters)
    }

    async fn remove(&self, receipt: &str) -> Result<()> {
        self.0.remove(receipt).await
    }

    async fn release(&self, receipt: &str) -> Result<()> {
        self.0.release(receipt).await
    }
}
