//! The binary under test.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::time::Instant;

/// Where `ledgerbell` is: what `LEDGERBELL_BIN` names, or else what Cargo
/// builds from this workspace, once a process, into the folder that the
/// running test was built into.
#[must_use]
pub fn ledgerbell() -> &'static Path {
    static BINARY: OnceLock<PathBuf> = OnceLock::new();
    BINARY.get_or_init(|| std::env::var_os("LEDGERBELL_BIN").map_or_else(build, PathBuf::from))
}

/// A command of the binary, to be completed and run.
#[must_use]
pub fn ledgerbell_command() -> Command {
    Command::new(ledgerbell())
}

fn build() -> PathBuf {
    // target/debug/deps/one_machine-0123456789abcdef, target/debug/examples/console_pictures, or target/debug/scale
    let program = std::env::current_exe().expect("a running program has a path");
    let folder = program.parent().expect("it is in a folder");
    let profile = match folder.ends_with("deps") || folder.ends_with("examples") {
        true => (folder.parent()).expect("Cargo puts tests and examples two folders deep"),
        false => folder,
    };
    let target = profile
        .parent()
        .expect("a profile's folder is in the target folder");
    let release = profile.ends_with("release");
    let mut cargo = Command::new(env!("CARGO"));
    cargo
        .args([
            "build",
            "--quiet",
            "--package",
            "ledgerbell",
            "--target-dir",
        ])
        .arg(target)
        .args(release.then_some("--release"))
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."));
    let started = Instant::now();
    let status = cargo
        .status()
        .expect("Cargo runs the test, so it can be called");
    assert!(status.success(), "ledgerbell cannot be built: {status}");
    eprintln!(
        "building ledgerbell: {:.1} s",
        started.elapsed().as_secs_f32()
    );
    profile.join("ledgerbell")
}
