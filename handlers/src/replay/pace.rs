//! The pace of a replay.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// The average pace since the beginning, including waits and interruptions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Pace {
    started_at: DateTime<Utc>,
    /// The time of the last write of the progress.
    noted_at: DateTime<Utc>,
    events_per_second: u64,
}

impl Pace {
    pub(super) fn beginning(now: DateTime<Utc>) -> Self {
        Pace {
            started_at: now,
            noted_at: now,
            events_per_second: 0,
        }
    }

    pub(super) fn noted(self, now: DateTime<Utc>, events: u64) -> Self {
        let took = (now - self.started_at).num_milliseconds();
        // The clock may have stepped back.
        let took = u64::try_from(took).unwrap_or(0).max(1);
        Pace {
            noted_at: now,
            events_per_second: events.saturating_mul(1000) / took,
            ..self
        }
    }
}
