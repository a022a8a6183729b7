//! A clock that the test moves.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use handlers::ports::Clock;

/// A clock that starts on 22 November 2026 at noon. Each reading is a microsecond
/// later than the one before, as with a real clock. A sleep advances it and takes
/// no real time.
#[derive(Debug)]
pub struct TestClock(Mutex<DateTime<Utc>>);

impl Default for TestClock {
    fn default() -> Self {
        let noon = DateTime::from_timestamp(1_795_348_800, 0);
        TestClock(Mutex::new(noon.expect("noon is within chrono's range")))
    }
}

impl TestClock {
    /// Advances the clock.
    ///
    /// # Panics
    /// Beyond chrono's range.
    pub fn advance(&self, duration: Duration) {
        let delta = TimeDelta::from_std(duration).expect("a wait within chrono's range");
        self.step(delta);
    }

    /// Sets the clock, forwards or back.
    pub fn set(&self, time: DateTime<Utc>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = time;
    }

    fn step(&self, delta: TimeDelta) -> DateTime<Utc> {
        let mut now = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *now += delta;
        *now
    }
}

#[async_trait]
impl Clock for TestClock {
    fn now(&self) -> DateTime<Utc> {
        self.step(TimeDelta::microseconds(1))
    }

    async fn sleep(&self, duration: Duration) {
        self.advance(duration);
        tokio::task::yield_now().await;
    }
}
