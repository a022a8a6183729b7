//! The machine and the commit of a measurement, without which its figures say little.

use std::{fs, process::Command, thread};

use crate::{command, error::Result, workspace::root};

/// Returns a description like `4 x Example CPU, 16 GB; commit 1a2b3c4 of 2026-01-31`.
pub(super) fn this_machine() -> Result<String> {
    let git =
        |arguments: &[&str]| command::read(Command::new("git").current_dir(root()).args(arguments));
    let commit = git(&["log", "-1", "--format=%h of %cs"])?;
    // The files that the bench itself writes do not change the measured programs.
    let changed = git(&["status", "--porcelain", "--", ".", ":!docs"])?;
    let changed = if changed.is_empty() {
        ""
    } else {
        ", changed since"
    };
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let processor = field("/proc/cpuinfo", "model name").unwrap_or_else(|| "processors".to_owned());
    let memory = field("/proc/meminfo", "MemTotal")
        .and_then(|text| text.trim_end_matches(" kB").trim().parse::<u64>().ok())
        .map_or_else(String::new, |kilobytes| {
            format!(", {} GB", (kilobytes + 500_000) / 1_000_000)
        });
    Ok(format!(
        "{cores} x {processor}{memory}; commit {commit}{changed}"
    ))
}

fn field(file: &str, name: &str) -> Option<String> {
    let text = fs::read_to_string(file).ok()?;
    let line = text.lines().find(|line| line.starts_with(name))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}
