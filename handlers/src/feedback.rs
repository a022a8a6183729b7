//! The provider's reports about a mail after it was accepted: delivered, bounced, marked as spam. They arrive late, in any
//! order, more than once, or never.

mod ses_event;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use tracing::field::Empty;
use tracing::{Instrument, Span};

use crate::contention::Rounds;
use crate::error::{Contended, Result};
use crate::ports::{Clock, Notifications, Suppression, Suppressions};
use crate::telemetry;
pub use ses_event::{SesEvent, Suppressed, read};

/// The source of SES's events on the default bus.
pub const SOURCE: &str = "aws.ses";

/// Attempts of a write. A mail has a handful of events, which may arrive at the same moment. After the last, the event is
/// delivered again.
const MAX_ATTEMPTS: u32 = 8;
/// The wait before the second attempt; it doubles. All together stay far below the function's timeout.
const FIRST_WAIT: Duration = Duration::from_millis(20);

/// The use case that records the provider's reports, and suppresses addresses that bounce permanently or complain.
pub struct Feedback {
    /// The notifications that the reports are about.
    pub notifications: Arc<dyn Notifications>,
    /// The suppressed addresses.
    pub suppressions: Arc<dyn Suppressions>,
    /// The clock for recorded times and waits.
    pub clock: Arc<dyn Clock>,
}

impl fmt::Debug for Feedback {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Feedback").finish_non_exhaustive()
    }
}

impl Feedback {
    /// Records one event of SES, in EventBridge's envelope. Idempotent, and independent of the order of events. Events of other
    /// senders' mails change nothing.
    ///
    /// # Errors
    /// - `Permanent`: the event does not have SES's form, or a stored notification cannot be read; a retry does not help.
    /// - `Busy`: every optimistic write lost its race; deliver the event again.
    /// - `Retryable`, `Unknown`: a store did not answer; deliver the event again.
    pub async fn deliver(&self, event: &Value) -> Result<()> {
        let Some(event) = read(event)? else {
            return Ok(());
        };
        let span = tracing::error_span!(
            "feedback",
            correlation_id = Empty,
            notification_id = %event.notification_id
        );
        self.note(&event).instrument(span).await
    }

    async fn note(&self, event: &SesEvent) -> Result<()> {
        let id = event.notification_id;
        let wait = |attempt: u32| FIRST_WAIT * (1 << (attempt - 1));
        let mut rounds = Rounds::spaced(MAX_ATTEMPTS, self.clock.as_ref(), &wait);
        while let Some(attempt) = rounds.next().await {
            // Notifications are written before their mails are sent, so a missing one was never ours: the event changes
            // nothing, not even for the address.
            let Some(stored) = self.notifications.get(id).await? else {
                tracing::warn!("SES reports a mail that was not sent here");
                return Ok(());
            };
            if attempt == 0 {
                // First, because a repeated suppression does no harm and a missing one does.
                if let Some(correlation_id) = stored.value.correlation_id() {
                    Span::current().record("correlation_id", correlation_id);
                }
                self.suppress(event).await?;
            }
            // Nearly every mail has one, so the saved write counts.
            if stored.value.has_answer_of(&event.event) {
                return Ok(());
            }
            let now = self.clock.now();
            let Some(next) = stored.value.provider_reported(&event.event, now) else {
                return Ok(());
            };
            let before = stored.value.phase();
            let next = stored.map(|_| next);
            if self.notifications.save(&next).await?.is_written() {
                telemetry::told(before, &next.value, &event.event);
                return Ok(());
            }
        }
        Err(rounds.lost(Contended::Notification(id)))
    }

    async fn suppress(&self, event: &SesEvent) -> Result<()> {
        let Some(suppressed) = &event.suppressed else {
            return Ok(());
        };
        let suppression = Suppression {
            reason: suppressed.reason,
            // A time in the future could never be lifted.
            at: event.event.at.min(self.clock.now()),
            notification_id: event.notification_id,
        };
        for address in &suppressed.addresses {
            self.suppressions.add(address, &suppression).await?;
        }
        Ok(())
    }
}
