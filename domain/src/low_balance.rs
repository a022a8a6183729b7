//! When a balance that fell below the customer's threshold is worth a mail.
//!
//! A balance that hovers around the threshold would ring at each movement. So
//! an alert is armed by rising above the threshold by a margin, and one is
//! enough for a day.

use chrono::{DateTime, Utc};

use crate::domain_event::{ACCOUNT_OVERDRAWN, DomainEvent};
use crate::money::MoneyError;
use crate::{Money, Version};

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
    pub fn of(event: &DomainEvent) -> Result<Option<Self>, MoneyError> {
        if event.event_type == ACCOUNT_OVERDRAWN {
            return Ok(None);
        }
        Ok(Some(Step {
            version: event.metadata.version,
            recorded_at: event.metadata.recorded_at,
            before: event.data.money(&event.data.balance_before)?.minor(),
            after: event.data.money(&event.data.balance_after)?.minor(),
            notify: event.metadata.notify,
        }))
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
}

/// The steps before the one in question, gathered from the newest backwards
/// until they tell whether it alerts.
#[derive(Debug)]
pub struct Past {
    mark: Mark,
    /// Where the day of the event in question begins, by the customer's clock.
    day_begins: DateTime<Utc>,
    /// Newest first.
    steps: Vec<Step>,
}

/// What the past says of an event that crosses the mark.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// Whether the balance had recovered since it was low the last time.
    pub armed: bool,
    /// Earlier events of the same day that crossed the mark when it was armed,
    /// but for those of which nobody is told.
    pub earlier_today: Vec<Step>,
}

impl Past {
    pub fn new(mark: Mark, day_begins: DateTime<Utc>) -> Self {
        Past {
            mark,
            day_begins,
            steps: Vec::new(),
        }
    }

    /// Takes the step before those that it has, and answers whether earlier
    /// ones may still change the answer.
    pub fn needs_more_after(&mut self, step: Step) -> bool {
        let decides = step.after >= self.mark.rearmed_at || step.after < self.mark.threshold;
        let is_of_today = step.recorded_at >= self.day_begins;
        self.steps.push(step);
        is_of_today || !decides
    }

    /// Answers from what it has. Before its first step it was armed: an account
    /// that has never been low may alert at its first fall.
    pub fn answer(&self) -> Answer {
        let mut answer = Answer {
            armed: self
                .steps
                .last()
                .is_none_or(|oldest| oldest.before >= self.mark.threshold),
            earlier_today: Vec::new(),
        };
        for step in self.steps.iter().rev() {
            if answer.armed && self.mark.is_crossed_by(step) {
                answer.armed = false;
                if step.notify && step.recorded_at >= self.day_begins {
                    answer.earlier_today.push(*step);
                }
            }
            if step.after < self.mark.threshold {
                answer.armed = false;
            } else if step.after >= self.mark.rearmed_at {
                answer.armed = true;
            }
        }
        answer
    }
}
