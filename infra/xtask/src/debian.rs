//! Debian's packages, for what a fresh machine lacks.

use std::{path::Path, process::Command};

use crate::command;

/// Installs a package as root, which a fresh machine's set-up usually is; `false` where that cannot be.
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
    // An outdated list of packages is the usual reason of a first failure.
    let install = ["install", "--yes", "--no-install-recommends", package];
    apt(&install) || (apt(&["update"]) && apt(&install))
}
