//! What the load did.

use std::time::Duration;

use serde::Serialize;

use super::writer::Tally;
use crate::output;

#[derive(Debug, Serialize)]
pub(super) struct Report {
    run: String,
    /// The number of deposits, each with its key.
    deposits: u64,
    /// The number of answers for new deposits.
    recorded: u64,
    /// The number of answers for deposits recorded before, such as a retry after a lost answer.
    replayed: u64,
    /// The number of answers 409 before that.
    conflicts: u64,
    /// The number of retries, for any reason.
    retries: u64,
    milliseconds: u64,
    requests_per_second: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<String>,
}

impl Report {
    pub(super) fn new(run: &str, deposits: u64) -> Self {
        Report {
            run: run.to_owned(),
            deposits,
            recorded: 0,
            replayed: 0,
            conflicts: 0,
            retries: 0,
            milliseconds: 0,
            requests_per_second: 0,
            problem: None,
        }
    }

    pub(super) fn add(&mut self, tally: Tally) {
        self.recorded += tally.recorded;
        self.replayed += tally.replayed;
        self.conflicts += tally.conflicts;
        self.retries += tally.retries;
        if let Some(problem) = tally.problem {
            self.failed(&problem);
        }
    }

    /// Only the first problem is reported.
    pub(super) fn failed(&mut self, problem: &str) {
        self.problem.get_or_insert_with(|| problem.to_owned());
    }

    pub(super) fn took(&mut self, time: Duration) {
        self.milliseconds = u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        self.requests_per_second =
            (self.recorded + self.replayed) * 1000 / self.milliseconds.max(1);
    }

    pub(super) fn problem(&self) -> Option<&str> {
        self.problem.as_deref()
    }

    pub(super) fn print(&self) {
        output::line(format!("run        {:>10}", self.run));
        for (name, number, meaning) in [
            ("deposits", self.deposits, "each under a key of its own"),
            ("recorded", self.recorded, "answers 201"),
            ("replayed", self.replayed, "answers 200: recorded before"),
            ("conflicts", self.conflicts, "answers 409 on the way"),
            ("retries", self.retries, "requests sent again"),
            ("took", self.milliseconds, "ms"),
            (
                "rate",
                self.requests_per_second,
                "acknowledged requests a second",
            ),
        ] {
            output::line(format!("{name:<10} {number:>10}  {meaning}"));
        }
    }
}
