use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, SubsecRound, TimeDelta, Utc};

use super::clock::{Clock, Stamp};

/// The smallest step back that is logged; smaller ones are ordinary corrections.
const LOGGED_FROM: TimeDelta = TimeDelta::seconds(1);

/// The clock of a process that alone writes to its store.
///
/// It never shows an earlier time than before, whatever the machine's clock does, and [`Clock::settled`] never passes a stamp
/// whose write is under way. While the machine's clock is behind, this one runs at half its speed: so every wait for a time
/// ends, and the two meet again after twice the step.
///
/// It moves only when it is read. If nobody reads it before the machine's clock has passed the time that it showed last, the two
/// meet sooner than after twice the step, so one read more or less may change what it shows later.
pub struct MonotoneClock {
    source: Arc<dyn Clock>,
    shared: Arc<Mutex<Shared>>,
}

struct Shared {
    shown: DateTime<Utc>,
    /// The last look, by [`Clock::elapsed`].
    looked_at: Duration,
    is_behind: bool,
    /// The number of kept stamps by time.
    stamps: BTreeMap<DateTime<Utc>, usize>,
}

impl MonotoneClock {
    /// Returns a clock that shows no time before `not_before`, the newest recorded time in the store.
    pub fn new(source: Arc<dyn Clock>, not_before: Option<DateTime<Utc>>) -> Self {
        let shared = Shared {
            shown: not_before.unwrap_or(DateTime::<Utc>::MIN_UTC),
            looked_at: source.elapsed(),
            is_behind: false,
            stamps: BTreeMap::new(),
        };
        MonotoneClock {
            source,
            shared: Arc::new(Mutex::new(shared)),
        }
    }
}

impl fmt::Debug for MonotoneClock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MonotoneClock").finish_non_exhaustive()
    }
}

fn lock(shared: &Mutex<Shared>) -> MutexGuard<'_, Shared> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Shared {
    fn look(&mut self, source: &dyn Clock) -> DateTime<Utc> {
        let machine = source.now();
        let looked_at = source.elapsed();
        let passed = looked_at.saturating_sub(self.looked_at);
        self.looked_at = looked_at;
        if machine >= self.shown {
            self.is_behind = false;
            self.shown = machine;
            return machine;
        }
        if !self.is_behind && self.shown - machine >= LOGGED_FROM {
            tracing::warn!(
                seconds = (self.shown - machine).num_seconds(),
                "the machine's clock is behind what is recorded; time goes at half its speed until it has caught up"
            );
        }
        self.is_behind = true;
        let further = TimeDelta::from_std(passed / 2).unwrap_or(TimeDelta::zero());
        self.shown = self.shown.checked_add_signed(further).unwrap_or(self.shown);
        self.shown
    }

    fn give_up(&mut self, at: DateTime<Utc>) {
        if let Some(count) = self.stamps.get_mut(&at) {
            *count -= 1;
            if *count == 0 {
                self.stamps.remove(&at);
            }
        }
    }
}

/// A stamp that is still kept.
struct Kept {
    at: DateTime<Utc>,
    shared: Arc<Mutex<Shared>>,
}

impl Drop for Kept {
    fn drop(&mut self) {
        lock(&self.shared).give_up(self.at);
    }
}

#[async_trait]
impl Clock for MonotoneClock {
    fn now(&self) -> DateTime<Utc> {
        lock(&self.shared).look(self.source.as_ref())
    }

    async fn sleep(&self, duration: Duration) {
        self.source.sleep(duration).await;
    }

    fn stamp(&self) -> Stamp {
        let mut shared = lock(&self.shared);
        let at = shared.look(self.source.as_ref()).trunc_subsecs(6);
        *shared.stamps.entry(at).or_default() += 1;
        let shared = self.shared.clone();
        Stamp::kept_by(at, Kept { at, shared })
    }

    fn settled(&self, window: TimeDelta) -> DateTime<Utc> {
        let mut shared = lock(&self.shared);
        let settled = (shared.look(self.source.as_ref()) - window).trunc_subsecs(6);
        let oldest = shared.stamps.first_key_value();
        oldest.map_or(settled, |(oldest, _)| settled.min(*oldest))
    }
}
