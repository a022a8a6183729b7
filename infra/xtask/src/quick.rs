//! The short loop: format, lints, and as many tests of the changed code as fit into a few minutes.

use std::{
    collections::BTreeMap,
    fs,
    process::Command,
    time::{Duration, Instant},
};

use crate::{
    affected::Packages,
    checks::{LINTS, WORKSPACE, cargo_command, run, timed},
    command,
    error::{Error, Result},
    steps::{Steps, output_file},
    workspace::{cargo, root},
};

/// Total time on a built tree, in seconds. Test programs that would exceed it are listed and left to the whole test command.
const BUDGET: Duration = Duration::from_secs(180);
/// Assumed time, in seconds, of a test program without a known one, because no whole test command has finished.
const UNKNOWN: Duration = Duration::from_secs(10);
/// Test programs that are built together, so that those nearest to the change report first.
const BUILT_ALIKE: usize = 3;

/// Runs format, lints, and the tests of the packages that changed since `since` and of their dependants, the nearest and
/// quickest first, within three minutes on a built tree.
///
/// # Errors
/// - `Missing`: nothing has changed.
/// - Otherwise the first failure.
pub fn quick_test(since: &str) -> Result<()> {
    let started = Instant::now();
    let changed = changed_files(since)?;
    if changed.is_empty() {
        return Err(Error::Missing(format!(
            "no file differs from {since}: name an earlier commit with --since"
        )));
    }
    let files: Vec<&str> = changed.iter().map(String::as_str).collect();
    let tests = metadata()?.tests_of(&files);
    let log = output_file("tests")?;
    let known = durations(&fs::read_to_string(log).unwrap_or_default());
    let order = in_order(&tests, &known);
    timed(|steps| {
        steps.run("format", || run(&["fmt", "--all", "--check"]))?;
        steps.run("lints", || run(&LINTS))?;
        run_tests(steps, &order, &known, started)
    })
}

fn run_tests(
    steps: &mut Steps,
    order: &[String],
    known: &BTreeMap<String, Duration>,
    started: Instant,
) -> Result<()> {
    let mut left_out: Vec<&str> = Vec::new();
    for names in order.chunks(BUILT_ALIKE) {
        let fit = |expected: &mut Duration, name: &&String| {
            let more = *expected + expected_of(known, name);
            let fits = started.elapsed() + more < BUDGET;
            if fits {
                *expected = more;
            }
            fits
        };
        let mut expected = Duration::ZERO;
        let (run_now, later): (Vec<&String>, Vec<&String>) =
            names.iter().partition(|name| fit(&mut expected, name));
        left_out.extend(later.iter().map(|name| name.as_str()));
        if !run_now.is_empty() {
            steps.run("tests", || {
                let tests = run_now.iter().flat_map(|name| ["--test", name.as_str()]);
                let arguments: Vec<&str> = WORKSPACE.into_iter().chain(tests).collect();
                command::run(&mut cargo_command(&arguments))
            })?;
        }
    }
    if !left_out.is_empty() {
        eprintln!(
            "== left to `cargo xtask test`: {}, the deployed test and the simulation",
            left_out.join(", ")
        );
    }
    Ok(())
}

fn expected_of(known: &BTreeMap<String, Duration>, name: &str) -> Duration {
    known.get(name).copied().unwrap_or(UNKNOWN)
}

/// Sorts the tests: the nearest first, and of equally near ones the quickest.
fn in_order(tests: &BTreeMap<String, usize>, known: &BTreeMap<String, Duration>) -> Vec<String> {
    let mut order: Vec<(&String, &usize)> = tests.iter().collect();
    order.sort_by_key(|(name, distance)| (**distance, expected_of(known, name)));
    order.into_iter().map(|(name, _)| name.clone()).collect()
}

/// Reads the time of each test program from a log of `cargo test`.
fn durations(log: &str) -> BTreeMap<String, Duration> {
    let mut durations = BTreeMap::new();
    let mut running = None;
    for line in log.lines() {
        if let Some(rest) = line.trim_start().strip_prefix("Running ") {
            // Running tests/api/main.rs (target/debug/deps/api-0123456789abcdef)
            running = rest
                .rsplit_once('/')
                .and_then(|(_, file)| file.rsplit_once('-'))
                .map(|(name, _)| name.to_owned());
        } else if let Some((_, took)) = line.rsplit_once("; finished in ")
            && let Some(name) = running.take()
            && let Ok(seconds) = took.trim_end_matches('s').parse()
            && let Ok(took) = Duration::try_from_secs_f64(seconds)
        {
            durations.insert(name, took);
        }
    }
    durations
}

/// Returns the files that differ from a commit, and those that git does not track yet.
fn changed_files(since: &str) -> Result<Vec<String>> {
    let lines = |arguments: &[&str]| {
        command::read(Command::new("git").current_dir(root()).args(arguments))
            .map(|text| text.lines().map(str::to_owned).collect::<Vec<_>>())
    };
    let mut files = lines(&["diff", "--name-only", "--no-renames", since, "--"])?;
    files.extend(lines(&["ls-files", "--others", "--exclude-standard"])?);
    Ok(files)
}

fn metadata() -> Result<Packages> {
    let text = command::read(Command::new(cargo()).current_dir(root()).args([
        "metadata",
        "--no-deps",
        "--format-version",
        "1",
    ]))?;
    let metadata = serde_json::from_str(&text)
        .map_err(|error| Error::Missing(format!("cargo metadata: {error}")))?;
    Ok(Packages::of(&metadata, root()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOG: &str = "
     Running tests/api/main.rs (target/debug/deps/api-0123456789abcdef)
test a ... ok
test result: ok. 1 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 5.61s
     Running unittests src/lib.rs (target/debug/deps/one_machine-0123456789abcdef)
test result: ok. 0 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 120.00s
";

    #[test]
    fn a_log_shows_how_long_each_program_ran() {
        let durations = durations(LOG);
        assert_eq!(durations["api"], Duration::from_millis(5_610));
        assert_eq!(durations["one_machine"], Duration::from_secs(120));
    }

    #[test]
    fn the_nearest_tests_run_first_and_of_those_the_quickest() {
        let tests = [("far", 2), ("one_machine", 0), ("api", 0), ("new", 0)];
        let tests = tests.map(|(name, distance)| (name.to_owned(), distance));
        let order = in_order(&tests.into(), &durations(LOG));
        assert_eq!(order, ["api", "new", "one_machine", "far"]);
    }
}
