//! The template and the real function binaries on a local AWS, with signatures and policies checked.
//!
//! All tests share one stack, each with customers and accounts of its own. Its change, and chaos after that, have it alone,
//! after the others, and not where one of them has failed. It ends with the last of them.

#![allow(
    clippy::unwrap_used,
    unreachable_pub,
    reason = "a test ends where something is not as expected"
)]

mod access;
mod change;
mod chaos;
mod exports;
mod feedback;
mod first_evening;
mod keys;
mod observed;
mod pipeline;
mod schedules;
mod signatures;

use std::sync::Arc;

use libtest_mimic::{Arguments, Conclusion, Trial};
use tests::deployed::Stack;

type Test = (&'static str, fn(&Stack));

fn main() {
    let arguments = Arguments::from_args();
    let together: Vec<Test> = [
        pipeline::TESTS,
        signatures::TESTS,
        access::TESTS,
        schedules::TESTS,
        feedback::TESTS,
        observed::TESTS,
        keys::TESTS,
        exports::TESTS,
        first_evening::TESTS,
    ]
    .concat();
    // One after the other.
    let alone = [change::TESTS.to_vec(), chaos::TESTS.to_vec()];
    if arguments.list {
        let nothing = |(name, _)| Trial::test(name, || Ok(()));
        let all = together.into_iter().chain(alone.concat());
        libtest_mimic::run(&arguments, all.map(nothing).collect()).exit();
    }
    let stack = Arc::new(Stack::deploy());
    let mut conclusion = run(&arguments, &stack, together);
    for tests in alone {
        if !conclusion.has_failed() {
            conclusion = run(&arguments, &stack, tests);
        }
    }
    // `exit` runs no destructors: the local AWS ends here.
    drop(stack);
    conclusion.exit();
}

fn run(arguments: &Arguments, stack: &Arc<Stack>, tests: Vec<Test>) -> Conclusion {
    let trials = tests
        .into_iter()
        .map(|(name, test)| {
            let stack = Arc::clone(stack);
            Trial::test(name, move || {
                test(&stack);
                Ok(())
            })
        })
        .collect();
    libtest_mimic::run(arguments, trials)
}
