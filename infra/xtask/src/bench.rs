//! `cargo xtask bench`: the measurements and their report.
//!
//! Each part writes its results as JSON ([`Part`]) to `docs/performance/`. The report is made from all files there, so that
//! one part can be measured again without the others.

#[allow(
    clippy::float_arithmetic,
    reason = "seconds are divided: no money is counted"
)]
mod build;
#[allow(
    clippy::float_arithmetic,
    reason = "a chart is drawn: no money is counted"
)]
mod chart;
mod cold_start;
#[allow(
    clippy::float_arithmetic,
    reason = "units and list prices are divided: no money is counted"
)]
mod cost;
mod made_by;
mod part;
mod report;
mod runtime_api;

use std::{fs, process::Command};

pub(crate) use part::Part;

use crate::{
    command,
    error::{Error, Result, at},
    workspace::{cargo, root},
};

/// The parts, in the order of the report.
const PARTS: [(&str, Measure); 7] = [
    ("counts", cost::counts),
    ("cost", cost::cost),
    ("paths", |quick| on_one_machine("paths", quick)),
    ("growth", |quick| on_one_machine("growth", quick)),
    ("cold-start", cold_start::cold_start),
    ("build", build::build),
    ("peers", peers),
];

type Measure = fn(quick: bool) -> Result<Part>;

/// Measures these parts, or all, and writes the report. `quick` only tries whether they run and keeps no figures.
///
/// # Errors
/// - `Bench`: a part is unknown or cannot be measured.
/// - `File`: a file cannot be written.
pub fn bench(parts: &[String], quick: bool) -> Result<()> {
    let known: Vec<&str> = PARTS.iter().map(|(name, _)| *name).collect();
    if let Some(unknown) = parts.iter().find(|part| !known.contains(&part.as_str())) {
        let known = known.join(", ");
        return Err(Error::Missing(format!(
            "there is no part {unknown}; choose from: {known}"
        )));
    }
    let folder = root().join("docs/performance");
    fs::create_dir_all(&folder).map_err(at(&folder))?;
    for (name, measure) in PARTS {
        if !parts.is_empty() && !parts.iter().any(|part| part == name) {
            continue;
        }
        eprintln!("== {name}");
        let mut part = measure(quick)?;
        for goal in &part.goals {
            let met = if goal.met { "met" } else { "MISSED" };
            eprintln!(
                "{met:<6} {}: {} ({})",
                goal.goal, goal.measured, goal.wanted
            );
        }
        if !quick {
            part.made_by = made_by::this_machine()?;
            let file = folder.join(format!("{name}.json"));
            let json = serde_json::to_string_pretty(&part).map_err(unreadable)?;
            fs::write(&file, json + "\n").map_err(at(&file))?;
        }
    }
    if quick {
        return Ok(());
    }
    let kept = known.iter().filter_map(|name| {
        let json = fs::read_to_string(folder.join(format!("{name}.json"))).ok()?;
        Some(serde_json::from_str(&json).map_err(unreadable))
    });
    report::write(&kept.collect::<Result<Vec<Part>>>()?)
}

/// Measures a part that needs neither peers nor AWS.
fn on_one_machine(part: &str, quick: bool) -> Result<Part> {
    let mut program = Command::new(cargo());
    program
        .current_dir(root())
        .args(["run", "--release", "--package", "tests", "--bin", "paths"])
        .args(["--", part]);
    read_from(program.args(quick.then_some("--quick")))
}

/// Measures other event stores for DynamoDB, which are in a workspace of their own.
fn peers(quick: bool) -> Result<Part> {
    let mut program = Command::new(cargo());
    let manifest = root().join("tests/peers/Cargo.toml");
    program
        .current_dir(root())
        .args(["run", "--release", "--manifest-path"])
        .arg(manifest);
    // Build scripts that read these variables of our own cargo would run again, and half of the peers with them.
    for (name, _) in std::env::vars_os() {
        let known = name.to_string_lossy();
        if ["CARGO_PKG_", "CARGO_MANIFEST_"]
            .iter()
            .any(|of| known.starts_with(of))
        {
            program.env_remove(&name);
        }
    }
    read_from(program.args(quick.then_some(["--", "--quick"]).iter().flatten()))
}

/// Reads a part from a program's standard output.
fn read_from(program: &mut Command) -> Result<Part> {
    program.stderr(std::process::Stdio::inherit());
    serde_json::from_str(&command::read(program)?).map_err(unreadable)
}

fn unreadable(error: serde_json::Error) -> Error {
    Error::Bench(format!("the measurement cannot be read: {error}"))
}
