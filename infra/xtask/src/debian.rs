//! Debian's packages, for programs that a fresh machine lacks.

use std::{path::Path, process::Command};

use crate::command;

/// Installs a package, which requires root, as is usual on a fresh machine. Returns whether that succeeded.
pub(crate) fn install(package: &str) -> bool {
    if !Path::new("/etc/debian_version").exists() || !rustix::process::geteuid().is_root() {
        return false;
    }
    eprintln!("Installing {package} ...");
    let apt = |args: &[&str]| {
        command::read(
            Command::new("apt-get")
                .env("DEBIAN_FRONTEND", "noninteractive")
                .args(args),
        )
        .map_err(|error| eprintln!("{error}"))
        .is_ok()
    };
    // An outdated package list is the usual reason for a first failure.
    let install = ["install", "--yes", "--no-install-recommends", package];
    apt(&install) || (apt(&["update"]) && apt(&install))
}
