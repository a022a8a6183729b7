//! The build times: of a clean clone until `cargo run` serves, and of a change in `domain` until tests have run.

use std::{
    fs,
    io::Write,
    path::Path,
    process::{Command, Stdio},
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
/// Number of changes, of which the median counts.
const ROUNDS: usize = 3;
/// The packages whose unit tests run after a change: `domain` itself and the use cases.
const TESTED: [&str; 2] = ["domain", "handlers"];
/// Number of crates in the table.
const HEAVIEST: usize = 15;

/// Builds a new clone from nothing. `quick` only measures a change, in the current tree.
///
/// # Errors
/// - `Failed`: git or cargo failed.
/// - `Bench`: cargo's page of times cannot be read.
pub(super) fn build(quick: bool) -> Result<Part> {
    if quick {
        return Ok(part(None, &after_changes(root())?, Vec::new()));
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
    let page = clone.join("target/cargo-timings/cargo-timing.html");
    let heaviest = heaviest(&fs::read_to_string(&page).map_err(at(&page))?)?;
    let changed = after_changes(&clone)?;
    fs::remove_dir_all(&clone).map_err(at(&clone))?;
    Ok(part(Some(built), &changed, heaviest))
}

fn cargo_in(folder: &Path) -> Command {
    let mut command = Command::new(cargo());
    command
        .current_dir(folder)
        // The flags of this process's build must not affect another tree.
        .env_remove("CARGO_TARGET_DIR")
        .env_remove("RUSTFLAGS");
    command
}

fn after_changes(tree: &Path) -> Result<Vec<(&'static str, Duration)>> {
    let tested = TESTED.into_iter();
    tested
        .map(|package| Ok((package, after_a_change(tree, package)?)))
        .collect()
}

/// Measures the unit tests of a package after a change of a line in `domain`.
fn after_a_change(tree: &Path, package: &str) -> Result<Duration> {
    let tests = || {
        let mut tests = cargo_in(tree);
        tests.args(["test", "--quiet", "--package", package, "--lib"]);
        tests.stdout(Stdio::null());
        tests
    };
    command::run(&mut tests())?;
    let file = tree.join("domain/src/lib.rs");
    let before = fs::read(&file).map_err(at(&file))?;
    let mut times = Vec::new();
    let mut done = Ok(());
    for round in 0..ROUNDS {
        let started = Instant::now();
        done = change(&file, round).and_then(|()| command::run(&mut tests()));
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

/// A crate with its build time according to cargo.
#[derive(Deserialize)]
struct Unit {
    name: String,
    version: String,
    target: String,
    duration: f64,
}

/// Reads the crates from the page of `--timings`, which has them as JSON in a script.
fn heaviest(page: &str) -> Result<Vec<Unit>> {
    let bad = |why: &str| Error::Bench(format!("cargo's page of times: {why}"));
    let (_, rest) = page
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

fn part(built: Option<Duration>, changed: &[(&str, Duration)], heaviest: Vec<Unit>) -> Part {
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
    let changed = changed.iter().map(|(package, took)| {
        let what = format!("a change in `domain` until the unit tests of `{package}` have run");
        goal(&what, *took, CHANGE, "the compiler and the linker")
    });
    let rows = heaviest.into_iter().map(|unit| {
        let seconds = format!("{:.1}", unit.duration);
        vec![
            format!("{} {}{}", unit.name, unit.version, unit.target),
            seconds,
        ]
    });
    Part {
        part: "build".to_owned(),
        says: "The crates of `cargo run` are built in a new clone with all crates downloaded; then a line is added to `domain`, and unit tests are run. The times are wall clock: other machines and other work change them."
            .to_owned(),
        goals: built.into_iter().chain(changed).collect(),
        tables: vec![Table {
            title: "The slowest crates, each on its own core".to_owned(),
            head: vec!["crate".to_owned(), "s".to_owned()],
            rows: rows.collect(),
        }],
        charts: Vec::new(),
        notes: vec![format!(
            "From the start of `cargo run` to ready it takes the build and about a tenth of a second. The median of {ROUNDS} changes counts."
        )],
        made_by: String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_crates_that_take_longest_are_read_from_cargos_page() {
        let unit = |name: &str, duration: f64| {
            format!(
                r#"{{"i": 1, "name": "{name}", "version": "1.0.0", "mode": "todo", "target": " build script", "duration": {duration}}}"#
            )
        };
        let units: Vec<String> = (0..20_u8)
            .map(|number| unit(&format!("crate-{number}"), f64::from(number)))
            .collect();
        let page = format!(
            "<script>\nconst UNIT_DATA = [{}];\nconst CONCURRENCY_DATA = [];</script>",
            units.join(",\n")
        );
        let found = heaviest(&page).unwrap();
        assert_eq!(
            (found.len(), found[0].name.as_str()),
            (HEAVIEST, "crate-19")
        );
        assert!(heaviest("<html></html>").is_err());
    }
}
