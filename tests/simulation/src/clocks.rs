//! The clocks of the processes: off by a little, and in some seeds set wrong by
//! up to an hour for a while, as by a step of NTP or a machine that was paused.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use handlers::ports::{Clock, MonotoneClock};

use crate::faults::{Fault, Hop};
use crate::kernel::{Core, HOUR, Micros, ProcessId, SECOND, Sim};

/// The longest step.
pub const LONGEST_STEP: Micros = HOUR;
/// How far the clock of one process alone may be wrong: hosts of functions have
/// clocks that are kept. A redrive of the stream's records looks a minute about
/// the time at which the store wrote them.
const ALONE: Micros = 40 * SECOND;

/// How long the one clock of a machine, which never goes back, is ahead of one
/// that was set back: it goes at half its speed.
const CAUGHT_UP: Micros = 2 * LONGEST_STEP;

/// What the one machine shows.
struct MachineClock(Sim);

#[async_trait]
impl Clock for MachineClock {
    fn now(&self) -> DateTime<Utc> {
        let core = self.0.core();
        core.state.clocks.of_the_machine(core.time())
    }

    async fn sleep(&self, _: Duration) {}

    fn elapsed(&self) -> Duration {
        Duration::from_micros(self.0.core().now)
    }
}

#[derive(Debug, Default)]
pub struct Clocks {
    /// How far all of them are wrong: they are those of one machine.
    all: i64,
    /// How much further those of single processes are.
    of: BTreeMap<ProcessId, i64>,
    /// When they were set right.
    right_since: Micros,
    ever_wrong: bool,
}

impl Clocks {
    /// How far this process's clock is wrong, in microseconds.
    pub fn error_of(&self, process: ProcessId) -> i64 {
        self.all + self.of.get(&process).copied().unwrap_or(0)
    }

    /// What the machine's clock shows at this time.
    fn of_the_machine(&self, time: DateTime<Utc>) -> DateTime<Utc> {
        time + TimeDelta::microseconds(self.all)
    }

    fn are_right(&self) -> bool {
        self.all == 0 && self.of.is_empty()
    }

    /// Whether no clock has been wrong since then, but for the usual skew.
    pub fn were_right_since(&self, time: Micros) -> bool {
        self.are_right() && (!self.ever_wrong || self.right_since + CAUGHT_UP < time)
    }

    /// Whether none was ever wrong.
    pub fn were_always_right(&self) -> bool {
        !self.ever_wrong
    }
}

impl Sim {
    /// Has all that runs go by one clock, where it is on one machine.
    pub fn start_the_machine(&self) {
        if self.core().state.setup.one_machine {
            let source = Arc::new(MachineClock(self.clone()));
            // It asks for the time at once.
            let machine = MonotoneClock::new(source, None);
            self.core().state.machine = Some(Arc::new(machine));
        }
    }
}

impl Core {
    /// Sets the clock of the machine, or of one process of the API, forth or
    /// back; or, as often, all of them right again.
    pub fn step_a_clock(&mut self) {
        if !self.chances.on {
            return;
        }
        self.coverage.note(Hop::Clock, Fault::Step);
        self.state.clock_steps += 1;
        if !self.state.clocks.are_right() && self.rng.u32(..3) == 0 {
            self.set_clocks_right();
            return;
        }
        let alone = !self.state.setup.one_machine;
        let most = match alone {
            true => ALONE,
            false => [20 * SECOND, LONGEST_STEP][self.rng.usize(..2)],
        };
        let most = i64::try_from(most).unwrap_or(0);
        let error = self.rng.i64(-most..=most);
        let index = self.rng.usize(..self.state.apis.len());
        let process = self.state.apis[index].process();
        let clocks = &mut self.state.clocks;
        clocks.ever_wrong = true;
        if alone {
            clocks.of.insert(process, error);
        } else {
            clocks.all = error;
        }
        self.tell(|_| {
            let whose = if alone { "a process's" } else { "every" };
            format!("{whose} clock is set wrong by {error} µs")
        });
    }

    pub fn set_clocks_right(&mut self) {
        let now = self.now;
        let clocks = &mut self.state.clocks;
        if clocks.are_right() {
            return;
        }
        clocks.all = 0;
        clocks.of.clear();
        clocks.right_since = now;
        self.tell(|_| "all clocks are set right".to_owned());
    }
}
