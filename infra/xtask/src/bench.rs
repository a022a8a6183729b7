//! `cargo xtask bench`: what is measured, and the report of it.
//!
//! Each part gives what it measured as JSON ([`Part`]), which is kept in `docs/performance/`; the report is made of all
//! that is kept there, so that one part can be measured anew without the others.

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

pub use part::Part;

use crate::{
    command,
    error::{Error, Result, at},
    workspace::{cargo, root},
};

/// What can be measured, in the order of the report.
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

/// Measures these parts, or all, and writes the report. `quick` tries whether they run: its figures are not kept.
///
/// # Errors
/// Where a part is not known or cannot be measured, or a file cannot be written.
pub fn bench(parts: &[String], quick: bool) -> Result<()> {
    let known: Vec<&str> = PARTS.iter().map(|(name, _)| *name).collect();
    if let Some(unknown) = parts.iter().find(|part| !known.contains(&part.as_str())) {
        let known = known.join(", ");
        return Err(Error::Missing(format!(
            "no part {unknown}; there are: {known}"
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

/// A part that needs no peers and no AWS.
fn on_one_machine(part: &str, quick: bool) -> Result<Part> {
    let mut program = Command::new(cargo());
    program
        .current_dir(root())
        .args(["run", "--release", "--package", "tests", "--bin", "paths"])
        .args(["--", part]);
    told_by(program.args(quick.then_some("--quick")))
}

/// Other event stores for DynamoDB, in a workspace of their own.
fn peers(quick: bool) -> Result<Part> {
    let mut program = Command::new(cargo());
    let manifest = root().join("tests/peers/Cargo.toml");
    program
        .current_dir(root())
        .args(["run", "--release", "--manifest-path"])
        .arg(manifest);
    // What our own cargo has told us of our crate: build scripts that look at it would run anew, and half of the peers with them.
    for (name, _) in std::env::vars_os() {
        let known = name.to_string_lossy();
        if ["CARGO_PKG_", "CARGO_MANIFEST_"]
            .iter()
            .any(|of| known.starts_with(of))
        {
            program.env_remove(&name);
        }
    }
    told_by(program.args(quick.then_some(["--", "--quick"]).iter().flatten()))
}

/// What a program tells on its standard output.
fn told_by(program: &mut Command) -> Result<Part> {
    program.stderr(std::process::Stdio::inherit());
    serde_json::from_str(&command::read(program)?).map_err(unreadable)
}

fn unreadable(error: serde_json::Error) -> Error {
    Error::Bench(format!("what was measured cannot be read: {error}"))
}
