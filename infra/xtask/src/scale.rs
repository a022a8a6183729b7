//! A large history on one machine.

use std::process::Command;

use crate::{
    command,
    error::Result,
    package::Profile,
    workspace::{cargo, root},
};

/// Fills one machine with so many events, and measures what is done with them.
///
/// # Errors
/// Where it cannot be built, totals do not agree, or a process takes too much memory.
pub fn scale(events: u32, accounts: u32, profile: Profile) -> Result<()> {
    let mut command = Command::new(cargo());
    command
        .current_dir(root())
        .args(["run", "--quiet", "--package", "tests", "--bin", "scale"]);
    if profile == Profile::Release {
        command.arg("--release");
    }
    command::run(command.args(["--", &events.to_string(), &accounts.to_string()]))
}
