//! The steps of a notification, in an item that stays small: a mailer that is
//! out for weeks causes thousands of them, and they repeat.
//!
//! They are for people. Nothing is decided by them: see [`Facts`](super::Facts).

use std::ops::Deref;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{Phase, Reason};

/// Most entries of a history. With the longest details they take 16 KB.
pub const MAX_STEPS: usize = FIRST + STATES + LAST;

/// Entries that stay as they are, from the beginning and up to the end.
const FIRST: usize = 12;
const LAST: usize = 20;
/// Those between them have one entry for each state.
const STATES: usize = 8;
const _: () = assert!(STATES == Phase::ALL.len());
/// Longest run of steps whose repetition is noticed: an attempt has two (three
/// where an older version stored it), and two reasons may alternate, with quiet
/// hours between.
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
    /// How often it was taken.
    #[serde(default = "once", skip_serializing_if = "is_once")]
    pub times: u32,
    /// The last time, of more than one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_at: Option<DateTime<Utc>>,
}

fn once() -> u32 {
    1
}

// The form that serde asks for.
#[allow(clippy::trivially_copy_pass_by_ref)]
fn is_once(times: &u32) -> bool {
    *times == 1
}

impl HistoryEntry {
    /// Returns when it was taken the last time.
    pub fn until(&self) -> DateTime<Utc> {
        self.last_at.unwrap_or(self.at)
    }

    fn repeats(&self, earlier: &HistoryEntry) -> bool {
        self.state == earlier.state && self.detail == earlier.detail
    }

    /// Counts a later entry of the same step in.
    fn join(&mut self, later: &HistoryEntry) {
        self.times = self.times.saturating_add(later.times);
        self.last_at = Some(later.until());
    }
}

/// The steps, oldest first, at most [`MAX_STEPS`] entries. Steps that repeat
/// are one entry with a count; where that does not suffice, those in the middle
/// keep their state alone. No step is lost from the counts.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Vec<HistoryEntry>")]
pub struct History(Vec<HistoryEntry>);

/// What an older version stored may be longer, and becomes as short as if its
/// steps were taken now.
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
    /// When this state was entered the last time.
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

    /// Makes one of the last steps and of the same ones before them.
    fn join_repeated(&mut self) {
        let len = self.0.len();
        for cycle in 1..=LONGEST_CYCLE.min(len / 2) {
            let (earlier, last) = self.0.split_at_mut(len - cycle);
            let earlier = &mut earlier[len - 2 * cycle..];
            if last
                .iter()
                .zip(&*earlier)
                .all(|(one, before)| one.repeats(before))
            {
                for (before, one) in earlier.iter_mut().zip(last) {
                    before.join(one);
                }
                self.0.truncate(len - cycle);
                return;
            }
        }
    }

    /// Makes one of those in the middle that have the same state.
    fn join_middle(&mut self) {
        let mut joined: Vec<HistoryEntry> = Vec::new();
        for step in self.0.drain(FIRST..self.0.len() - LAST) {
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
