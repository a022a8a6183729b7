//! The cross-access matrix: who may do what, each caller with each route of the API and each call of AWS's services.

mod calls;
mod crafted;
mod routes;

use crate::Test;

pub const TESTS: &[Test] = &[
    (
        "every_caller_is_let_through_on_its_own_routes_and_denied_every_other",
        routes::matrix,
    ),
    (
        "a_bank_does_not_reach_the_account_of_another_by_a_crafted_path",
        crafted::paths,
    ),
    (
        "every_role_makes_its_own_calls_and_is_denied_every_other",
        calls::matrix,
    ),
    (
        "each_call_that_a_role_is_denied_is_one_that_root_may_make",
        calls::root_may,
    ),
];

/// The roles of the template that are no caller's.
const SERVICE_ROLES: [&str; 9] = [
    "ApiRole",
    "ProjectRole",
    "NotifyRole",
    "FeedbackRole",
    "ReplayRole",
    "ScheduleRole",
    "HeartbeatRole",
    "RotateRole",
    "ExportRole",
];

/// What of a matrix was seen, against what was expected.
#[derive(Default)]
struct Tally {
    passes: usize,
    denials: usize,
    wrong: Vec<String>,
}

/// What became of an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Seen {
    Passed,
    Denied,
    /// Neither: the attempt itself is no good.
    Neither,
}

impl Tally {
    fn note(&mut self, what: &str, may: bool, seen: Seen, answer: &tests::deployed::Answer) {
        match (may, seen) {
            (true, Seen::Passed) => self.passes += 1,
            (false, Seen::Denied) => self.denials += 1,
            _ => self.wrong.push(format!(
                "{what} should be {}, and was {seen:?}: {} {}",
                if may { "let through" } else { "denied" },
                answer.status,
                answer.body
            )),
        }
    }

    /// Prints the figures.
    ///
    /// # Panics
    /// Where a cell is not as expected.
    #[allow(
        clippy::print_stdout,
        reason = "how many cells there were is to be seen where all is well, too"
    )]
    fn conclude(self, name: &str, callers: usize) {
        let cells = self.passes + self.denials + self.wrong.len();
        println!(
            "{name}: {cells} cells, {callers} callers; {} let through and {} denied as expected, {} otherwise",
            self.passes,
            self.denials,
            self.wrong.len()
        );
        assert!(self.wrong.is_empty(), "{name}:\n{}", self.wrong.join("\n"));
    }
}
