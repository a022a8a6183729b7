use std::time::Duration;

use async_trait::async_trait;
use handlers::Result;
use handlers::ports::{DeadLetterQueue, QueueView, QueuedLetter};

use super::Port;
use crate::faults::Hop;
use crate::kernel::micros;

#[async_trait]
impl DeadLetterQueue for Port {
    async fn put(&self, body: &str, delay: Duration) -> Result<()> {
        let body = body.to_owned();
        self.call(Hop::LetterPut, move |core| {
            core.put_letter(body.clone(), &[], micros(delay));
        })
        .await
    }

    async fn look(&self, max: usize) -> Result<QueueView> {
        self.call(Hop::LetterReceive, move |core| core.peek_at_letters(max))
            .await
    }

    async fn receive(&self, max: usize, hidden_for: Duration) -> Result<Vec<QueuedLetter>> {
        self.call(Hop::LetterReceive, move |core| {
            core.receive_letters(max, micros(hidden_for))
        })
        .await
    }

    async fn remove(&self, receipt: &str) -> Result<()> {
        let receipt = receipt.to_owned();
        self.call(Hop::LetterRemove, move |core| core.remove_letter(&receipt))
            .await
    }

    async fn release(&self, receipt: &str) -> Result<()> {
        let receipt = receipt.to_owned();
        self.call(Hop::LetterRemove, move |core| {
            core.release_letter(&receipt);
        })
        .await
    }
}
