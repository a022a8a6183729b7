//! What SES tells of a mail after it has taken it: delivered, bounced, marked
//! as spam. It comes late, in any order, more than once, or never.

mod ses_event;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use tracing::field::Empty;
use tracing::{Instrument, Span};

use crate::error::{Error, Result};
use crate::ports::{Clock, Notifications, Saved, Suppression, Suppressions};
use crate::telemetry;
pub use ses_event::{SesEvent, Suppressed, read};

/// Where SES's events come from, on the bus of AWS's own services.
pub const SOURCE: &str = "aws.ses";

/// How often a write is tried: a mail has a handful of events, and they may
/// all come at the same moment.
const MAX_ATTEMPTS: u32 = 8;
/// The wait before the second try; it doubles. All together stays far below
/// the function's timeout.
const FIRST_WAIT: Duration = Duration::from_millis(20);

pub struct Feedback {
    pub notifications: Arc<dyn Notifications>,
    pub suppressions: Arc<dyn Suppressions>,
    pub clock: Arc<dyn Clock>,
}

impl fmt::Debug for Feedback {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Feedback").finish_non_exhaustive()
    }
}

impl Feedback {
    /// Handles one event as EventBridge hands it over. May be called again
    /// with it as often as one likes, and in any order with others.
    ///
    /// # Errors
    /// `Permanent` for what is no event of SES's form; `Retryable` where others
    /// were quicker, or a store does not answer.
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
        for attempt in 0..MAX_ATTEMPTS {
            // A mail is handed over after its notification was written, so one that is not there never was ours:
            // it changes nothing, not even for the address.
            let Some(stored) = self.notifications.get(id).await? else {
                tracing::warn!("SES tells of a mail that was not sent here");
                return Ok(());
            };
            if attempt == 0 {
                // First: what is suppressed too often does no harm, what is not suppressed does.
                if let Some(correlation_id) = stored.value.correlation_id() {
                    Span::current().record("correlation_id", correlation_id);
                }
                self.suppress(event).await?;
            }
            // Of nearly every mail, so that a write less counts.
            if stored.value.has_answer_of(&event.event) {
                return Ok(());
            }
            let now = self.clock.now();
            let Some(next) = stored.value.provider_reported(&event.event, now) else {
                return Ok(());
            };
            let before = stored.value.phase();
            let next = stored.map(|_| next);
            if self.notifications.save(&next).await? == Saved::Written {
                telemetry::told(before, &next.value, &event.event);
                return Ok(());
            }
            self.clock.sleep(FIRST_WAIT * (1 << attempt)).await;
        }
        Err(Error::Retryable(
            "others wrote this notification at the same time".into(),
        ))
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
