//! Low-balance alerts: whether a balance below the customer's threshold is worth
//! a mail.
//!
//! A balance that hovers around the threshold would alert at each movement. So
//! an alert is armed only once the balance has risen above the threshold by a
//! margin, and there is at most one a day, whatever the thresholds of that day.

use chrono::{DateTime, Utc};

use crate::integration_event::{Fact, IntegrationEvent};
use crate::recipient::Recipient;
use crate::{Event, Money, Version};

/// The divisor that gives the margin from the threshold if the customer names
/// no margin: a tenth, so that a balance just above the threshold does not
/// re-arm.
pub const DEFAULT_MARGIN_DIVISOR: i64 = 10;

/// The effect of one event on the balance, in minor units.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step {
    /// The version of the event.
    pub version: Version,
    /// When its commit was recorded.
    pub recorded_at: DateTime<Utc>,
    /// The balance before it.
    pub before: i64,
    /// The balance after it.
    pub after: i64,
    /// Whether customers are notified of the event at all.
    pub notify: bool,
}

impl Step {
    /// The step of an event; `None` for a derived one, whose step is that of its
    /// cause.
    #[must_use]
    pub fn of(event: &IntegrationEvent) -> Option<Self> {
        let (before, after) = match &event.fact {
            Fact::Overdrawn { .. } => return None,
            // There is no balance before an opening, so an account cannot fall by it.
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

/// The balance below which a balance is low, and the one at which it has recovered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mark {
    threshold: i64,
    rearmed_at: i64,
}

impl Mark {
    /// The mark of a threshold; `margin` defaults to a tenth of it.
    #[must_use]
    pub fn new(threshold: Money, margin: Option<Money>) -> Self {
        let threshold = threshold.minor();
        let margin = margin.map_or(threshold / DEFAULT_MARGIN_DIVISOR, Money::minor);
        Mark {
            threshold,
            rearmed_at: threshold.saturating_add(margin.max(0)),
        }
    }

    /// Whether the step leads from the threshold or above to below it.
    #[must_use]
    pub fn is_crossed_by(&self, step: &Step) -> bool {
        step.before >= self.threshold && step.after < self.threshold
    }

    /// Whether the balance has recovered after this step; `None` if that depends
    /// on earlier steps.
    fn is_armed_after(&self, step: &Step) -> Option<bool> {
        if step.after < self.threshold {
            Some(false)
        } else if step.after >= self.rearmed_at {
            Some(true)
        } else {
            None
        }
    }

    /// Whether a fall after these steps, newest first, may alert. If none of them
    /// decides, it may unless the balance before the oldest was low: an account
    /// that opened at its threshold or above may alert at its first fall.
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

/// The low-balance preferences in force when an event was recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// The customer's threshold and margin.
    pub mark: Mark,
    /// The beginning of the event's day in the time zone that the customer had.
    pub day_begins: DateTime<Utc>,
    /// The recipients with the kind switched on.
    pub by: Vec<Recipient>,
}

/// The steps before the one in question, gathered from the newest backwards
/// until they decide whether it alerts.
#[derive(Debug)]
pub struct Past {
    asked: Asked,
    /// The beginning of the day, or an earlier one if the customer's time zone
    /// changed: alerts since then may count.
    since: DateTime<Utc>,
    /// Marks of which no step has decided yet whether they were armed.
    open: Vec<Mark>,
    /// Newest first, each with the preferences in force at its time if they matter.
    steps: Vec<(Step, Option<Asked>)>,
}

impl Past {
    /// Returns the empty past of an event at which these preferences were in force.
    #[must_use]
    pub fn new(asked: Asked) -> Self {
        Past {
            since: asked.day_begins,
            open: vec![asked.mark],
            asked,
            steps: Vec::new(),
        }
    }

    /// Whether the preferences at the time of this step matter: it may have
    /// alerted on the same day.
    #[must_use]
    pub fn depends_on_what_was_asked_at(&self, step: &Step) -> bool {
        step.notify && step.recorded_at >= self.since && step.after < step.before
    }

    /// Adds the step before the oldest one, and returns whether earlier steps can
    /// still change the outcome.
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

    /// Whether the balance had recovered since it was last low.
    #[must_use]
    pub fn is_armed(&self) -> bool {
        let steps = self.steps.iter().map(|(step, _)| step);
        self.asked.mark.is_armed_by(steps)
    }

    /// Whether an earlier event of the same day alerted this recipient. The
    /// preferences in force at each event decide on it: their threshold, and one
    /// alert in their day.
    #[must_use]
    pub fn was_told_today(&self, recipient: &Recipient) -> bool {
        let mut told: Vec<DateTime<Utc>> = Vec::new();
        for (index, (step, asked)) in self.steps.iter().enumerate().rev() {
            let Some(asked) = asked.as_ref().filter(|asked| asked.by.contains(recipient)) else {
                continue;
            };
            let newer_or_equal = index.saturating_add(1);
            let earlier = self.steps.iter().skip(newer_or_equal).map(|(step, _)| step);
            let armed = asked.mark.is_armed_by(earlier);
            if armed && !told.iter().any(|at| *at >= asked.day_begins) {
                told.push(step.recorded_at);
            }
        }
        told.iter().any(|at| *at >= self.asked.day_begins)
    }
}
