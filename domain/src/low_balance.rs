//! When a balance that fell below the customer's threshold is worth a mail.
//!
//! A balance that hovers around the threshold would ring at each movement. So
//! an alert is armed by rising above the threshold by a margin, and one is
//! enough for a day, whatever threshold is in force.

use chrono::{DateTime, Utc};

use crate::integration_event::{Fact, IntegrationEvent};
use crate::recipient::Recipient;
use crate::{Event, Money, Version};

/// What part of the threshold the balance has to rise above it before it can
/// alert again, where the customer names no margin: a tenth.
pub const DEFAULT_MARGIN_DIVISOR: i64 = 10;

/// What one event did to the balance, in minor units.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step {
    pub version: Version,
    pub recorded_at: DateTime<Utc>,
    pub before: i64,
    pub after: i64,
    /// Whether customers are told of the event at all.
    pub notify: bool,
}

impl Step {
    /// `None` for an event that follows from another one, whose step is that one's.
    pub fn of(event: &IntegrationEvent) -> Option<Self> {
        let (before, after) = match &event.fact {
            Fact::Overdrawn { .. } => return None,
            // An account has no balance before its opening: it begins with the one that it opens with.
            Fact::Reported(Event::AccountOpened(_)) => {
                (event.balances.after(), event.balances.after())
            }
            Fact::Reported(_) => (event.balances.before(), event.balances.after()),
        };
        Some(Step {
            version: event.metadata.version,
            recorded_at: event.metadata.recorded_at,
            before: before.minor(),
            after: after.minor(),
            notify: event.metadata.notify,
        })
    }
}

/// Where a balance is low, and when it has recovered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mark {
    threshold: i64,
    rearmed_at: i64,
}

impl Mark {
    pub fn new(threshold: Money, margin: Option<Money>) -> Self {
        let threshold = threshold.minor();
        let margin = margin.map_or(threshold / DEFAULT_MARGIN_DIVISOR, |margin| margin.minor());
        Mark {
            threshold,
            rearmed_at: threshold.saturating_add(margin.max(0)),
        }
    }

    /// From the threshold or above to below it.
    pub fn is_crossed_by(&self, step: &Step) -> bool {
        step.before >= self.threshold && step.after < self.threshold
    }

    /// Whether the balance has recovered after this step; `None` where that
    /// depends on what was before it.
    fn is_armed_after(&self, step: &Step) -> Option<bool> {
        if step.after < self.threshold {
            Some(false)
        } else if step.after >= self.rearmed_at {
            Some(true)
        } else {
            None
        }
    }

    /// Whether a fall after these steps, newest first, may alert. Before the
    /// first of them it may where the balance was not low: an account that
    /// opened at its threshold or above it may alert at its first fall.
    fn is_armed_by<'a>(&self, steps: impl IntoIterator<Item = &'a Step>) -> bool {
        let mut oldest = None;
        for step in steps {
            if let Some(armed) = self.is_armed_after(step) {
                return armed;
            }
            oldest = Some(step);
        }
        oldest.is_none_or(|oldest| oldest.before >= self.threshold)
    }
}

/// What a customer had asked for when an event was recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    pub mark: Mark,
    /// Where the day of the event begins, by the customer's clock of then.
    pub day_begins: DateTime<Utc>,
    /// Who was to be told.
    pub by: Vec<Recipient>,
}

/// The steps before the one in question, gathered from the newest backwards
/// until they tell whether it alerts.
#[derive(Debug)]
pub struct Past {
    asked: Asked,
    /// What was told since then may count: the beginning of the day, or an
    /// earlier one where the customer's clock was another.
    since: DateTime<Utc>,
    /// Marks of which it is open whether they were armed.
    open: Vec<Mark>,
    /// Newest first, each with what was asked for at its time, as far as that matters.
    steps: Vec<(Step, Option<Asked>)>,
}

impl Past {
    /// That of an event at which this was asked for.
    pub fn new(asked: Asked) -> Self {
        Past {
            since: asked.day_begins,
            open: vec![asked.mark],
            asked,
            steps: Vec::new(),
        }
    }

    /// Whether it matters what was asked for at the time of this step: it may
    /// have been told on the same day.
    pub fn depends_on_what_was_asked_at(&self, step: &Step) -> bool {
        step.notify && step.recorded_at >= self.since && step.after < step.before
    }

    /// Takes the step before those that it has, and answers whether earlier
    /// ones may still change the answer.
    pub fn needs_more_after(&mut self, step: Step, asked: Option<Asked>) -> bool {
        self.open
            .retain(|mark| mark.is_armed_after(&step).is_none());
        let matters = step.recorded_at >= self.since;
        let asked = asked.filter(|asked| matters && step.notify && asked.mark.is_crossed_by(&step));
        if let Some(asked) = &asked {
            self.since = self.since.min(asked.day_begins);
            if !self.open.contains(&asked.mark) {
                self.open.push(asked.mark);
            }
        }
        self.steps.push((step, asked));
        matters || !self.open.is_empty()
    }

    /// Whether the balance had recovered since it was low the last time.
    pub fn is_armed(&self) -> bool {
        let steps = self.steps.iter().map(|(step, _)| step);
        self.asked.mark.is_armed_by(steps)
    }

    /// Whether an earlier event of the same day was to be told to this
    /// recipient, each judged by what was asked for at its own time: by its own
    /// threshold, and once in its own day.
    pub fn was_told_today(&self, recipient: &Recipient) -> bool {
        let mut told: Vec<DateTime<Utc>> = Vec::new();
        for (index, (step, asked)) in self.steps.iter().enumerate().rev() {
            let Some(asked) = asked.as_ref().filter(|asked| asked.by.contains(recipient)) else {
                continue;
            };
            let earlier = self.steps.iter().skip(index + 1).map(|(step, _)| step);
            let armed = asked.mark.is_armed_by(earlier);
            if armed && !told.iter().any(|at| *at >= asked.day_begins) {
                told.push(step.recorded_at);
            }
        }
        told.iter().any(|at| *at >= self.asked.day_begins)
    }
}
