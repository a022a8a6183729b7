//! A circuit breaker: while SES takes no mail of the whole account, no mail is tried.

use std::time::{Duration, Instant};

/// How long the breaker stays open. A person at AWS or at the bank has to act first. While mails wait, each opening raises
/// the alarm again.
const OPEN_FOR: Duration = Duration::from_secs(5 * 60);

#[derive(Debug, Default)]
pub(super) struct Breaker {
    until: Option<Instant>,
}

impl Breaker {
    /// Opens the breaker, and returns for how long.
    pub(super) fn open(&mut self, now: Instant) -> Duration {
        self.until = Some(now + OPEN_FOR);
        OPEN_FOR
    }

    /// Returns how long the breaker stays open; `None` if it is closed.
    pub(super) fn open_for(&self, now: Instant) -> Option<Duration> {
        let rest = self.until?.saturating_duration_since(now);
        (!rest.is_zero()).then_some(rest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_asks_for_some_minutes_and_then_somebody_does() {
        let (mut breaker, now) = (Breaker::default(), Instant::now());
        assert_eq!(breaker.open_for(now), None);
        assert_eq!(breaker.open(now), OPEN_FOR);
        assert_eq!(breaker.open_for(now), Some(OPEN_FOR));
        assert!(
            breaker
                .open_for(now + OPEN_FOR - Duration::from_secs(1))
                .is_some()
        );
        assert_eq!(breaker.open_for(now + OPEN_FOR), None);
    }
}
