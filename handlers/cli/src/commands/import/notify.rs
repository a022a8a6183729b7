//! The option whether customers are notified of imported movements.

use chrono::NaiveDate;
use statements::plan::booked_on;
use statements::{Plan, Step};

/// The movements of which customers are notified: none by default, because last year's statements are not
/// news.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Notify {
    /// Nobody is notified.
    Never,
    /// Customers are notified of every movement.
    Always,
    /// Customers are notified of movements booked on this day or later.
    Since(NaiveDate),
}

impl Notify {
    /// Whether customers are notified of this step, whose entries were all booked on
    /// one day.
    pub(super) fn includes(self, plan: &Plan, step: &Step) -> bool {
        match self {
            Notify::Never => false,
            Notify::Always => true,
            Notify::Since(day) => plan
                .entries
                .get(step.entries().start)
                .is_some_and(|entry| booked_on(entry) >= day),
        }
    }
}
