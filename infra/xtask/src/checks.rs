//! All tests, and what they need.

use std::{process::Command, time::Instant};

use crate::{
    command,
    error::Result,
    python::Python,
    simulation,
    workspace::{cargo, root},
};

/// The deployed test is a feature of the crate `tests`: a plain `cargo test` needs no Python and no local AWS.
const DEPLOYED: [&str; 3] = ["--workspace", "--features", "tests/deployed"];

/// Runs format, lints, all tests, and the deployed test last. Stops at the first that fails.
///
/// # Errors
/// The first failure.
pub fn test() -> Result<()> {
    let all = Instant::now();
    step("format", || cargo_run(&["fmt", "--all", "--check"], &[]))?;
    step("lints", || {
        cargo_run(
            &["clippy", "--all-targets"],
            &[&DEPLOYED[..], &["--", "--deny", "warnings"]].concat(),
        )
    })?;
    step("tests", || cargo_run(&["test"], &["--workspace"]))?;
    step("simulation", simulation::standard)?;
    step("Python programs", || Python::set_up().map(|_| ()))?;
    step("deployed test", || {
        cargo_run(
            &["test"],
            &[&DEPLOYED[..], &["--test", "deployed"]].concat(),
        )
    })?;
    eprintln!("== all passed in {:.1?}", all.elapsed());
    Ok(())
}

/// Runs the deployed test with faults between the functions and the local AWS.
///
/// # Errors
/// The first failure.
pub fn chaos() -> Result<()> {
    step("chaos", || {
        Python::set_up()?;
        cargo_run(
            &["test"],
            &[
                "--workspace",
                "--features",
                "tests/chaos",
                "--test",
                "deployed",
            ],
        )
    })
}

fn step(name: &str, run: impl FnOnce() -> Result<()>) -> Result<()> {
    eprintln!("== {name}");
    let started = Instant::now();
    let result = run();
    let outcome = if result.is_ok() { "passed" } else { "FAILED" };
    eprintln!("== {name}: {outcome} in {:.1?}", started.elapsed());
    result
}

fn cargo_run(first: &[&str], rest: &[&str]) -> Result<()> {
    command::run(
        Command::new(cargo())
            .current_dir(root())
            // Also where the caller forgot it: no prompt, no progress bar in a log.
            .env("CI", "true")
            .args(first)
            .args(rest),
    )
}
