//! The mailbox's condition, which shows how the pipeline behaves when the provider is slow or down.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use handlers::ports::SendFailure;
use serde::{Deserialize, Serialize};

/// Seconds that a slow mailbox takes for a mail: less than a lease (5 s).
const SLOW: Duration = Duration::from_secs(2);
/// Seconds after which a mailbox that is down may be tried again.
const RETRY_AFTER: Duration = Duration::from_secs(2);

/// The condition of a [`Mailbox`](crate::Mailbox). A restart sets it to `Up`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Condition {
    /// Accepts every mail at once.
    #[default]
    Up,
    /// Accepts every mail after 2 seconds.
    Slow,
    /// Refuses every mail for now, like a provider that throttles or has paused.
    Down,
}

/// The condition, shared by senders and by those who change it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Switch(Arc<Mutex<Condition>>);

impl Switch {
    pub(crate) fn get(&self) -> Condition {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn set(&self, condition: Condition) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = condition;
    }

    /// Waits if the mailbox is slow.
    ///
    /// # Errors
    /// - [`SendFailure::Later`]: the mailbox is down; retry after the given time.
    pub(crate) async fn pass(&self) -> Result<(), SendFailure> {
        match self.get() {
            Condition::Up => Ok(()),
            Condition::Slow => {
                tokio::time::sleep(SLOW).await;
                Ok(())
            }
            Condition::Down => Err(SendFailure::Later {
                reason: "the mailbox is down".to_owned(),
                after: RETRY_AFTER,
            }),
        }
    }
}
