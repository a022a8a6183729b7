use std::any::Any;
use std::fmt;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use chrono::{DateTime, SubsecRound, TimeDelta, Utc};

/// The clock: the time, and waiting.
#[async_trait]
pub trait Clock: Send + Sync {
    /// Returns the current time. It may step back, as a machine's clock does.
    fn now(&self) -> DateTime<Utc>;
    /// Waits for this long.
    async fn sleep(&self, duration: Duration);

    /// Returns the time since some fixed moment, by a clock that nobody sets.
    fn elapsed(&self) -> Duration {
        static BEGAN: LazyLock<Instant> = LazyLock::new(Instant::now);
        BEGAN.elapsed()
    }

    /// Returns the time to record with the next write.
    fn stamp(&self) -> Stamp {
        Stamp::of(self.now())
    }

    /// Returns the time before which no further commit will be recorded, in whole microseconds, as commits have them.
    ///
    /// `window` is the longest time of a write plus the largest difference between the writers' clocks. A clock that all
    /// writers share knows the writes under way, and needs no window.
    fn settled(&self, window: TimeDelta) -> DateTime<Utc> {
        (self.now() - window).trunc_subsecs(6)
    }
}

/// A time to record with a write.
///
/// Keep it until the write has succeeded or failed: a clock that counts its stamps returns no [`Clock::settled`] beyond one
/// that is still kept.
pub struct Stamp {
    /// The time to record.
    pub at: DateTime<Utc>,
    _kept: Option<Box<dyn Any + Send>>,
}

impl Stamp {
    /// Returns a stamp that no clock counts.
    pub fn of(at: DateTime<Utc>) -> Self {
        Stamp { at, _kept: None }
    }

    /// Returns a stamp that drops `kept` when it is dropped, by which its clock counts it.
    pub fn kept_by(at: DateTime<Utc>, kept: impl Any + Send) -> Self {
        Stamp {
            at,
            _kept: Some(Box::new(kept)),
        }
    }
}

impl fmt::Debug for Stamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Stamp").field(&self.at).finish()
    }
}

/// The machine's clock, with waits on tokio's timer.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

#[async_trait]
impl Clock for SystemClock {
    fn now(&self) -> DateTime<Utc> {
        Utc::now()
    }

    async fn sleep(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }
}
