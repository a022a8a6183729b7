//! How fast a replay goes.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// How fast it goes, waits and interruptions included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Pace {
    started_at: DateTime<Utc>,
    /// When the progress was noted last.
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
        // A clock that was put back says nothing.
        let took = u64::try_from(took).unwrap_or(0).max(1);
        Pace {
            noted_at: now,
            events_per_second: events.saturating_mul(1000) / took,
            ..self
        }
    }
}
