//! The template and the real function binaries on a local AWS, with signatures and policies checked.
//!
//! All tests share one stack, each with customers and accounts of its own. It ends with the last of them.

#![allow(
    clippy::unwrap_used,
    reason = "a test ends where something is not as expected"
)]

mod permissions;
mod pipeline;
mod signatures;

use std::sync::Arc;

use libtest_mimic::{Arguments, Trial};
use tests::deployed::Stack;

type Test = (&'static str, fn(&Stack));

fn main() {
    let arguments = Arguments::from_args();
    let tests: Vec<Test> = [pipeline::TESTS, signatures::TESTS, permissions::TESTS].concat();
    if arguments.list {
        let nothing = |(name, _)| Trial::test(name, || Ok(()));
        libtest_mimic::run(&arguments, tests.into_iter().map(nothing).collect()).exit();
    }
    let stack = Arc::new(Stack::deploy());
    let trials = tests
        .into_iter()
        .map(|(name, test)| {
            let stack = Arc::clone(&stack);
            Trial::test(name, move || {
                test(&stack);
                Ok(())
            })
        })
        .collect();
    let conclusion = libtest_mimic::run(&arguments, trials);
    // `exit` runs no destructors: the local AWS ends here.
    drop(stack);
    conclusion.exit();
}
