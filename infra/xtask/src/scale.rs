//! A large history on one machine.

use std::process::Command;

use crate::{
    command,
    error::Result,
    package::Profile,
    workspace::{cargo, root},
};

/// Fills one machine with a history of this size, then rebuilds, reads, exports and verifies it.
///
/// # Errors
/// - `Failed`: the build failed, totals disagree, or a process takes too much memory.
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
