//! Where things are.

use std::{
    env,
    path::{Path, PathBuf},
};

/// The project's root: this crate lives in `infra/xtask`.
#[must_use]
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .ancestors()
        .nth(2)
        .expect("infra/xtask is two folders below the root")
}

/// The SAM template.
#[must_use]
pub fn template_path() -> PathBuf {
    root().join("infra/cloudformation/template.yaml")
}

/// Where zips, the virtual environment and the local AWS's files go. The template names `target/package`,
/// so this stays in the project even where cargo builds elsewhere.
pub(crate) fn output_dir() -> PathBuf {
    root().join("target")
}

/// Where cargo puts what it builds.
pub(crate) fn cargo_target_dir() -> PathBuf {
    match env::var_os("CARGO_TARGET_DIR") {
        Some(dir) => root().join(dir),
        None => root().join("target"),
    }
}

/// The cargo that runs us, so that nested builds use the same toolchain.
pub(crate) fn cargo() -> String {
    env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned())
}
