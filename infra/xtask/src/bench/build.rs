//! How long a clean clone builds until `cargo run` serves, and a change in `domain` until its tests have run.

use std::{
    fs,
    io::Write,
    path::Path,
    process::Command,
    time::{Duration, Instant},
};

use serde::Deserialize;

use super::part::{Goal, Part, Table};
use crate::{
    command,
    error::{Error, Result, at},
    workspace::{cargo, output_dir, root},
};

const READY: Duration = Duration::from_secs(5 * 60);
const CHANGE: Duration = Duration::from_secs(20);
/// Changes, of which the middle one counts.
const ROUNDS: usize = 3;
/// Crates that are shown.
const HEAVIEST: usize = 15;

/// Builds a clone of its own, from nothing. `quick` tries a change alone, in the tree as it is.
///
/// # Errors
/// Where git or cargo fail, or cargo's account of its times cannot be read.
pub(super) fn build(quick: bool) -> Result<Part> {
    if quick {
        return Ok(part(None, after_a_change(root())?, Vec::new()));
    }
    let clone = output_dir().join("bench/clone");
    if clone.exists() {
        fs::remove_dir_all(&clone).map_err(at(&clone))?;
    }
    command::run(
        Command::new("git")
            .args(["clone", "--quiet"])
            .args([root(), &clone]),
    )?;
    let started = Instant::now();
    command::run(cargo_in(&clone).args(["build", "--quiet", "--timings"]))?;
    let built = started.elapsed();
    let heaviest = heaviest(&clone.join("target/cargo-timings/cargo-timing.html"))?;
    command::run(cargo_in(&clone).args(["test", "--quiet", "--package", "domain", "--no-run"]))?;
    let changed = after_a_change(&clone)?;
    fs::remove_dir_all(&clone).map_err(at(&clone))?;
    Ok(part(Some(built), changed, heaviest))
}

fn cargo_in(folder: &Path) -> Command {
    let mut command = Command::new(cargo());
    command
        .current_dir(folder)
        // What this process was built with is not for another tree.
        .env_remove("CARGO_TARGET_DIR")
        .env_remove("RUSTFLAGS");
    command
}

/// The unit tests of `domain`, as somebody runs them who has changed a line there.
fn after_a_change(tree: &Path) -> Result<Duration> {
    let file = tree.join("domain/src/lib.rs");
    let before = fs::read(&file).map_err(at(&file))?;
    let mut times = Vec::new();
    let mut done = Ok(());
    for round in 0..ROUNDS {
        let started = Instant::now();
        done = change(&file, round).and_then(|()| {
            command::run(cargo_in(tree).args(["test", "--quiet", "--package", "domain", "--lib"]))
        });
        if done.is_err() {
            break;
        }
        times.push(started.elapsed());
    }
    fs::write(&file, before).map_err(at(&file))?;
    done?;
    times.sort_unstable();
    Ok(times[times.len() / 2])
}

fn change(file: &Path, round: usize) -> Result<()> {
    let mut open = fs::OpenOptions::new()
        .append(true)
        .open(file)
        .map_err(at(file))?;
    writeln!(open, "// {round}").map_err(at(file))
}

/// A crate, as cargo tells of its time.
#[derive(Deserialize)]
struct Unit {
    name: String,
    version: String,
    target: String,
    duration: f64,
}

/// From the page that `--timings` writes: it has them as JSON in a script.
fn heaviest(page: &Path) -> Result<Vec<Unit>> {
    let text = fs::read_to_string(page).map_err(at(page))?;
    let bad = |why: &str| Error::Bench(format!("{}: {why}", page.display()));
    let (_, rest) = text
        .split_once("const UNIT_DATA = ")
        .ok_or_else(|| bad("it has no times"))?;
    let (json, _) = rest
        .split_once("];")
        .ok_or_else(|| bad("its times have no end"))?;
    let mut units: Vec<Unit> =
        serde_json::from_str(&format!("{json}]")).map_err(|error| bad(&error.to_string()))?;
    units.sort_by(|one, other| other.duration.total_cmp(&one.duration));
    units.truncate(HEAVIEST);
    Ok(units)
}

fn part(built: Option<Duration>, changed: Duration, heaviest: Vec<Unit>) -> Part {
    let goal = |what: &str, took: Duration, wanted: Duration, why: &str| Goal {
        goal: what.to_owned(),
        wanted: format!("<= {} s", wanted.as_secs()),
        measured: format!("{} s", took.as_secs()),
        ratio: Some(took.as_secs_f64() / wanted.as_secs_f64()),
        met: took <= wanted,
        why: if took <= wanted {
            String::new()
        } else {
            why.to_owned()
        },
    };
    let all = "the table has the crates that take longest";
    let built = built.map(|took| goal("`cargo build` of a clean clone", took, READY, all));
    let change = "a change in `domain` to its unit tests";
    let changed = goal(change, changed, CHANGE, "the compiler and the linker");
    let rows = heaviest.into_iter().map(|unit| {
        let seconds = format!("{:.1}", unit.duration);
        vec![
            format!("{} {}{}", unit.name, unit.version, unit.target),
            seconds,
        ]
    });
    Part {
        part: "build".to_owned(),
        says: "What `cargo run` needs is built in a new clone, from nothing but downloaded crates; then a line is added to `domain`, and its unit tests are \
               run. Wall clock: other machines and other work change it."
            .to_owned(),
        goals: built.into_iter().chain([changed]).collect(),
        tables: vec![Table {
            title: "Crates that take longest, each on its own core".to_owned(),
            head: vec!["crate".to_owned(), "s".to_owned()],
            rows: rows.collect(),
        }],
        charts: Vec::new(),
        notes: vec![format!(
            "From a start of `cargo run` to ready it is the build and about a tenth of a second. The middle of {ROUNDS} changes counts."
        )],
        made_by: String::new(),
    }
}
