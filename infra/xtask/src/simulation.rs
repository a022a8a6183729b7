//! The simulation, built to be quick.

use std::process::Command;

use crate::{
    command,
    error::Result,
    workspace::{cargo, root},
};

/// What the test command runs: enough for every fault to happen a thousand times at every hop.
const STANDARD: [&str; 4] = ["--seeds", "5000", "--faults", "1000"];
/// What it plants: bugs that must be caught.
const PLANTED: [&str; 3] = ["--planted", "--seeds", "1000"];

/// Runs the simulation with these arguments.
///
/// # Errors
/// Where it cannot be built, or an invariant is broken.
pub fn simulate<T: AsRef<str>>(arguments: &[T]) -> Result<()> {
    command::run(
        Command::new(cargo())
            .current_dir(root())
            .args([
                "run",
                "--quiet",
                "--profile",
                "simulation",
                "--package",
                "simulation",
                "--",
            ])
            .args(arguments.iter().map(AsRef::as_ref)),
    )
}

/// The seeds that once failed, many others, and the bugs that must be caught.
pub(crate) fn standard() -> Result<()> {
    simulate(&["--regressions"])?;
    simulate(&STANDARD)?;
    simulate(&PLANTED)
}
