//! Whether anything has changed on one machine, where one process writes.

use std::sync::Arc;

use async_trait::async_trait;
use handlers::Result;
use handlers::ports::{Changes, DeadLetterQueue, Mark};

use crate::in_process::Answers;

/// Counts the writes of the engine. Dead letters are in another file, and are counted themselves.
pub(crate) struct LocalChanges {
    pub(crate) answers: Answers,
    pub(crate) dead_letters: Arc<dyn DeadLetterQueue>,
}

#[async_trait]
impl Changes for LocalChanges {
    async fn mark(&self) -> Result<Mark> {
        // Counted first: what is written meanwhile has another mark.
        let written = self.answers.written();
        let letters = self.dead_letters.look(0).await?.waiting;
        Ok(Mark {
            text: format!("{written}.{letters}"),
            is_complete: true,
        })
    }
}
