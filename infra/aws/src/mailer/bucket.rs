//! A token bucket: one process's share of the account's sending rate.

use std::time::{Duration, Instant};

use handlers::ports::Priority;

/// The units of one mail. They are fractions of a mail, because a process's share of the rate may be one.
const MAIL: u64 = 1_000_000;
/// Processes that are assumed if no concurrency is reserved: the limit of a new account.
const UNRESERVED: u32 = 10;

pub(super) fn assumed(concurrency: u32) -> u32 {
    if concurrency == 0 {
        UNRESERVED
    } else {
        concurrency
    }
}

/// Returns the rate of one process, in units a second: at least a mail in 17 minutes.
pub(super) fn share(rate: u64, concurrency: u32) -> u64 {
    (rate.saturating_mul(MAIL) / u64::from(concurrency.max(1)))
        .clamp(MAIL / 1000, u64::MAX / 1_000_000)
}

/// A bucket that fills with time, and holds the mails of one second, at least one.
///
/// Security mails may take one second's mails in advance, for which ordinary ones then wait. So they go first even if the
/// bucket is empty.
#[derive(Debug)]
pub(super) struct Bucket {
    rate: u64,
    /// Units in the bucket, including the advance.
    level: u64,
    at: Instant,
}

impl Bucket {
    pub(super) fn full(rate: u64, now: Instant) -> Self {
        let mut bucket = Bucket {
            rate,
            level: 0,
            at: now,
        };
        bucket.level = bucket.advance() + bucket.capacity();
        bucket
    }

    fn capacity(&self) -> u64 {
        self.rate.max(MAIL)
    }

    fn advance(&self) -> u64 {
        self.capacity()
    }

    pub(super) fn set_rate(&mut self, rate: u64, now: Instant) {
        if rate == self.rate {
            return;
        }
        self.fill(now);
        // The advance is not carried over.
        let there = self.level.saturating_sub(self.advance());
        self.rate = rate;
        self.level = self.advance() + there.min(self.capacity());
    }

    fn fill(&mut self, now: Instant) {
        let passed = now.saturating_duration_since(self.at).as_micros();
        let brought = passed.saturating_mul(u128::from(self.rate)) / 1_000_000;
        let full = self.advance() + self.capacity();
        self.level = u128::from(self.level)
            .saturating_add(brought)
            .min(u128::from(full)) as u64;
        self.at = now;
    }

    /// Takes the units of one mail, or returns the time until they are there.
    pub(super) fn take(&mut self, priority: Priority, now: Instant) -> Result<(), Duration> {
        self.fill(now);
        let needed = match priority {
            Priority::Security => MAIL,
            Priority::Ordinary => MAIL + self.advance(),
        };
        if self.level >= needed {
            self.level -= MAIL;
            return Ok(());
        }
        let missing = u128::from(needed - self.level);
        let micros = (missing * 1_000_000).div_ceil(u128::from(self.rate.max(1)));
        Err(Duration::from_micros(micros.try_into().unwrap_or(u64::MAX)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How many ordinary mails go out in this time, waiting as told.
    fn sent_in(seconds: u64, rate: u64, concurrency: u32) -> u64 {
        let start = Instant::now();
        let (mut now, end) = (start, start + Duration::from_secs(seconds));
        let mut bucket = Bucket::full(share(rate, concurrency), now);
        let mut sent = 0;
        while now < end {
            match bucket.take(Priority::Ordinary, now) {
                Ok(()) => sent += 1,
                Err(wait) => now += wait,
            }
        }
        sent
    }

    #[test]
    fn all_processes_together_keep_to_the_rate_after_their_first_second() {
        for (rate, concurrency) in [(14, 5), (1, 5), (200, 5), (14, 1), (3, 10)] {
            let sent = sent_in(1000, rate, concurrency) * u64::from(concurrency);
            let allowed = rate * 1000;
            let first = rate.max(u64::from(concurrency)) + u64::from(concurrency);
            assert!(sent <= allowed + first, "{rate}/{concurrency}: {sent}");
            assert!(sent + first >= allowed, "{rate}/{concurrency}: {sent}");
        }
    }

    #[test]
    fn a_security_mail_goes_where_an_ordinary_one_has_to_wait() {
        let now = Instant::now();
        let mut bucket = Bucket::full(share(2, 1), now);
        while bucket.take(Priority::Ordinary, now).is_ok() {}
        assert_eq!(bucket.take(Priority::Security, now), Ok(()));
        assert_eq!(bucket.take(Priority::Security, now), Ok(()));
        assert!(bucket.take(Priority::Security, now).is_err());
        // The ordinary ones pay for it.
        let wait = bucket.take(Priority::Ordinary, now).unwrap_err();
        assert_eq!(wait, Duration::from_millis(1500));
        assert_eq!(bucket.take(Priority::Ordinary, now + wait), Ok(()));
    }

    #[test]
    fn a_rate_that_changes_gives_no_burst() {
        let now = Instant::now();
        let mut bucket = Bucket::full(share(1, 1), now);
        while bucket.take(Priority::Security, now).is_ok() {}
        bucket.set_rate(share(100, 1), now);
        assert!(bucket.take(Priority::Ordinary, now).is_err());
        bucket.set_rate(share(1, 1), now);
        assert!(bucket.take(Priority::Ordinary, now).is_err());
    }

    #[test]
    fn no_rate_is_so_small_or_so_large_that_it_breaks() {
        for rate in [0, 1, u64::MAX] {
            assert!(sent_in(1, rate.min(5), 1000) >= 1);
            let mut bucket = Bucket::full(share(rate, 1), Instant::now());
            assert_eq!(bucket.take(Priority::Ordinary, Instant::now()), Ok(()));
        }
    }
}
