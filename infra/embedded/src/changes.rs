//! Whether anything has changed on one machine, where one process writes.

use std::sync::Arc;

use async_trait::async_trait;
use handlers::Result;
use handlers::ports::{Changes, DeadLetterQueue, Mark};
use uuid::Uuid;

use crate::in_process::Answers;

/// Counts the writes of the engine. Dead letters are in another file, and are counted themselves.
pub(crate) struct LocalChanges {
    answers: Answers,
    dead_letters: Arc<dyn DeadLetterQueue>,
    /// Keeps the counts of two runs apart.
    run: Uuid,
}

impl LocalChanges {
    pub(crate) fn new(answers: Answers, dead_letters: Arc<dyn DeadLetterQueue>) -> Self {
        LocalChanges {
            answers,
            dead_letters,
            run: Uuid::new_v4(),
        }
    }
}

#[async_trait]
impl Changes for LocalChanges {
    async fn mark(&self) -> Result<Mark> {
        // Counted first: a write in between gives the next mark another count.
        let writes = self.answers.writes();
        let letters = self.dead_letters.look(1).await?.waiting;
        Ok(Mark {
            text: format!("{}.{writes}.{letters}", self.run.simple()),
            is_complete: true,
        })
    }
}
