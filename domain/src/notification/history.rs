//! The steps of a notification, in bounded size: a mailer that is out for weeks causes thousands of them, and they repeat.
//!
//! They are for people. No decision depends on them: see [`Facts`](super::Facts).

use std::ops::Deref;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{Phase, Reason};

/// Entries of a history, 16 KB with the longest details. Further ones are joined in the middle.
pub const MAX_STEPS: usize = FIRST + STATES + LAST;

/// Entries that are not joined, at the beginning and at the end.
const FIRST: usize = 12;
const LAST: usize = 20;
/// Those between them have one entry for each state.
const STATES: usize = 8;
const _: () = assert!(STATES == Phase::ALL.len());
/// Longest run of steps whose repetition is recognised: an attempt has two (three in older versions), and two reasons may
/// alternate, with quiet hours between them.
const LONGEST_CYCLE: usize = 8;

/// One step, or the same step more than once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HistoryEntry {
    /// The state that was entered.
    pub state: Phase,
    /// The first time.
    pub at: DateTime<Utc>,
    /// More about it, for a person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<Reason>,
    /// The number of times.
    #[serde(default = "once", skip_serializing_if = "is_once")]
    pub times: u32,
    /// The last time, if there was more than one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_at: Option<DateTime<Utc>>,
}

fn once() -> u32 {
    1
}

fn is_once(times: &u32) -> bool {
    *times == 1
}

impl HistoryEntry {
    /// The last time.
    #[must_use]
    pub fn until(&self) -> DateTime<Utc> {
        self.last_at.unwrap_or(self.at)
    }

    fn repeats(&self, earlier: &HistoryEntry) -> bool {
        self.state == earlier.state && self.detail == earlier.detail
    }

    /// Adds a later entry of the same step.
    fn join(&mut self, later: &HistoryEntry) {
        self.times = self.times.saturating_add(later.times);
        self.last_at = Some(later.until());
    }
}

/// The steps, oldest first, in at most [`MAX_STEPS`] entries. Repeated steps are one entry with a count. If that does not
/// suffice, those in the middle lose their details. The counts are complete.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Vec<HistoryEntry>")]
pub struct History(Vec<HistoryEntry>);

/// A history of an older version may be longer, and is shortened as if its steps were added now.
impl From<Vec<HistoryEntry>> for History {
    fn from(steps: Vec<HistoryEntry>) -> Self {
        if steps.len() <= MAX_STEPS {
            return History(steps);
        }
        let mut history = History::default();
        for step in steps {
            history.push(step);
        }
        history
    }
}

impl Deref for History {
    type Target = [HistoryEntry];
    fn deref(&self) -> &[HistoryEntry] {
        &self.0
    }
}

impl History {
    /// The last time at which this state was entered.
    pub(super) fn last_of(&self, state: Phase) -> Option<DateTime<Utc>> {
        let mut latest = self.0.iter().rev();
        latest
            .find(|entry| entry.state == state)
            .map(HistoryEntry::until)
    }

    /// Adds the next step.
    pub fn add(&mut self, state: Phase, at: DateTime<Utc>, detail: Option<Reason>) {
        self.push(HistoryEntry {
            state,
            at,
            detail,
            times: 1,
            last_at: None,
        });
    }

    fn push(&mut self, step: HistoryEntry) {
        self.0.push(step);
        self.join_repeated();
        if self.0.len() > MAX_STEPS {
            self.join_middle();
        }
    }

    /// Joins the last steps with equal ones directly before them.
    fn join_repeated(&mut self) {
        for cycle in 1..=LONGEST_CYCLE {
            let Some(begins) = self.0.len().checked_sub(cycle) else {
                return;
            };
            let (earlier, last) = self.0.split_at_mut(begins);
            let before = earlier.len().checked_sub(cycle);
            let Some(earlier) = before.and_then(|begins| earlier.get_mut(begins..)) else {
                return;
            };
            if last
                .iter()
                .zip(&*earlier)
                .all(|(one, before)| one.repeats(before))
            {
                for (before, one) in earlier.iter_mut().zip(last) {
                    before.join(one);
                }
                self.0.truncate(begins);
                return;
            }
        }
    }

    /// Joins the entries in the middle with the same state.
    fn join_middle(&mut self) {
        let mut joined: Vec<HistoryEntry> = Vec::new();
        let end = self.0.len().saturating_sub(LAST).max(FIRST);
        for step in self.0.drain(FIRST..end) {
            match joined.iter_mut().find(|one| one.state == step.state) {
                None => joined.push(step),
                Some(one) => {
                    if one.detail != step.detail {
                        one.detail = None;
                    }
                    one.join(&step);
                }
            }
        }
        self.0.splice(FIRST..FIRST, joined);
    }
}
