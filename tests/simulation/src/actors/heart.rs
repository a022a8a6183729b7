//! The heartbeat, which calls notify once a minute for what has waited, and
//! schedule for what is to be done.
//!
//! A beat that finds nothing changes nothing. So the minutes are played in
//! which something is due, some of the others, and the two after each: one
//! that was missed is made up for by the next.

use domain::notification::{Content, Notification};
use serde_json::json;

use crate::cloud::functions::Function;
use crate::faults::{Fault, Hop};
use crate::kernel::{Core, MINUTE, Micros, micros_at};

/// As the scheduler of the template calls it.
pub const HEARTBEAT: &str = "Heartbeat";
/// More beats without faults than anything that waits can need.
const MAX_BEATS_IN_PEACE: u64 = 5_000;

impl Core {
    /// Has the heart beat in the minute in which this is due.
    pub fn beat_when_due(&mut self, notification: &Notification) {
        if let Some(due_at) = notification.due_at()
            && !self.waits_beyond_the_end(notification)
        {
            self.beat_at(micros_at(due_at));
        }
    }

    /// Has the heart beat in the minute of this moment.
    pub fn beat_at(&mut self, time: Micros) {
        let minute = time.max(self.now + 1).div_ceil(MINUTE) * MINUTE;
        if self.state.beats.insert(minute) {
            self.after(minute - self.now, Core::beat);
        }
    }

    fn beat(&mut self) {
        let now = self.now;
        self.state.beats.remove(&now);
        let (told, run) = (self.is_something_to_tell(), self.is_something_to_run());
        let idle = !told && !run;
        let hop = Hop::Heartbeat;
        if idle && !(self.chances.on && self.rng.u32(..8) == 0) {
            return;
        }
        if !idle {
            self.beat_at(now + MINUTE);
        }
        self.coverage.called(hop);
        if !self.chances.on && self.state.mailer_out.is_none() {
            self.state.beats_in_peace += 1;
            if self.state.beats_in_peace > MAX_BEATS_IN_PEACE {
                self.violate("what is due comes to its end", || {
                    format!("after {MAX_BEATS_IN_PEACE} beats something is due still")
                });
                return;
            }
        }
        if self.chances.happens(&mut self.rng, hop, Fault::LostRequest) {
            self.coverage.note(hop, Fault::LostRequest);
            return;
        }
        let twice = self.chances.happens(&mut self.rng, hop, Fault::Duplicate);
        if twice {
            self.coverage.note(hop, Fault::Duplicate);
        }
        let event = json!({
            "source": "ledgerbell",
            "detail-type": HEARTBEAT,
            "detail": {},
        });
        for _ in 0..=u32::from(twice) {
            for (function, due) in [(Function::Notify, told || idle), (Function::Schedule, run)] {
                if due {
                    let event = event.clone();
                    let way = self.chances.way(&mut self.rng);
                    self.after(way, move |core| core.call(function, event));
                }
            }
        }
    }

    /// Whether it waits for a time that the simulation does not come to.
    pub fn waits_beyond_the_end(&self, notification: &Notification) -> bool {
        let statement = matches!(notification.content(), Content::Statement(_));
        let late = |due_at| micros_at(due_at) > self.state.setup.last_statement;
        statement && notification.due_at().is_some_and(late)
    }

    fn is_something_to_tell(&self) -> bool {
        let mut all = self.state.notifications.values();
        all.any(|found| self.is_due(found))
    }

    fn is_something_to_run(&self) -> bool {
        let now = self.time();
        let mut rows = self.state.schedules.values().map(|stored| &stored.value);
        rows.any(|row| row.parked.is_none() && row.next_at.is_some_and(|next_at| next_at <= now))
    }

    /// Whether the heartbeat is to take it up by now.
    fn is_due(&self, notification: &Notification) -> bool {
        notification
            .due_at()
            .is_some_and(|due_at| due_at <= self.time())
    }
}
