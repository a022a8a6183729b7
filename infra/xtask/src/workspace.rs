//! The project's paths.

use std::{
    env,
    path::{Path, PathBuf},
};

/// Returns the project's root, two folders above this crate.
///
/// # Panics
/// This crate was moved without changing this function.
#[must_use]
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .ancestors()
        .nth(2)
        .expect("infra/xtask is two folders below the root")
}

/// Returns the path of the SAM template.
#[must_use]
pub fn template_path() -> PathBuf {
    root().join("infra/cloudformation/template.yaml")
}

/// Returns the folder for zips, virtual environments and the local AWS's files. The template names `target/package`, so
/// this is in the project even if cargo builds elsewhere.
pub(crate) fn output_dir() -> PathBuf {
    root().join("target")
}

/// Returns the folder of cargo's builds.
pub(crate) fn cargo_target_dir() -> PathBuf {
    match env::var_os("CARGO_TARGET_DIR") {
        Some(dir) => root().join(dir),
        None => root().join("target"),
    }
}

/// Returns the cargo that runs us, so that nested builds use the same toolchain.
pub(crate) fn cargo() -> String {
    env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned())
}
