//! The simulation, in a build profile for speed.

use std::process::Command;

use crate::{
    command,
    error::Result,
    workspace::{cargo, root},
};

/// Runs the simulation with these arguments.
///
/// # Errors
/// - `Failed`: the build failed, or an invariant was violated.
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

/// Runs the seeds that once failed, many others, and the bugs that must be caught.
pub(crate) fn standard() -> Result<()> {
    simulate(&["--standard"])
}
