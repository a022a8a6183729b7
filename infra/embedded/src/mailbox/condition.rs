//! What the mailbox does to mails, for whoever wants to see what the pipeline does then.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use handlers::ports::SendFailure;
use serde::{Deserialize, Serialize};

/// How long a slow mailbox takes: below the time that a worker has for a mail (5 s).
const SLOW: Duration = Duration::from_secs(2);
/// When a mailbox that is down is to be asked again.
const AGAIN_AFTER: Duration = Duration::from_secs(2);

/// How the mailbox is. It is up again after a restart.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Condition {
    /// Takes every mail at once.
    #[default]
    Up,
    /// Takes every mail, each after 2 seconds.
    Slow,
    /// Takes none, and says so, as a provider that throttles or has paused.
    Down,
}

/// The condition, shared by all who send and those who change it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Switch(Arc<Mutex<Condition>>);

impl Switch {
    pub(crate) fn get(&self) -> Condition {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn set(&self, condition: Condition) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = condition;
    }

    /// Waits where it is slow.
    ///
    /// # Errors
    /// [`SendFailure::Later`] where it is down.
    pub(crate) async fn pass(&self) -> Result<(), SendFailure> {
        match self.get() {
            Condition::Up => Ok(()),
            Condition::Slow => {
                tokio::time::sleep(SLOW).await;
                Ok(())
            }
            Condition::Down => Err(SendFailure::Later {
                reason: "the mailbox is down".to_owned(),
                after: AGAIN_AFTER,
            }),
        }
    }
}
