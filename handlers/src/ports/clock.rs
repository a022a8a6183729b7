use std::any::Any;
use std::fmt;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use chrono::{DateTime, SubsecRound, TimeDelta, Utc};

/// Time, as a value and as a wait.
#[async_trait]
pub trait Clock: Send + Sync {
    fn now(&self) -> DateTime<Utc>;
    async fn sleep(&self, duration: Duration);

    /// How long it is since some moment, by what nobody sets.
    fn elapsed(&self) -> Duration {
        static BEGAN: LazyLock<Instant> = LazyLock::new(Instant::now);
        BEGAN.elapsed()
    }

    /// The time to record with what is about to be written.
    fn stamp(&self) -> Stamp {
        Stamp::of(self.now())
    }

    /// Before this time nothing is recorded any more, as fine as commits are
    /// stamped. `window` is how long a write may take and how far the clocks of
    /// writers differ; a clock that all writers share knows better.
    fn settled(&self, window: TimeDelta) -> DateTime<Utc> {
        (self.now() - window).trunc_subsecs(6)
    }
}

/// A time for something that is about to be written. It is kept until that is
/// written or never will be: a clock that knows its stamps lets no reader pass
/// one that is still kept.
pub struct Stamp {
    pub at: DateTime<Utc>,
    _kept: Option<Box<dyn Any + Send>>,
}

impl Stamp {
    pub fn of(at: DateTime<Utc>) -> Self {
        Stamp { at, _kept: None }
    }

    /// Drops `kept` when the stamp is given up.
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

/// The machine's own clock.
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
