//! Whether customers are told of what is imported.

use chrono::NaiveDate;
use statements::Plan;
use statements::Step;
use statements::plan::booked_on;

/// An import is silent unless it is asked not to be: statements of last year are
/// no news.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Telling {
    Nothing,
    Everything,
    /// What was booked on this day or later.
    Since(NaiveDate),
}

impl Telling {
    /// Whether customers are told of this step, all of whose entries were booked
    /// on one day.
    pub fn tells(self, plan: &Plan, step: &Step) -> bool {
        match self {
            Telling::Nothing => false,
            Telling::Everything => true,
            Telling::Since(day) => plan
                .entries
                .get(step.entries().start)
                .is_some_and(|entry| booked_on(entry) >= day),
        }
    }
}
